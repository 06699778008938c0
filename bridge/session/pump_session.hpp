// SPDX-License-Identifier: MIT
// What the bridge does with a link: SAKE handshake at each subscription, then history, then following. One
// object for the life of the process, one session per connection. docs/architecture.md 4,
// docs/protocol/link.md 11.
#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "ble/pump_link.hpp"
#include "bridge/session/follow_plan.hpp"
#include "bridge/session/history_sync.hpp"
#include "bridge/session/session_listener.hpp"
#include "bridge/session/value_queue.hpp"
#include "bridge/store/store.hpp"
#include "protocol/sake/handshake.hpp"

namespace spdlog {
class logger;
}

namespace bridge {

struct SessionSettings {
    std::string requiredSerial; ///< empty: any pump that pairs
    std::chrono::milliseconds startSignalDelay =
        std::chrono::milliseconds(120); ///< docs/protocol/link.md 4.2 rule 5
    /// From connecting to the end of the handshake, however often it is begun; then from each further
    /// subscription (docs/architecture.md 4).
    std::chrono::milliseconds handshakeTimeout = std::chrono::seconds(90);
    std::chrono::milliseconds discoveryTimeout = std::chrono::seconds(60);
    std::chrono::milliseconds inactivity = std::chrono::seconds(30);
    /// Of a whole report of history; 500 records in pieces on a bad link take some two minutes.
    std::chrono::milliseconds report = std::chrono::minutes(10);
    /// Within a procedure other than a report of history; its answer may then be done without.
    std::chrono::milliseconds answerInactivity = std::chrono::seconds(10);
    FollowSettings follow;
    int maxDecryptFailures = 5; ///< in a row, then the session is given up (docs/protocol/sake.md 7.8)
    SyncSettings sync;
};

struct SessionClocks {
    std::function<std::chrono::sys_seconds()> utc;
    SteadyClock steady;
};

class PumpSession {
public:
    /// The references must outlive run().
    PumpSession(asio::any_io_executor executor, ble::PumpLink& link, Store& store,
                protocol::sake::KeyDatabase keys, protocol::sake::RandomSource random, SessionClocks clocks,
                SessionSettings settings, SessionListener& listener, spdlog::logger& log);
    ~PumpSession();

    /// Until cancelled.
    asio::awaitable<void> run();
    /// Asks its listener at once whether the pump's clock is wanted, unless something else is under way,
    /// which ends with that question.
    void wake();

private:
    struct Connection;

    asio::awaitable<void> handle(ble::LinkEvent event);
    asio::awaitable<void> beginHandshake();
    void continueHandshake(const protocol::Bytes& written);
    void handshakeDone();
    /// Not to be called from inside the link: see dropSoon.
    void drop(ble::EndReason reason, const std::string& why);
    /// At the next turn of the loop, if the connection is still the same then.
    void dropSoon(ble::EndReason reason, std::string why);
    void endConnection();
    void stopWork();
    void watch(std::chrono::milliseconds timeout, ble::EndReason reason);
    void startWorkWhenReady();
    void onWorkEnded(Connection& ended, const std::exception_ptr& error);
    asio::awaitable<void> work(std::shared_ptr<Connection> connection);
    asio::awaitable<PumpInfo> identify();
    void noteSerialOfBond(const std::string& serial);
    asio::awaitable<void> measureClock(const PumpInfo& pump);
    asio::awaitable<std::string> readText(ble::PumpCharacteristic characteristic);
    void setCodec();
    std::optional<protocol::Bytes> decode(ble::PumpCharacteristic characteristic, protocol::Bytes value);
    void enter(SessionStage stage);

    asio::any_io_executor executor_;
    ble::PumpLink& link_;
    Store& store_;
    protocol::sake::KeyDatabase keys_;
    protocol::sake::RandomSource random_;
    SessionClocks clocks_;
    SessionSettings settings_;
    SessionListener& listener_;
    spdlog::logger& log_;
    asio::steady_timer watchdog_;
    asio::steady_timer workEnded_;
    std::shared_ptr<Connection> connection_; ///< also held by its work until that has ended
    bool working_ = false;
};

} // namespace bridge
