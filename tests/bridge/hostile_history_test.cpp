// SPDX-License-Identifier: MIT
// History from a pump that is broken, or wants to do harm (docs/protocol/history.md 4.1).
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <sstream>

#include "bridge/session/history_sync.hpp"
#include "protocol/history/record.hpp"
#include "protocol/racp.hpp"
#include "temporary_directory.hpp"
#include "virtual_pump/history_source.hpp"
#include "virtual_pump/record_access.hpp"

namespace bridge {
namespace {

using namespace std::chrono_literals;
using ble::PumpCharacteristic;
using protocol::Bytes;
using racp = protocol::HistoryRacp;

/// Answers each request with what the test puts into the queue.
class HostileLink final : public ble::PumpLink {
public:
    explicit HostileLink(ValueQueue& values) : values_(values) {}

    asio::awaitable<void> write(PumpCharacteristic /*characteristic*/, Bytes value) override {
        ++requests;
        onRequest(value);
        co_return;
    }
    void sendRecord(Bytes record) { values_.push({PumpCharacteristic::IddHistoryData, std::move(record)}); }
    void respond(const racp::Response& response) {
        values_.push({PumpCharacteristic::IddRecordAccessControlPoint, racp::serialize(response)});
    }
    void finish(racp::ResponseCode code = racp::ResponseCode::Success) {
        respond(racp::GeneralResponse{racp::OpCode::ReportRecords, code});
    }
    /// As a pump in its right mind that has these records.
    void serve(virtual_pump::RecordAccess& pump, const Bytes& request) {
        pump.request(request);
        while (auto step = pump.next())
            values_.push({step->response ? PumpCharacteristic::IddRecordAccessControlPoint
                                         : PumpCharacteristic::IddHistoryData,
                          std::move(step->value)});
    }

    asio::awaitable<Bytes> read(PumpCharacteristic /*characteristic*/) override { co_return Bytes{}; }
    asio::awaitable<ble::LinkEvent> nextEvent() override { co_return ble::ServicesResolved{}; }
    void setDecoder(ble::ValueDecoder /*decoder*/) override {}
    void setEncoder(ble::ValueEncoder /*encoder*/) override {}
    void notifyPort(ble::ByteView /*value*/) override {}
    asio::awaitable<void> subscribe(PumpCharacteristic /*characteristic*/) override { co_return; }
    asio::awaitable<void> disconnect(ble::EndReason /*reason*/) override { co_return; }
    void confirmHandshake() override {}

