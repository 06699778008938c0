// SPDX-License-Identifier: MIT
// Whatever is called back may drop the connection, end the operation that is under way, replace what was
// called, stop the link or have it started anew. To be run under the sanitizers.
#include <random>

#include "a_link.hpp"
#include "virtual_pump/history_source.hpp"

namespace ble {
namespace {

using namespace test;

constexpr auto kStatus = PumpCharacteristic::IddStatusChanged;

class AReentrantLink : public ALink {
protected:
    asio::cancellation_signal stopRead_;
    bool reading_ = false;
    std::optional<LinkErrorKind> readError_;

    void startRead(PumpCharacteristic characteristic = kStatus) {
        reading_ = true;
        readError_.reset();
        asio::co_spawn(io_, link_->read(characteristic),
                       asio::bind_cancellation_slot(stopRead_.slot(),
                                                    [this](const std::exception_ptr& error, const Bytes&) {
                                                        reading_ = false;
                                                        try {
                                                            if (error) std::rethrow_exception(error);
                                                        } catch (const LinkError& e) {
                                                            readError_ = e.kind();
                                                        } catch (const boost::system::system_error&) {
                                                            readError_ = LinkErrorKind::Disconnected;
                                                        }
                                                    }));
    }
    void stopRead() {
        if (reading_) stopRead_.emit(asio::cancellation_type::terminal);
    }
};

// What a session did that found its frames out of step: it ended its work, and with it the read, from inside
// the reply to that read.
TEST_F(AReentrantLink, SurvivesThatTheReplyToAReadEndsTheRead) {
    start();
    ASSERT_TRUE(untilReady());
    for (int n = 0; n < 20; ++n) {
        link_->setDecoder([this](PumpCharacteristic, const Bytes&) -> std::optional<Bytes> {
            stopRead();
            return std::nullopt;
        });
        startRead();
        ASSERT_TRUE(until([&] { return !reading_; }));
    }
    EXPECT_TRUE(link_->peer());
}

TEST_F(AReentrantLink, SurvivesThatTheDecoderReplacesItself) {
    start();
    ASSERT_TRUE(untilReady());
    std::string replaced;
    const std::string own(100, 'x'); // of the one that is replaced
    link_->setDecoder([this, own, &replaced](PumpCharacteristic, const Bytes&) -> std::optional<Bytes> {
        link_->setDecoder({});
        replaced = own;
        return std::nullopt;
    });
    startRead();
    ASSERT_TRUE(until([&] { return !reading_; }));
    EXPECT_EQ(readError_, LinkErrorKind::Undecodable);
    EXPECT_EQ(replaced, own);
}

// Seen: frames that could not be decoded came while a read was answered, and what dropped the link ran inside
// that answer.
TEST_F(AReentrantLink, SurvivesThatAFloodDuringAReadDropsTheLink) {
    auto records = virtual_pump::generateHistory({.seed = 3, .days = 1, .end = kNow});
    pump_.setHistory({records.begin(), records.begin() + 100});
    start({.reconnectDelay = 1ms});
    for (std::size_t n = 1; n <= 5; ++n) {
        ASSERT_TRUE(untilReady(n));
        ASSERT_EQ(outcome(link_->subscribe(kStatus)), "");
        int dropped = 0;
        link_->setDecoder([&](PumpCharacteristic, const Bytes&) -> std::optional<Bytes> {
            stopRead();
            if (++dropped == 1)
                asio::co_spawn(io_, link_->disconnect(EndReason::OutOfStep),
                               [](const std::exception_ptr&) {});
            return std::nullopt;
        });
        startRead();
        for (std::size_t i = 0; i < 10; ++i) {
            pump_.append(records[90 + n * 10 + i]);
            double_->pumpHasNews();
        }
        ASSERT_TRUE(
            until([&] { return !reading_ && countOf("disconnected: frames could not be decrypted") == n; }));
        EXPECT_GE(dropped, 1);
    }
    EXPECT_TRUE(untilReady(6));
}

/// A device that comes to nothing is ignored for minutes, which pass at once here: by the link's clock.
class AStressedLink : public AReentrantLink, public testing::WithParamInterface<unsigned> {
protected:
    std::mt19937 random_{GetParam()};
    std::vector<Bytes> coming_;
    bool calm_ = false;
    int acts_ = 0;
    std::size_t sentAway_ = 0;

