// SPDX-License-Identifier: MIT
#include "virtual_pump/record_access.hpp"

#include <gtest/gtest.h>

#include <string_view>

#include "protocol/history/record.hpp"

namespace {

namespace history = protocol::history;
using protocol::Bytes;
using virtual_pump::RecordAccess;

Bytes hex(std::string_view text) {
    const auto bytes = protocol::fromHex(text);
    return bytes.has_value() ? *bytes : Bytes{};
}

Bytes record(std::uint32_t number, history::EventType type = history::EventType::PointerEvent) {
    history::Record made;
    made.header = {static_cast<std::uint16_t>(type), number, 0};
    made.data = history::PointerEvent{};
    if (type == history::EventType::NgpReferenceTime) {
        made.data = history::NgpReferenceTime{history::RecordingReason::Periodic, {2026, 3, 14, 9, 26, 0}};
    }
    if (type == history::EventType::DataCorruption) {
        made.header.sequenceNumber = history::kCorruptionSequenceNumber;
        made.data = history::DataCorruption{};
    }
    return history::encode(made);
}

/// Records 100 to 104: 102 is a reference, 103 is damaged.
class RecordAccessPoint : public testing::Test {
protected:
    RecordAccessPoint() {
        access_.setRecords({record(100), record(101), record(102, history::EventType::NgpReferenceTime),
                            record(103, history::EventType::DataCorruption), record(104)});
    }

    /// Positions of the records that came, and the response.
    std::pair<std::vector<std::size_t>, std::string> ask(std::string_view request) {
        access_.request(hex(request));
        std::vector<std::size_t> positions;
        while (auto step = access_.next()) {
            if (step->response) {
                EXPECT_FALSE(access_.running());
                return {positions, protocol::toHex(step->value)};
            }
            const auto& all = access_.records();
            const auto found = std::find(all.begin(), all.end(), step->value);
            positions.push_back(static_cast<std::size_t>(found - all.begin()));
        }
        return {positions, "no response"};
    }
    std::string response(std::string_view request) {
        auto [positions, answer] = ask(request);
        EXPECT_TRUE(positions.empty());
        return answer;
    }
    using Positions = std::vector<std::size_t>;

    RecordAccess access_{178};
};

TEST_F(RecordAccessPoint, ReportsByEveryOperator) {
    const std::string success = "0f0f33f0";
    EXPECT_EQ(ask("33330f"), std::pair(Positions({0, 1, 2, 3, 4}), success));
    EXPECT_EQ(ask("33660f"), std::pair(Positions({0}), success));
    EXPECT_EQ(ask("33690f"), std::pair(Positions({4}), success));
    EXPECT_EQ(ask("335a0f6500000066000000"), std::pair(Positions({1, 2}), success));
    EXPECT_EQ(ask("335a0f66000000ffffffff"), std::pair(Positions({2, 3, 4}), success));
    EXPECT_EQ(ask("33550f68000000"), std::pair(Positions({4}), success));
    EXPECT_EQ(ask("333c0f65000000"), std::pair(Positions({0, 1}), success));
    EXPECT_EQ(ask("333333"), std::pair(Positions({2}), success));
    EXPECT_EQ(access_.reports(), 8U);
}

TEST_F(RecordAccessPoint, FindsADamagedRecordUnderTheNumberItHad) {
    EXPECT_EQ(ask("335a0f6700000067000000").first, Positions({3}));
}

TEST_F(RecordAccessPoint, CountsWithThirtyTwoBits) {
    EXPECT_EQ(response("5a330f"), "660f05000000");
    EXPECT_EQ(response("5a5a0f6500000066000000"), "660f02000000");
    EXPECT_EQ(response("5a550fff000000"), "660f00000000"); // none is a count, not an error
    access_.setRecords(std::vector<Bytes>(70000, record(1)));
    EXPECT_EQ(response("5a330f"), "660f70110100");
}

TEST_F(RecordAccessPoint, SaysWhenThereIsNothing) {
    EXPECT_EQ(response("335a0f6900000070000000"), "0f0f3306");
    access_.setRecords({});
    EXPECT_EQ(response("33660f"), "0f0f3306");
    EXPECT_EQ(response("33330f"), "0f0f3306");
}

TEST_F(RecordAccessPoint, RefusesWithTheCodeOfTheFault) {
    const std::vector<std::pair<std::string_view, std::string_view>> table{
        {"3c330f", "0f0f3c02"},                 // delete: not in this pump
        {"ff330f", "0f0fff02"},                 // no such op code
        {"330f0f", "0f0f3303"},                 // operator null
        {"33", "0f0f3303"},                     // no operator
        {"5533", "0f0f5503"},                   // abort with an operator
        {"33340f", "0f0f3304"},                 // no such operator
        {"335a0f6600000065000000", "0f0f3305"}, // minimum above maximum
        {"335a0f6600000065", "0f0f3305"},       // operand too short
        {"33330f00", "0f0f3305"},               // operand too long
        {"3333", "0f0f3309"},                   // filter type missing
        {"333355", "0f0f3309"},                 // no such filter type
        {"33333c", "0f0f3309"},                 // filters that the pump does not take
        {"336633", "0f0f3309"},
        {"5a3333", "0f0f5a09"},
    };
    for (const auto& [request, expected] : table) EXPECT_EQ(response(request), expected) << request;
}

TEST_F(RecordAccessPoint, AnswersAnAbortForTheReportToo) {
    access_.request(hex("33330f"));
    ASSERT_TRUE(access_.next().has_value());
    EXPECT_TRUE(access_.running());
    EXPECT_TRUE(RecordAccess::isAbort(hex("550f")));
    EXPECT_EQ(response("550f"), "0f0f55f0");
    EXPECT_FALSE(access_.next().has_value());
}

TEST_F(RecordAccessPoint, ForgetsItsProcedureWithTheLink) {
    access_.request(hex("33330f"));
    access_.cancel();
    EXPECT_FALSE(access_.running());
    EXPECT_FALSE(access_.next().has_value());
}

TEST_F(RecordAccessPoint, CutsRecordsIntoPieces) {
    RecordAccess access{7};
    access.setRecords({Bytes(14, 1), Bytes(15, 2)});
    access.request(hex("33330f"));
    std::vector<std::size_t> sizes;
    std::vector<bool> ends;
    while (auto step = access.next()) {
        if (step->response) break;
        sizes.push_back(step->value.size());
        ends.push_back(step->endOfRecord);
    }
    EXPECT_EQ(sizes, (std::vector<std::size_t>{7, 7, 7, 7, 1}));
    EXPECT_EQ(ends, (std::vector<bool>{false, true, false, false, true}));
}

TEST_F(RecordAccessPoint, ServesWhatWasAppended) {
    access_.append(record(105));
    EXPECT_EQ(ask("33690f").first, Positions({5}));
}

} // namespace
