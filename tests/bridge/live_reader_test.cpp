// SPDX-License-Identifier: MIT
// What the reader makes of answers that a well-behaved pump seldom gives.
#include "bridge/session/live_reader.hpp"

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <vector>

namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using ble::PumpCharacteristic;
using bridge::LiveReader;
using bridge::ValueQueue;
using protocol::Bytes;

constexpr auto kStatusReader = PumpCharacteristic::IddStatusReaderControlPoint;

/// Answers each write with the values that the test has put up for it.
class AnsweringLink final : public ble::PumpLink {
public:
    explicit AnsweringLink(ValueQueue& values) : values_(values) {}

    void willAnswer(std::vector<ble::ValueArrived> values) { answers.push_back(std::move(values)); }

    asio::awaitable<void> write(PumpCharacteristic /*characteristic*/, Bytes value) override {
        written.push_back(protocol::toHex(value));
        if (!answers.empty()) {
            for (auto& each : answers.front()) values_.push(std::move(each));
            answers.pop_front();
        }
        co_return;
    }
    asio::awaitable<Bytes> read(PumpCharacteristic /*characteristic*/) override {
        ++reads;
        throw ble::LinkError(refusal, "refused by the test");
        co_return Bytes{};
    }
    asio::awaitable<ble::LinkEvent> nextEvent() override { co_return ble::ServicesResolved{}; }
    void setDecoder(ble::ValueDecoder /*decoder*/) override {}
    void setEncoder(ble::ValueEncoder /*encoder*/) override {}
    void notifyPort(ble::ByteView /*value*/) override {}
    asio::awaitable<void> subscribe(PumpCharacteristic /*characteristic*/) override { co_return; }
    asio::awaitable<void> disconnect(ble::EndReason /*reason*/) override { co_return; }
    void confirmHandshake() override {}

    std::deque<std::vector<ble::ValueArrived>> answers;
    std::vector<std::string> written;
    ble::LinkErrorKind refusal = ble::LinkErrorKind::Refused;
    int reads = 0;

private:
    ValueQueue& values_;
};

class ALiveReader : public testing::Test {
protected:
    static ble::ValueArrived from(PumpCharacteristic characteristic, const char* hex) {
        return {characteristic, *protocol::fromHex(hex)};
    }
    template <typename T>
    T run(asio::awaitable<T> operation) {
        std::optional<T> result;
        std::exception_ptr failure;
        asio::co_spawn(io, std::move(operation), [&](const std::exception_ptr& error, T value) {
            failure = error;
            result = std::move(value);
        });
        io.restart();
        io.run();
        if (failure) std::rethrow_exception(failure);
        return std::move(*result);
    }

    asio::io_context io{1};
    spdlog::logger log{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
    ValueQueue values{io.get_executor()};
    AnsweringLink link{values};
    LiveReader reader{link, values, 5ms, log};
};

TEST_F(ALiveReader, TellsTheAnswerFromALateOneToAnEarlierRequest) {
    link.willAnswer({from(kStatusReader, "6a03000100000000"), from(kStatusReader, "03030c030f"),
                     from(kStatusReader, "fc0300c05c15fa")});
    const auto insulin = run(reader.insulinOnBoard());
    ASSERT_TRUE(insulin);
    EXPECT_EQ(insulin->amount.text(), "1.4");
    EXPECT_EQ(link.written, std::vector<std::string>{"f303"});
}

TEST_F(ALiveReader, DoesNotAskAgainForWhatIsNotSupported) {
    link.willAnswer({from(kStatusReader, "0303f30370")});
    EXPECT_FALSE(run(reader.insulinOnBoard()));
    EXPECT_FALSE(run(reader.insulinOnBoard()));
    EXPECT_EQ(link.written.size(), 1U);
}

TEST_F(ALiveReader, AsksAgainForWhatWasNotPossibleOnce) {
    link.willAnswer({from(kStatusReader, "0303f30372")});
    link.willAnswer({from(kStatusReader, "fc0300c05c15fa")});
    EXPECT_FALSE(run(reader.insulinOnBoard()));
    EXPECT_TRUE(run(reader.insulinOnBoard()));
}

TEST_F(ALiveReader, JoinsAnAnswerThatCameInPieces) {
    link.willAnswer({from(kStatusReader, "6a030701090000ff3c0c0000ff3c002a00"), from(kStatusReader, "0233")});
    const auto basal = run(reader.basal());
    ASSERT_TRUE(basal);
    EXPECT_EQ(basal->tbrRemainingMinutes, 42);
}

TEST_F(ALiveReader, GoesOnWithoutAnAnswer) {
    EXPECT_FALSE(run(reader.algorithm()));
    EXPECT_FALSE(run(reader.measurement()));
    link.willAnswer({from(kStatusReader, "ff")});
    EXPECT_FALSE(run(reader.algorithm())) << "an answer that is none";
}

TEST_F(ALiveReader, HandsOnWhatBelongsToNoProcedure) {
    std::vector<PumpCharacteristic> others;
    reader.onOtherValue(
        [&others](const ble::ValueArrived& value) { others.push_back(value.characteristic); });
    link.willAnswer({from(PumpCharacteristic::IddStatusChanged, "8000"),
                     from(PumpCharacteristic::CgmMeasurement, "0ec3be003b0b0000f8ff0a00cbb0"),
                     from(PumpCharacteristic::CgmRecordAccessControlPoint, "06000101")});
    const auto measurement = run(reader.measurement());
    ASSERT_TRUE(measurement);
    EXPECT_EQ(measurement->glucoseMgDl(), 190);
    EXPECT_EQ(others, std::vector{PumpCharacteristic::IddStatusChanged});
}

TEST_F(ALiveReader, TakesARefusedReadForNothing) {
    EXPECT_FALSE(run(reader.sessionStart()));
    EXPECT_FALSE(run(reader.sessionStart()));
    EXPECT_EQ(link.reads, 2) << "a sensor may have come";
    link.refusal = ble::LinkErrorKind::Missing;
    EXPECT_FALSE(run(reader.status()));
    EXPECT_FALSE(run(reader.status()));
    EXPECT_EQ(link.reads, 3) << "the pump has no such characteristic";
}

TEST_F(ALiveReader, TellsThatThePumpHasGone) {
    link.refusal = ble::LinkErrorKind::Disconnected;
    EXPECT_THROW(run(reader.status()), ble::LinkError);
}

} // namespace
