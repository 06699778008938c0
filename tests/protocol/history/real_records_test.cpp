// SPDX-License-Identifier: MIT
// Records of a real pump, which are not part of the project: PUMP_BRIDGE_REAL_RECORDS names a file with one
// hexadecimal record per line.
#include <gtest/gtest.h>

#include <cstdlib>

#include "examples.hpp"
#include "protocol/history/assembler.hpp"
#include "protocol/history/record.hpp"

namespace protocol::history::test {
namespace {

class RealRecords : public testing::Test {
protected:
    void SetUp() override {
        const char* path = std::getenv("PUMP_BRIDGE_REAL_RECORDS");
        if (path == nullptr) GTEST_SKIP() << "PUMP_BRIDGE_REAL_RECORDS is not set";
        std::ifstream in(path);
        if (!in) GTEST_SKIP() << "PUMP_BRIDGE_REAL_RECORDS cannot be read";
        for (std::string line; std::getline(in, line);) {
            if (!line.empty()) records_.push_back(hex(line));
        }
        ASSERT_FALSE(records_.empty());
    }

    std::vector<Bytes> records_;
};

TEST_F(RealRecords, DecodeToKnownEventsAndBack) {
    for (const Bytes& bytes : records_) {
        const auto record = decode(bytes);
        ASSERT_TRUE(record.has_value()) << toHex(bytes) << ": " << toString(record.error());
        EXPECT_TRUE(isKnown(record->header.eventType)) << toHex(bytes);
        EXPECT_EQ(toHex(encode(*record)), toHex(bytes));
        EXPECT_EQ(completeness(bytes), Completeness::Whole) << toHex(bytes);
    }
}

} // namespace
} // namespace protocol::history::test
