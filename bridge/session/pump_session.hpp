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
#include "bridge/session/value_queue.hpp"
#include "bridge/store/store.hpp"
#include "protocol/sake/handshake.hpp"
#include "therapy/clock_offset.hpp"
#include "therapy/pump_status.hpp"

namespace spdlog {
class logger;
}

namespace bridge {

struct SessionSettings {
    std::string requiredSerial; ///< empty: any pump that pairs
    std::chrono::milliseconds startSignalDelay =
        std::chrono::milliseconds(120); ///< docs/protocol/link.md 4.2 rule 5
    std::chrono::milliseconds handshakeTimeout = std::chrono::seconds(30);
    std::chrono::milliseconds discoveryTimeout = std::chrono::seconds(60);
    std::chrono::milliseconds inactivity = std::chrono::seconds(30);
    /// Within a procedure other than a report of history; its answer may then be done without.
    std::chrono::milliseconds answerInactivity = std::chrono::seconds(10);
    FollowSettings follow;
    int maxDecryptFailures = 5; ///< in a row, then the session is given up (docs/protocol/sake.md 7.8)
    SyncSettings sync;
};

class PumpSession {
public:
    using UtcClock = std::function<std::chrono::sys_seconds()>;
    struct Hooks {
        /// Numbers of this range are in the store.
        HistorySync::RangeDone rangeDone;
        /// The pump's clock was just read.
        std::function<void(const PumpInfo&, const therapy::ClockReading&)> clockRead;
        /// Whether to read it now: something depends on it that has come from the pump.
        std::function<bool(const PumpInfo&)> clockWanted;
        /// History was fetched up to the pump's end, after the clock was read.
        std::function<void(const PumpInfo&)> clockBracketed;
        /// The store has all that the pump had, and its state was read.
        std::function<void(const PumpInfo&)> synced;
        /// Something of the pump's present state was read. Values of this connection only.
        std::function<void(const PumpInfo&, const therapy::PumpStatus&)> statusRead;
        /// One line about what is going on, for the service manager.
        std::function<void(const std::string&)> stage;
        // What a diagnosis needs; each is called before the session acts on it.
        std::function<void(const ble::LinkEvent&)> linkEvent;
        /// Empty: the handshake is done.
        std::function<void(std::optional<protocol::sake::HandshakeError>)> handshakeEnded;
        /// Frames cannot be decrypted any more: the session is given up.
        std::function<void()> outOfStep;
    };

    PumpSession(asio::any_io_executor executor, ble::PumpLink& link, Store& store,
                protocol::sake::KeyDatabase keys, protocol::sake::RandomSource random, UtcClock clock,
                SessionSettings settings, Hooks hooks, spdlog::logger& log);
    ~PumpSession();

    /// Until cancelled.
    asio::awaitable<void> run();

private:
    struct Connection;

    asio::awaitable<void> handle(ble::LinkEvent event);
    asio::awaitable<void> beginHandshake();
    asio::awaitable<void> continueHandshake(protocol::Bytes written);
    asio::awaitable<void> drop(std::string reason);
    void endConnection();
    void stopWork();
    void watch(std::chrono::milliseconds timeout, std::string reason);
    void startWorkWhenReady();
    void onWorkEnded(Connection& ended, const std::exception_ptr& error);
    asio::awaitable<void> work(std::shared_ptr<Connection> connection);
    asio::awaitable<PumpInfo> identify();
    asio::awaitable<void> measureClock(const PumpInfo& pump);
    asio::awaitable<std::string> readText(ble::PumpCharacteristic characteristic);
    void setCodec();
    std::optional<protocol::Bytes> decode(ble::PumpCharacteristic characteristic, protocol::Bytes value);
    void stage(const std::string& text);

    asio::any_io_executor executor_;
    ble::PumpLink& link_;
    Store& store_;
    protocol::sake::KeyDatabase keys_;
    protocol::sake::RandomSource random_;
    UtcClock clock_;
    SessionSettings settings_;
    Hooks hooks_;
    spdlog::logger& log_;
    asio::steady_timer watchdog_;
    asio::steady_timer workEnded_;
    std::shared_ptr<Connection> connection_; ///< also held by its work until that has ended
    bool working_ = false;
};

} // namespace bridge