    std::function<void(const Bytes& request)> onRequest;
    unsigned requests = 0;

private:
    ValueQueue& values_;
};

class HostileHistory : public ::testing::Test, public SessionListener {
protected:
    HostileHistory() {
        auto all = virtual_pump::generateHistory(
            {.seed = 7, .days = 1, .end = protocol::LocalSeconds{1'773'482'400s}});
        for (auto& raw : all)
            if (numberOf(raw) != protocol::history::kCorruptionSequenceNumber && records.size() < 300)
                records.push_back(std::move(raw));
        pump.setRecords(records);
        link.onRequest = [this](const Bytes& request) { link.serve(pump, request); };
    }
    static std::uint32_t numberOf(const Bytes& raw) {
        return protocol::history::parseHeader(raw)->sequenceNumber;
    }
    static Bytes renumbered(Bytes raw, std::uint32_t number) {
        for (std::size_t at = 0; at < 4; ++at) raw[2 + at] = static_cast<std::uint8_t>(number >> (8 * at));
        return raw;
    }
    /// The LinkError's kind, empty for success.
    template <typename T>
    std::string run(asio::awaitable<T> operation) {
        std::optional<std::string> result;
        asio::co_spawn(io, std::move(operation), [&](const std::exception_ptr& error, auto...) {
            try {
                if (error) std::rethrow_exception(error);
                result = "";
            } catch (const ble::LinkError& e) {
                result = ble::name(e.kind());
            }
        });
        io.restart();
        io.run();
        return result.value_or("no end");
    }
    std::string sync() {
        HistorySync sync{store, reader, settings, {[] { return std::chrono::sys_seconds{1s}; }, clock},
                         *this, log};
        return run(sync.run(info()));
    }
    PumpInfo info() { return store.pump("NG1234567H"); }

    asio::io_context io{1};
    std::ostringstream journal;
    spdlog::logger log{"test", std::make_shared<spdlog::sinks::ostream_sink_st>(journal)};
    test::TemporaryDirectory directory;
    Store store{directory / "history.db"};
    std::vector<Bytes> records;
    virtual_pump::RecordAccess pump{178};
    ValueQueue values{io.get_executor()};
    HostileLink link{values};
    FollowPlan::Time now{1h};
    SteadyClock clock = [this] { return now; };
    HistoryReader reader{link, values, {30s, 10min}, clock};
    SyncSettings settings;
};

TEST_F(HostileHistory, TakesAnAnswerToAnotherRequestForNone) {
    link.onRequest = [this](const Bytes&) {
        link.respond(racp::NumberOfRecords{5});
        link.respond(racp::GeneralResponse{racp::OpCode::Abort, racp::ResponseCode::NoRecordsFound});
        link.respond(racp::GeneralResponse{racp::OpCode::ReportNumber, racp::ResponseCode::Success});
        link.sendRecord(records.front());
        link.finish();
    };
    std::vector<Bytes> came;
    EXPECT_EQ(run(reader.report({0, 10}, [&](Bytes raw) { came.push_back(std::move(raw)); })), "");
    EXPECT_EQ(came, std::vector<Bytes>{records.front()});
}

TEST_F(HostileHistory, EndsAReportThatTrickles) {
    link.onRequest = [this](const Bytes&) {
        for (int n = 0; n < 200; ++n) link.sendRecord(records[static_cast<std::size_t>(n)]);
    };
    clock = [this] { return now += 5s; };
    HistoryReader trickled{link, values, {30s, 10min}, clock};
    std::size_t came = 0;
    EXPECT_EQ(run(trickled.report({0, 1000}, [&](const Bytes&) { ++came; })), "timeout");
    EXPECT_GT(came, 100U);
    EXPECT_LT(came, 130U);
}

TEST_F(HostileHistory, EndsAReportOfASilentPump) {
    link.onRequest = [](const Bytes&) {};
    HistoryReader silent{link, values, {1ms, 10min}, clock};
    EXPECT_EQ(run(silent.report({0, 1000}, [](const Bytes&) {})), "timeout");
    EXPECT_EQ(link.requests, 1U);
}

TEST_F(HostileHistory, CallsNothingAbsentThatThePumpRefusedToReport) {
    link.onRequest = [this](const Bytes& request) {
        if (racp::parseRequest(request)->op == racp::Operator::WithinRange)
            link.finish(racp::ResponseCode::ProcedureNotCompleted);
        else
            link.serve(pump, request);
    };
    EXPECT_EQ(sync(), "refused");
    EXPECT_TRUE(store.absent(info().id).empty());
    link.onRequest = [this](const Bytes& request) { link.serve(pump, request); };
    EXPECT_EQ(sync(), "");
    EXPECT_EQ(store.recordCount(info().id), records.size());
}

TEST_F(HostileHistory, GoesOnBehindWhatThePumpHasOverwrittenSinceTheLastVisit) {
    pump.setRecords({records.begin(), records.begin() + 100});
    ASSERT_EQ(sync(), "");
    const auto epoch = info().epoch;
    pump.setRecords({records.begin() + 200, records.end()});
    ASSERT_EQ(sync(), "");
    EXPECT_EQ(info().epoch, epoch);
    EXPECT_EQ(store.recordCount(info().id), 200U);
    EXPECT_NE(journal.str().find("the pump has overwritten them"), std::string::npos);
    const auto absent = store.absent(info().id);
    for (const std::size_t lost : {100U, 150U, 199U}) {
        const auto number = numberOf(records[lost]);
        EXPECT_TRUE(std::ranges::any_of(absent, [number](const SequenceRange& range) {
            return range.first <= number && number <= range.last;
        })) << lost;
    }
    link.requests = 0;
    EXPECT_EQ(sync(), "");
    EXPECT_LE(link.requests, 3U) << "nothing is asked for again";
}

TEST_F(HostileHistory, LetsALongReportEndWithinItsTime) {
    link.onRequest = [this](const Bytes&) {
        for (int n = 0; n < 100; ++n) link.sendRecord(records[static_cast<std::size_t>(n)]);
        link.finish();
    };
    clock = [this] { return now += 5s; };
    HistoryReader slow{link, values, {30s, 10min}, clock};
    EXPECT_EQ(run(slow.report({0, 1000}, [](const Bytes&) {})), "");
}

TEST_F(HostileHistory, DoesNotRunThroughFourBillionNumbers) {
    const auto oldest = renumbered(records.front(), 0);
    const auto newest = renumbered(records.back(), 4294967294U);
    pump.setRecords({oldest, newest});
    EXPECT_EQ(sync(), "");
    EXPECT_LT(link.requests, 200U);
    EXPECT_EQ(store.recordCount(info().id), 2U);
    link.requests = 0;
    EXPECT_EQ(sync(), "");
    EXPECT_LE(link.requests, 3U) << "nothing is asked for again";
}

TEST_F(HostileHistory, DoesNotEndInTheNewestNumberThereIs) {
    pump.setRecords({records.front(), renumbered(records.back(), 4294967294U)});
    EXPECT_EQ(sync(), "");
    HistorySync following{store, reader, settings, {[] { return std::chrono::sys_seconds{1s}; }, clock},
                          *this, log};
    EXPECT_EQ(run(following.runNewest(info())), "");
}

TEST_F(HostileHistory, BringsEverythingWhenTheNumbersJumpByMillions) {
    auto jumped = records;
    jumped.push_back(renumbered(records.back(), numberOf(records.back()) + 5'000'000));
    pump.setRecords(jumped);
    EXPECT_EQ(sync(), "");
    EXPECT_EQ(store.recordCount(info().id), jumped.size());
    EXPECT_LT(link.requests, 100U);
}

TEST_F(HostileHistory, DropsRecordsThatWereNotAskedFor) {
    std::vector<Bytes> foreign(records.begin() + 200, records.begin() + 250);
    link.onRequest = [&](const Bytes& request) {
        if (racp::parseRequest(request)->op == racp::Operator::WithinRange)
            for (const auto& raw : foreign) link.sendRecord(raw);
        link.serve(pump, request);
    };
    pump.setRecords({records.begin(), records.begin() + 100});
    EXPECT_EQ(sync(), "");
    EXPECT_EQ(store.recordCount(info().id), 100U);
    EXPECT_NE(journal.str().find("50 records outside of"), std::string::npos);
}

TEST_F(HostileHistory, GrowsWithinBoundsWhenOneNumberHasOtherBytesEachTime) {
    pump.setRecords({records.begin(), records.begin() + 100});
    EXPECT_EQ(sync(), "");
    const auto epoch = info().epoch;
    for (int n = 0; n < 289; ++n) {
        auto changed = records[99];
        changed.back() = static_cast<std::uint8_t>(n + 1);
        changed[changed.size() - 2] = static_cast<std::uint8_t>(n >> 8);
        std::vector<Bytes> shown(records.begin(), records.begin() + 99);
        shown.push_back(changed);
        pump.setRecords(shown);
        ASSERT_EQ(sync(), "");
    }
    EXPECT_LE(info().epoch - epoch, 5);
    EXPECT_NE(journal.str().find("a number that another record has"), std::string::npos);
    // And the newest data come all the same.
    pump.setRecords({records.begin(), records.begin() + 120});
    ASSERT_EQ(sync(), "");
    EXPECT_EQ(store.held(info().id).back().last, numberOf(records[119]));
}

} // namespace
} // namespace bridge
