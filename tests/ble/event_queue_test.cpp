// SPDX-License-Identifier: MIT
#include "ble/event_queue.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <vector>

namespace ble {
namespace {

constexpr auto kHistory = PumpCharacteristic::IddHistoryData;
constexpr auto kStatus = PumpCharacteristic::IddStatusChanged;
constexpr auto kControlPoint = PumpCharacteristic::IddRecordAccessControlPoint;

class AnEventQueue : public testing::Test {
protected:
    asio::io_context io_{1};
    EventQueue queue_{io_.get_executor(), std::chrono::steady_clock::now};
    std::vector<Bytes> decoded_; ///< in the order in which the decoder saw them

    /// Takes what is ready.
    std::vector<LinkEvent> take() {
        std::vector<LinkEvent> events;
        bool more = true;
        while (more) {
            more = false;
            asio::cancellation_signal stop;
            asio::co_spawn(io_, queue_.next(),
                           asio::bind_cancellation_slot(
                               stop.slot(), [&](const std::exception_ptr& error, LinkEvent event) {
                                   if (error) return;
                                   events.push_back(std::move(event));
                                   more = true;
                               }));
            io_.restart();
            io_.poll();
            if (more) continue;
            stop.emit(asio::cancellation_type::terminal);
            io_.poll();
        }
        return events;
    }
    void decodeWithCounter() {
        queue_.setDecoder([this](PumpCharacteristic, Bytes value) -> std::optional<Bytes> {
            decoded_.push_back(value);
            if (value.front() == 0xee) return std::nullopt;
            value.push_back(static_cast<std::uint8_t>(decoded_.size()));
            return value;
        });
    }
    static Bytes valueOf(const LinkEvent& event) { return std::get<ValueArrived>(event).value; }
};

TEST_F(AnEventQueue, HandsOutEventsInTheirOrder) {
    queue_.push(PortSubscribed{});
    queue_.push(PortWritten{{1}});
    queue_.push(Disconnected{EndReason::LinkLost});
    const auto events = take();
    ASSERT_EQ(events.size(), 3U);
    EXPECT_TRUE(std::holds_alternative<PortSubscribed>(events[0]));
    EXPECT_EQ(std::get<PortWritten>(events[1]).value, Bytes{1});
    EXPECT_EQ(std::get<Disconnected>(events[2]).reason, EndReason::LinkLost);
}

TEST_F(AnEventQueue, DecodesWhatCameBeforeAReplyBeforeTheReply) {
    decodeWithCounter();
    queue_.pushValue(kHistory, {0x10});
    queue_.beginRead(kStatus);
    queue_.pushValue(kHistory, {0x11});
    EXPECT_EQ(queue_.endRead({0x12}), (Bytes{0x12, 3}));
    queue_.pushValue(kHistory, {0x13});
    const auto events = take();
    ASSERT_EQ(events.size(), 3U);
    EXPECT_EQ(valueOf(events[0]), (Bytes{0x10, 1}));
    EXPECT_EQ(valueOf(events[1]), (Bytes{0x11, 2}));
    EXPECT_EQ(valueOf(events[2]), (Bytes{0x13, 4}));
}

TEST_F(AnEventQueue, DropsTheEchoOfARead) {
    decodeWithCounter();
    queue_.beginRead(kStatus);
    queue_.pushValue(kStatus, {0x20});
    EXPECT_TRUE(take().empty()) << "it may be the echo";
    EXPECT_EQ(queue_.endRead({0x20}), (Bytes{0x20, 1}));
    EXPECT_TRUE(take().empty());
    EXPECT_EQ(decoded_.size(), 1U);
}

TEST_F(AnEventQueue, KeepsAnIndicationThatCrossesARead) {
    decodeWithCounter();
    queue_.beginRead(kStatus);
    queue_.pushValue(kStatus, {0x20});
    queue_.pushValue(kStatus, {0x21});
    EXPECT_EQ(queue_.endRead({0x21}), (Bytes{0x21, 2}));
    const auto events = take();
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(valueOf(events[0]), (Bytes{0x20, 1}));
}

TEST_F(AnEventQueue, HandsOutWhatWaitedForAReadThatFailed) {
    decodeWithCounter();
    queue_.beginRead(kStatus);
    queue_.pushValue(kStatus, {0x20});
    queue_.abandonRead();
    EXPECT_EQ(take().size(), 1U);
}

TEST_F(AnEventQueue, DropsWhatTheDecoderRefuses) {
    decodeWithCounter();
    queue_.pushValue(kHistory, {0xee});
    queue_.pushValue(kHistory, {0x01});
    EXPECT_EQ(take().size(), 1U);
    queue_.beginRead(kStatus);
    EXPECT_EQ(queue_.endRead({0xee}), std::nullopt);
}

TEST_F(AnEventQueue, WithoutADecoderKeepsOnlyPlainValues) {
    queue_.pushValue(kHistory, {0x01});
    queue_.pushValue(kControlPoint, {0x02});
    const auto events = take();
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(valueOf(events[0]), Bytes{0x02});
}

TEST_F(AnEventQueue, ForgetsTheDecoderAtANewConnection) {
    decodeWithCounter();
    queue_.push(Connected{});
    queue_.pushValue(kHistory, {0x01});
    EXPECT_EQ(take().size(), 1U);
    EXPECT_TRUE(decoded_.empty());
}

} // namespace
} // namespace ble
