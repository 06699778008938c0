// SPDX-License-Identifier: MIT
#include "capture/redact.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "capture/l2cap.hpp"
#include "capture_writer.hpp"

namespace capture {
namespace {

/// The packets of a redacted capture in hexadecimal.
std::vector<std::string> redacted(const testing::CaptureWriter& writer) {
    const auto redaction = redact(writer.file());
    EXPECT_TRUE(redaction.has_value() && !redaction->damage);
    auto reader = FileReader::open(redaction->file);
    std::vector<std::string> packets;
    while (const auto record = *reader->next()) packets.push_back(toHex(record->bytes));
    return packets;
}

TEST(ARedaction, BlanksLinkKeysWhereverTheyPass) {
    testing::CaptureWriter writer;
    writer.command(*protocol::fromHex("1a20 04 4000 c0c1"));           // LE Long Term Key Request Reply
    writer.command(*protocol::fromHex("0b04 04 4000 c0c1"));           // Link Key Request Reply
    writer.event(*protocol::fromHex("1804 c0c1c2c3"));                 // Link Key Notification
    writer.event(*protocol::fromHex("0e06 01 1820 00 c0c1"));          // LE Rand: the answer
    writer.monitor(16, *protocol::fromHex("01000000 1300 0000 c0c1")); // Load Long Term Keys
    writer.monitor(17, *protocol::fromHex("01000000 0a00 01 c0c1"));   // New Long Term Key
    writer.monitor(13, *protocol::fromHex("06 02 6162 c0c1"));         // what a daemon logs
    writer.l2cap(false, 0x40, kSmpChannel, *protocol::fromHex("06c0c1"), 5);
    EXPECT_EQ(redacted(writer),
              (std::vector<std::string>{"1a200400000000", "0b040400000000", "180400000000",
                                        "0e06011820000000", "01000000130000000000", "010000000a00000000",
                                        "000000000000", "402005000300060006", "401002000000"}));
}

TEST(ARedaction, KeepsWhatPairingAgreedOn) {
    testing::CaptureWriter writer;
    writer.l2cap(false, 0x40, kSmpChannel, *protocol::fromHex("01040005100303"));
    writer.monitor(16, *protocol::fromHex("01000000 1800 03")); // Set IO Capability
    EXPECT_EQ(redacted(writer), (std::vector<std::string>{"40200b000700060001040005100303",
                                                          "010000001800"
                                                          "03"}));
}

TEST(ARedaction, ReplacesAnAddressByTheSameEverywhere) {
    testing::CaptureWriter writer;
    writer.event(*protocol::fromHex("3e13 01 00 4000 01 00 563412f72300 6400 0000 2c01 00"));
    writer.event(*protocol::fromHex("3e13 01 00 4100 01 01 0605040302c1 6400 0000 2c01 00"));
    writer.l2cap(false, 0x40, kSmpChannel, *protocol::fromHex("0900 563412f72300"));
    writer.l2cap(false, 0x40, kAttChannel, *protocol::fromHex("0b 0023f7123456"));
    const auto packets = redacted(writer);
    EXPECT_EQ(packets[0],
              "3e1301004000010001000"
              "0f72300640000002c0100");
    EXPECT_EQ(packets[1], "3e130100410001010200000000c0640000002c0100");
    EXPECT_EQ(packets[2], "40200c00080006000900010000f72300");
    EXPECT_EQ(packets[3], "40200b00070004000b0023f7000001");
}

TEST(ARedaction, LeavesFlagsAndServicesOfWhatOthersAdvertise) {
    testing::CaptureWriter writer;
    writer.event(*protocol::fromHex("3e17 02 01 00 01 0605040302c1 0b 020106 0303 82fe 0309 4142 c0"));
    EXPECT_EQ(redacted(writer)[0], "3e17020100010100000000c00b020106030382fe03090000c0");
}

TEST(ARedaction, EndsWhereTheCaptureIsDamaged) {
    testing::CaptureWriter writer;
    writer.command(*protocol::fromHex("030c00"));
    const std::size_t whole = writer.file().size();
    writer.command(*protocol::fromHex("030c00"));
    const auto redaction = redact(ByteView(writer.file()).first(writer.file().size() - 1));
    ASSERT_TRUE(redaction.has_value());
    EXPECT_EQ(redaction->packets, 1U);
    EXPECT_EQ(redaction->file.size(), whole);
    EXPECT_TRUE(redaction->damage);
}

} // namespace
} // namespace capture
