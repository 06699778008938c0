// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "protocol/history/record.hpp"
#include "therapy/time_line.hpp"
#include "virtual_pump/history_source.hpp"

namespace {

namespace history = protocol::history;
using namespace std::chrono_literals;
using protocol::Bytes;
using protocol::LocalSeconds;

constexpr LocalSeconds kEnd = std::chrono::local_days{2026y / 3 / 14} + 9h + 26min;

class HistoryFile : public testing::Test {
protected:
    std::string write(std::string_view text) {
        std::ofstream(path_) << text;
        return path_;
    }
    ~HistoryFile() override { std::filesystem::remove(path_); }

    /// Test cases run as processes of their own, at the same time.
    const std::string path_ = testing::TempDir() + "virtual_pump_" +
                              testing::UnitTest::GetInstance()->current_test_info()->name() + ".hex";
};

TEST_F(HistoryFile, SkipsBlankLinesAndComments) {
    const auto records = virtual_pump::readHistoryFile(
        write("# a pump\n\n0af0dc860100ee0202\n  \r\n0bf0 e186 0100890301\r\n"));
    ASSERT_EQ(records.size(), 2U);
    EXPECT_EQ(protocol::toHex(records[0]), "0af0dc860100ee0202");
    EXPECT_EQ(protocol::toHex(records[1]), "0bf0e1860100890301");
}

TEST_F(HistoryFile, NamesTheLineThatIsNoHexadecimal) {
    const auto path = write("# a pump\n0af0dc860100ee0202\n0af0dz\n");
    EXPECT_THAT([&] { virtual_pump::readHistoryFile(path); },
                testing::ThrowsMessage<std::runtime_error>(testing::StartsWith(path + ":3: ")));
}

TEST_F(HistoryFile, ThrowsWhenItIsMissing) {
    EXPECT_THROW(virtual_pump::readHistoryFile(path_), std::runtime_error);
}

/// The time of the last record.
LocalSeconds endOf(const std::vector<Bytes>& records) {
    std::vector<therapy::Reference> references;
    for (const Bytes& raw : records) {
        const auto reference = therapy::toReference(*history::decode(raw));
        if (reference) references.push_back(*reference);
    }
    const auto time = therapy::TimeLine(references).localTime(*history::parseHeader(records.back()));
    return time ? time->time : LocalSeconds{};
}

TEST(ShiftToEndAt, MovesAGeneratedHistoryAsIfGeneratedThere) {
    constexpr auto kWeek = std::chrono::weeks{1};
    auto records = virtual_pump::generateHistory({3, 1, 1, kEnd});
    const auto original = records;
    virtual_pump::shiftToEndAt(records, kEnd + kWeek);
    EXPECT_EQ(endOf(records), kEnd + kWeek);
    // Whole days later, all that depends on the time of day is the same.
    EXPECT_EQ(records, virtual_pump::generateHistory({3, 1, 1, kEnd + kWeek}));
    virtual_pump::shiftToEndAt(records, kEnd);
    EXPECT_EQ(records, original);
}

TEST(ShiftToEndAt, EndsToTheSecond) {
    auto records = virtual_pump::generateHistory({3, 1, 1, kEnd});
    virtual_pump::shiftToEndAt(records, kEnd + 12345s);
    EXPECT_EQ(endOf(records), kEnd + 12345s);
}

TEST(ShiftToEndAt, LeavesRecordsWithoutATimeAlone) {
    const Bytes stop{0x0a, 0xf0, 0xdc, 0x86, 0x01, 0x00, 0xee, 0x02, 0x02};
    std::vector<Bytes> records{stop, {0x01, 0x02}};
    virtual_pump::shiftToEndAt(records, kEnd);
    EXPECT_EQ(records, (std::vector<Bytes>{stop, {0x01, 0x02}}));
}

} // namespace
