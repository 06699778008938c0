// SPDX-License-Identifier: MIT
// Whatever is called back may drop the connection, end the operation that is under way, stop the link or
// start it anew. To be run under the sanitizers.
#include <random>

#include "a_link.hpp"

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
        asio::co_spawn(
            io_, link_->read(characteristic),
            asio::bind_cancellation_slot(stopRead_.slot(), [this](std::exception_ptr error, Bytes) {
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
    link_->setDecoder([this](PumpCharacteristic, const Bytes&) -> std::optional<Bytes> {
        link_->setDecoder({});
        return std::nullopt;
    });
    startRead();
    ASSERT_TRUE(until([&] { return !reading_; }));
    EXPECT_EQ(readError_, LinkErrorKind::Undecodable);
}

class AStressedLink : public AReentrantLink, public testing::WithParamInterface<unsigned> {
protected:
    std::mt19937 random_{GetParam()};
    bool calm_ = false;
    int acts_ = 0;

    void act() {
        if (calm_ || !link_ || ended_) return;
        ++acts_;
        switch (random_() % 12) {
            case 0:
                return stopRead();
            case 1:
                asio::co_spawn(io_, link_->disconnect(EndReason::SessionFailed), [](std::exception_ptr) {});
                return;
            case 2:
                asio::post(io_, [this] { double_->dropLink(); });
                return;
            case 3:
                stopRead();
                asio::co_spawn(io_, link_->disconnect(EndReason::OutOfStep), [](std::exception_ptr) {});
                return;
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
        return random_() % 3 == 0 ? std::nullopt : plain;
    }
    void heard() override { act(); }
};

TEST_P(AStressedLink, GoesOnWhateverItsCallbacksDo) {
    settings_.limits.withdrawal = 100ms;
    start({.reconnectDelay = 1ms});
    while (acts_ < 400) {
        ASSERT_TRUE(until([&] { return ended_ || link_->state() == LinkState::Ready || acts_ >= 400; }));
        if (ended_) {
            restartLink();
            continue;
        }
        if (!reading_ && session_) startRead();
        io_.run_one_for(5ms);
    }
    calm_ = true;
    if (ended_) {
        restartLink();
    }
    ASSERT_TRUE(until([&] { return !reading_; }));
    double_->dropLink();
    const auto handshakes = handshakes_;
    double_->comeBack();
    EXPECT_TRUE(untilReady(handshakes + 1));
}

INSTANTIATE_TEST_SUITE_P(Seeds, AStressedLink, testing::Range(1U, 9U));

} // namespace
} // namespace ble
