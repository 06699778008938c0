// SPDX-License-Identifier: MIT
// Whatever is called back may end the operation that is under way, or replace what was called. To be run
// under the sanitizers.
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

} // namespace
} // namespace ble
