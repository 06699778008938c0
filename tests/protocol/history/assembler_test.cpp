// SPDX-License-Identifier: MIT
#include "protocol/history/assembler.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "examples.hpp"
#include "protocol/history/record.hpp"

namespace protocol::history::test {
namespace {

constexpr std::size_t kFullPiece = 17; ///< at MTU 23

using Pieces = std::vector<Bytes>;

/// As the pump sends a record: every notification but the last is filled.
Pieces split(ByteView record, std::size_t fullPiece) {
    Pieces pieces;
    for (std::size_t at = 0; at < record.size(); at += fullPiece) {
        const ByteView piece = record.subspan(at, std::min(fullPiece, record.size() - at));
        pieces.emplace_back(piece.begin(), piece.end());
    }
    return pieces;
}

std::vector<std::string> join(const Pieces& pieces, std::optional<std::size_t> fullPiece) {
    std::vector<std::string> records;
    const auto sink = [&records](const Bytes& record) { records.push_back(toHex(record)); };
    Assembler assembler(fullPiece);
    for (const Bytes& piece : pieces) assembler.add(piece, sink);
    assembler.flush(sink);
    EXPECT_FALSE(assembler.hasPending());
    return records;
}

/// The examples with consecutive sequence numbers, as in a report.
std::vector<Bytes> report(const std::vector<Example>& examples) {
    std::vector<Bytes> records;
    std::uint32_t number = 53005;
    for (const Example& example : examples) {
        Record record = *decode(example.bytes);
        if (record.header.sequenceNumber != kCorruptionSequenceNumber) record.header.sequenceNumber = number;
        ++number;
        records.push_back(encode(record));
    }
    return records;
}

std::vector<std::string> hexOf(const std::vector<Bytes>& records) {
    std::vector<std::string> texts;
    for (const Bytes& record : records) texts.push_back(toHex(record));
    return texts;
}

TEST(HistoryAssembler, PassesWholeRecordsOnAtOnce) {
    for (const auto fullPiece : {std::optional<std::size_t>{}, std::optional<std::size_t>{178}}) {
        Assembler assembler(fullPiece);
        std::size_t count = 0;
        for (const Example& example : recordExamples()) {
            assembler.add(example.bytes, [&](const Bytes& record) {
                ++count;
                EXPECT_EQ(toHex(record), toHex(example.bytes));
            });
            EXPECT_FALSE(assembler.hasPending()) << example.name;
        }
        EXPECT_EQ(count, recordExamples().size());
    }
}

TEST(HistoryAssembler, JoinsEachRecordAtEachMtu) {
    for (const Example& example : recordExamples()) {
        for (std::size_t fullPiece = 1; fullPiece <= example.bytes.size() + 1; ++fullPiece) {
            EXPECT_EQ(join(split(example.bytes, fullPiece), fullPiece), std::vector{toHex(example.bytes)})
                << example.name << " " << fullPiece;
        }
    }
}

TEST(HistoryAssembler, JoinsAReportOfEveryRecordAtSmallMtu) {
    std::vector<Example> examples = recordExamples();
    for (const std::size_t fullPiece : {std::size_t{17}, std::size_t{18}, std::size_t{20}, std::size_t{25}}) {
        for (int order = 0; order < 2; ++order) {
            const std::vector<Bytes> records = report(examples);
            Pieces pieces;
            for (const Bytes& record : records)
                std::ranges::move(split(record, fullPiece), std::back_inserter(pieces));
            EXPECT_EQ(join(pieces, fullPiece), hexOf(records)) << fullPiece;
            std::ranges::reverse(examples);
        }
    }
}

TEST(HistoryAssembler, JoinsEachPairOfEventsAtSmallMtu) {
    std::vector<Example> examples = recordExamples();
    std::set<std::size_t> seen; // one of each type and length
    std::erase_if(examples, [&seen](const Example& example) {
        return !seen.insert(example.expect.at("event_type").get<std::size_t>() * 100 + example.bytes.size())
                    .second;
    });
    for (const Example& first : examples) {
        for (const Example& second : examples) {
            const std::vector<Bytes> records = report({first, second});
            Pieces pieces = split(records[0], kFullPiece);
            std::ranges::move(split(records[1], kFullPiece), std::back_inserter(pieces));
            EXPECT_EQ(join(pieces, kFullPiece), hexOf(records)) << first.name << " " << second.name;
        }
    }
}

TEST(HistoryAssembler, JoinsByLayoutAloneWhenTheMtuIsNotKnown) {
    for (const Example& example : recordExamples()) {
        if (example.expect.at("event_name") == "unknown" || example.name.find("wide") != std::string::npos) {
            continue; // nothing tells where those end
        }
        for (std::size_t cut = 1; cut < example.bytes.size(); ++cut) {
            const ByteView bytes = example.bytes;
            const Pieces pieces{Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(cut)),
                                Bytes(bytes.begin() + static_cast<std::ptrdiff_t>(cut), bytes.end())};
            EXPECT_EQ(join(pieces, std::nullopt), std::vector{toHex(bytes)}) << example.name << " " << cut;
        }
    }
}

constexpr std::string_view kBasalRate = "9900d3860100330400520300fd090000ff"; // 17 bytes
constexpr std::string_view kNextMeal = "05f0d4860100b4042d00";

TEST(HistoryAssembler, EndsARecordOfExactlyOneFullPieceByItsLayout) {
    ASSERT_EQ(hex(kBasalRate).size(), kFullPiece);
    Assembler assembler(kFullPiece);
    int records = 0;
    assembler.add(hex(kBasalRate), [&](const Bytes&) { ++records; });
    EXPECT_EQ(records, 1);
    assembler.add({}, [&](const Bytes&) { ++records; });
    EXPECT_EQ(records, 1) << "the empty fragment after it is no record";
}

TEST(HistoryAssembler, EndsAnUnknownRecordOfExactlyOneFullPiece) {
    const std::string unknown = "1ff0d3860100330400520300fd090000ff";
    const std::string meal(kNextMeal);
    EXPECT_EQ(join({hex(unknown), hex(meal)}, kFullPiece), (std::vector{unknown, meal}))
        << "by its successor";
    EXPECT_EQ(join({hex(unknown), Bytes{}, hex("1ef0d486010000000102")}, kFullPiece),
              (std::vector<std::string>{unknown, "1ef0d486010000000102"}))
        << "by an empty fragment";
    EXPECT_EQ(join({hex(unknown)}, kFullPiece), std::vector{unknown}) << "by the end of the report";
    const std::string corruption = "a603ffffffff0000";
    EXPECT_EQ(join({hex(unknown), hex(corruption)}, kFullPiece), (std::vector{unknown, corruption}));
}

TEST(HistoryAssembler, GoesOnWithAnUnknownRecordUntilAShorterPiece) {
    const std::string first = "1ff0d3860100330400520300fd090000ff";
    const std::string last = "05f0d9860100b4042d00"; // a known type, but not the next number
    ASSERT_EQ(hex(first).size(), kFullPiece);
    EXPECT_EQ(join({hex(first), hex(last)}, kFullPiece), std::vector{first + last});
}

// A narrow Total Daily Insulin Delivery fills a piece of 17 bytes; its wide form begins with as many.
TEST(HistoryAssembler, WaitsForTheRestOfAWidenedRecord) {
    const std::string narrow = "ff0071870100380401f1f0bbf0ea07030d";
    const std::string wide = "ff0071870100380401f10000ffbb0000ffea07030d";
    ASSERT_EQ(hex(narrow).size(), kFullPiece);
    EXPECT_EQ(join(split(hex(wide), kFullPiece), kFullPiece), std::vector{wide});
    const std::string next = "05f072870100b4042d00";
    EXPECT_EQ(join({hex(narrow), hex(next)}, kFullPiece), (std::vector{narrow, next}));
    EXPECT_EQ(join({hex(narrow)}, kFullPiece), std::vector{narrow});
}

TEST(HistoryAssembler, DoesNotJoinARecordThatWasCutWithTheNext) {
    const std::string cut = "5a00d3860100b404ca0033001711fb0000"; // its second notification was lost
    const std::string meal(kNextMeal);
    EXPECT_EQ(join({hex(cut), hex(meal)}, kFullPiece), (std::vector{cut, meal}));
}

TEST(HistoryAssembler, EndsATruncatedRecordAtAShortPiece) {
    const std::string cut = "5a00d3860100b404ca0033001711fb";
    EXPECT_EQ(join({hex(cut), hex(kBasalRate)}, kFullPiece),
              (std::vector<std::string>{cut, std::string(kBasalRate)}));
}

TEST(HistoryAssembler, FindsTheEndOfARecordWithABadValueByItsLayout) {
    const std::string month13 = "0ef0d3860100100e3cea070d0e091a00";
    EXPECT_EQ(join({hex(month13), hex(kNextMeal)}, std::nullopt),
              (std::vector<std::string>{month13, std::string(kNextMeal)}));
}

TEST(HistoryAssembler, ForgetsWhatIsPendingWhenCleared) {
    Assembler assembler(kFullPiece);
    int records = 0;
    const auto sink = [&](const Bytes&) { ++records; };
    assembler.add(hex("5a00d3860100b404ca0033001711fb0000"), sink);
    EXPECT_TRUE(assembler.hasPending());
    assembler.clear();
    EXPECT_FALSE(assembler.hasPending());
    assembler.flush(sink);
    EXPECT_EQ(records, 0);
}

TEST(HistoryCompleteness, FollowsTheLayout) {
    for (const Example& example : recordExamples()) {
        const bool known = example.expect.at("event_name") != "unknown";
        EXPECT_EQ(completeness(example.bytes), known ? Completeness::Whole : Completeness::Neither)
            << example.name;
        Bytes longer = example.bytes;
        longer.push_back(0);
        EXPECT_NE(completeness(longer), Completeness::Whole) << example.name;
        for (std::size_t length = 0; length < example.bytes.size(); ++length) {
            // The type alone tells whether there is a layout.
            const bool opaque = !known && length >= 2;
            EXPECT_EQ(completeness(ByteView(example.bytes).first(length)) == Completeness::Neither, opaque)
                << example.name << " " << length;
        }
    }
}

} // namespace
} // namespace protocol::history::test
