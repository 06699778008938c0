// SPDX-License-Identifier: MIT
// A link against the double of bluetoothd with a pump behind it, and a session as short as can be.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <sstream>

#include "ble/bluez/bus.hpp"
#include "ble/bluez/link.hpp"
#include "loop.hpp"
#include "protocol/sake/handshake.hpp"
#include "virtual_pump/bluez_double.hpp"

namespace ble::test {

using namespace std::chrono_literals;
namespace sake = protocol::sake;
using virtual_pump::BluezDouble;
using virtual_pump::DoubleSettings;
using Kind = virtual_pump::DoubleEvent::Kind;

inline constexpr protocol::LocalSeconds kNow{std::chrono::seconds(1'774'750'000)};

inline sake::RandomSource countingRandom(std::uint8_t start) {
    return [next = start](std::span<std::uint8_t> bytes) mutable {
        for (auto& byte : bytes) byte = next++;
    };
}

class ALink : public testing::Test, public LinkListener {
protected:
    std::unique_ptr<sdbus::IConnection> daemonBus_ = openBus(privateBus());
    asio::io_context io_{1};
    BusPump daemonPump_{io_.get_executor(), *daemonBus_};
    std::pair<sake::KeyDatabase, sake::KeyDatabase> keys_ = sake::generatePair(
        sake::DeviceType::MobileApplication, sake::DeviceType::InsulinPump, countingRandom(1));
    virtual_pump::Pump pump_{{}, keys_.second, countingRandom(100), [] { return kNow; }};
    std::vector<virtual_pump::DoubleEvent> seen_; ///< by the double
    std::optional<BluezDouble> double_;

    std::ostringstream journal_;
    spdlog::logger log_{"test", std::make_shared<spdlog::sinks::ostream_sink_st>(journal_)};
    BluezLinkSettings settings_;
    std::optional<BluezLink> link_;
    asio::cancellation_signal stop_;
    std::optional<std::exception_ptr> ended_; ///< run() has ended, how
    std::chrono::seconds ahead_{0};           ///< of the real clock is that of the link
    std::vector<LinkState> states_;
    std::vector<LinkErrorKind> problems_;
    std::vector<std::string> events_;
    std::vector<ValueArrived> values_;
    std::optional<sake::Server> handshake_;
    std::optional<sake::Session> session_;
    unsigned starts_ = 0; ///< of the link
    std::size_t handshakes_ = 0;
    std::size_t undecodable_ = 0;
    bool mute_ = false; ///< the session has no keys, as it were: no handshake comes to an end
    std::shared_ptr<VolatileBondMemory> bonds_ = std::make_shared<VolatileBondMemory>();

    void SetUp() override {
        log_.set_level(spdlog::level::info);
        settings_.busAddress = privateBus();
        settings_.bonds = bonds_;
        settings_.clock = [this] { return std::chrono::steady_clock::now() + ahead_; };
        settings_.openManagement = [](const asio::any_io_executor&) -> asio::posix::stream_descriptor {
            throw LinkError(LinkErrorKind::ManagementMissing, "there is no management socket");
        };
        settings_.limits.portSettle = 1ms;
        settings_.limits.backOff = 10ms;
        settings_.limits.retry = 20ms;
        asio::co_spawn(io_, daemonPump_.run(), asio::detached);
    }
    void TearDown() override {
        if (link_ && !ended_) stop();
    }

    void startDaemon(const DoubleSettings& settings = {}) {
        double_.emplace(io_.get_executor(), *daemonBus_, daemonPump_, pump_, settings,
                        [this](const auto& event) { seen_.push_back(event); });
    }
    void startLink() {
        link_.emplace(io_.get_executor(), settings_, *this, log_);
        runLink();
    }
    /// After it has ended.
    void restartLink() {
        ended_.reset();
        startLink();
    }
    void runLink() {
        asio::co_spawn(io_, link_->run(),
                       asio::bind_cancellation_slot(
                           stop_.slot(), [this](std::exception_ptr error) { ended_ = std::move(error); }));
        asio::co_spawn(
            io_, [this] { return follow(); }, asio::detached);
    }
    void start(const DoubleSettings& settings = {}) {
        startDaemon(settings);
        startLink();
    }
    /// The pump looks for a phone only when we are known to advertise.
    void startAndPair() {
        start({.userOpensPairing = false});
        ASSERT_TRUE(until([&] { return link_->state() == LinkState::AdvertisingPairing; }));
        double_->openPairing(true);
        ASSERT_TRUE(untilReady());
    }
    void stop() {
        stop_.emit(asio::cancellation_type::terminal);
        EXPECT_TRUE(until([&] { return ended_.has_value(); }));
    }
    bool until(const std::function<bool()>& condition) {
        const bool met = runUntil(io_, condition);
        if (!met) ADD_FAILURE() << journal_.str();
        return met;
    }
    bool untilReady(std::size_t handshakes = 1) {
        return until([&] { return handshakes_ >= handshakes && link_->state() == LinkState::Ready; });
    }
    [[nodiscard]] bool saw(Kind kind) const {
        return std::any_of(seen_.begin(), seen_.end(),
                           [kind](const auto& event) { return event.kind == kind; });
    }

    /// Runs an operation to its end; the name of the LinkError, empty for success.
    template <typename T>
    std::string outcome(asio::awaitable<T> operation, T* result = nullptr) {
        std::optional<std::string> name;
        auto done = [&](const std::exception_ptr& error, auto&&... value) {
            try {
                if (error) std::rethrow_exception(error);
                if constexpr (sizeof...(value) == 1)
                    if (result != nullptr)
                        ((*static_cast<std::remove_cvref_t<decltype(value)>*>(result) =
                              std::forward<decltype(value)>(value)),
                         ...);
                name = "";
            } catch (const LinkError& e) {
                name = ble::name(e.kind());
            }
        };
        asio::co_spawn(io_, std::move(operation), done);
        EXPECT_TRUE(until([&] { return name.has_value(); }));
        return name.value_or("no end");
    }

    void linkStateChanged(LinkState state) override { states_.push_back(state); }
    void linkProblemChanged(const std::optional<LinkProblem>& problem) override {
        if (problem) problems_.push_back(problem->kind);
    }
    [[nodiscard]] std::size_t countOf(const std::string& event) const {
        return static_cast<std::size_t>(std::count(events_.begin(), events_.end(), event));
    }
    [[nodiscard]] bool hasProblem(LinkErrorKind kind) const {
        return link_->problem() && link_->problem()->kind == kind;
    }

    /// What a session does with a link, until that is started anew.
    asio::awaitable<void> follow() {
        for (const unsigned start = ++starts_;;) {
            auto event = co_await link_->nextEvent();
            if (start != starts_) co_return;
            std::visit([this](auto& e) { on(e); }, event);
            heard();
        }
    }
    virtual void heard() {} ///< an event
    void on(const Connected&) { events_.emplace_back("connected"); }
    void on(const Disconnected& e) { events_.push_back(fmt::format("disconnected: {}", describe(e.reason))); }
    void on(const ServicesResolved&) { events_.emplace_back("resolved"); }
    void on(const PortUnsubscribed&) { events_.emplace_back("unsubscribed"); }
    void on(const PortSubscribed&) {
        events_.emplace_back("subscribed");
        if (mute_) return;
        handshake_.emplace(keys_.first, countingRandom(7));
        link_->notifyPort(sake::kStartSignal);
    }
    void on(const PortWritten& e) {
        events_.emplace_back("written");
        if (!handshake_) return;
        const auto answer = handshake_->receive(e.value);
        ASSERT_TRUE(answer.has_value());
        if (*answer) link_->notifyPort(**answer);
        if (!handshake_->done()) return;
        session_.emplace(handshake_->takeSession());
        link_->setDecoder([this](PumpCharacteristic c, Bytes value) { return decoded(c, std::move(value)); });
        link_->confirmHandshake();
        ++handshakes_;
    }
    void on(const ValueArrived& e) { values_.push_back(e); }
    virtual std::optional<Bytes> decoded(PumpCharacteristic characteristic, Bytes value) {
        if (!info(characteristic).encrypted) return value;
        if (!session_) return std::nullopt;
        auto plain = session_->receiver.decrypt(value);
        if (plain.has_value() && plain->lost == 0) return plain->plain;
        ++undecodable_;
        return std::nullopt;
    }
};

} // namespace ble::test