    void act() {
        if (calm_ || !link_ || ended_) return;
        ++acts_;
        switch (random_() % 12) {
            case 0:
                return stopRead();
            case 1:
                return drop(EndReason::SessionFailed);
            case 2:
                asio::post(io_, [this] { double_->dropLink(); });
                return;
            case 3:
                stopRead();
                return drop(EndReason::OutOfStep);
            case 4:
                return link_->setDecoder({});
            case 5:
                return link_->openPairing();
            case 6:
                if (random_() % 4 == 0) stop_.emit(asio::cancellation_type::terminal);
                return;
            case 7:
                if (random_() % 8 == 0) asio::post(io_, [this] { double_->restart(); });
                return;
            default:
                return;
        }
    }
    void drop(EndReason reason) {
        asio::co_spawn(io_, link_->disconnect(reason), [](const std::exception_ptr&) {});
    }
    void linkStateChanged(LinkState state) override {
        ALink::linkStateChanged(state);
        act();
    }
    void linkProblemChanged(const std::optional<LinkProblem>& problem) override {
        ALink::linkProblemChanged(problem);
        act();
    }
    std::optional<Bytes> decoded(PumpCharacteristic characteristic, Bytes value) override {
        auto plain = ALink::decoded(characteristic, std::move(value));
        act();
        return !calm_ && random_() % 3 == 0 ? std::nullopt : plain;
    }
    void heard() override { act(); }

    /// As often as the loop has done something. Tasks begin inside the loop: one that is cancelled before it
    /// has begun throws out of it (Asio 1.81).
    void live() {
        asio::post(io_, [this] {
            if (ended_) return restartLink();
            if (link_->state() == LinkState::Ready && !reading_) ask();
        });
        attend();
        io_.poll();
        io_.run_one_for(5ms);
    }
    /// What a session asks for, and what comes meanwhile.
    void ask() {
        link_->setDecoder([this](PumpCharacteristic c, Bytes value) { return decoded(c, std::move(value)); });
        asio::co_spawn(io_, link_->subscribe(kStatus), [](const std::exception_ptr&) {});
        startRead();
        for (int n = 0; n < 5 && !coming_.empty(); ++n) {
            pump_.append(std::move(coming_.back()));
            coming_.pop_back();
        }
        double_->pumpHasNews();
    }
    /// The time passes in which a device is ignored, and somebody pairs the pump again that has lost its
    /// bond.
    void attend() {
        const auto came = std::ranges::count(seen_, Kind::Connected, &virtual_pump::DoubleEvent::kind);
        const auto away =
            static_cast<std::size_t>(came) - std::min(static_cast<std::size_t>(came), countOf("connected"));
        if (std::exchange(sentAway_, away) < away) ahead_ += std::chrono::hours(2);
        if (ended_ || double_->connected() || link_->state() != LinkState::AdvertisingPairing) return;
        double_->forgetBond();
        double_->openPairing(true);
    }
};

TEST_P(AStressedLink, GoesOnWhateverItsCallbacksDo) {
    constexpr int kActs = 150;
    settings_.limits.withdrawal = 100ms;
    settings_.limits.turn = 5ms;
    settings_.limits.backOff = 1ms;
    settings_.limits.pairing = settings_.limits.candidate = std::chrono::hours(100'000);
    coming_ = virtual_pump::generateHistory({.seed = 3, .days = 3, .end = kNow});
    start({.reconnectDelay = 1ms});
    const auto limit = std::chrono::steady_clock::now() + 120s;
    while (acts_ < kActs && std::chrono::steady_clock::now() < limit) live();
    ASSERT_GE(acts_, kActs) << journal_.str();
    calm_ = true;
    const auto handshakes = handshakes_;
    double_->dropLink();
    if (!ended_) link_->openPairing();
    while ((handshakes_ == handshakes || ended_ || link_->state() != LinkState::Ready) &&
           std::chrono::steady_clock::now() < limit)
        live();
    EXPECT_GT(handshakes_, handshakes) << "and works as ever: " << journal_.str();
    ASSERT_TRUE(until([&] { return !reading_; }));
}

INSTANTIATE_TEST_SUITE_P(Seeds, AStressedLink, testing::Range(1U, 25U));

} // namespace
} // namespace ble
