// SPDX-License-Identifier: MIT
#include "capture/btsnoop.hpp"

#include <gtest/gtest.h>

#include "capture_writer.hpp"

namespace capture {
namespace {

using Code = ParseError::Code;

TEST(ACaptureFile, GivesItsRecordsInOrder) {
    testing::CaptureWriter writer;
    writer.command(Bytes{0x03, 0x0c, 0x00});
    writer.acl(false, Bytes{0x40, 0x20, 0x00, 0x00});
    auto reader = FileReader::open(writer.file());
    ASSERT_TRUE(reader.has_value());
    EXPECT_EQ(reader->dataLink(), DataLink::Monitor);

    const auto first = *reader->next();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->number, 1U);
    EXPECT_EQ(first->flags, 2U);
    EXPECT_EQ(first->time.time_since_epoch(), std::chrono::seconds{1773480547});
    EXPECT_EQ(toHex(first->octets), "030c00");
    const auto second = *reader->next();
    ASSERT_TRUE(second);
    EXPECT_EQ(second->number, 2U);
    EXPECT_EQ(second->time - first->time, std::chrono::milliseconds{125});
    EXPECT_FALSE(*reader->next());
    EXPECT_FALSE(*reader->next()) << "asking on is harmless";
}

TEST(ACaptureFile, IsRefusedWhenItIsSomethingElse) {
    Bytes file = testing::CaptureWriter(DataLink::H4).file();
    const auto errorOf = [](const Bytes& octets) { return FileReader::open(octets).error(); };
    Bytes magic = file;
    magic[0] = 'B';
    EXPECT_EQ(errorOf(magic), (ParseError{Code::BadValue, 0, "identification"}));
    Bytes version = file;
    version[11] = 2;
    EXPECT_EQ(errorOf(version), (ParseError{Code::BadValue, 8, "version"}));
    Bytes dataLink = file;
    dataLink[15] = 0;
    EXPECT_EQ(errorOf(dataLink), (ParseError{Code::BadValue, 12, "data link"}));
}

TEST(ACaptureFile, SaysWhereItIsCut) {
    constexpr std::size_t kFileHeader = 16;
    constexpr std::size_t kRecordHeader = 24;
    testing::CaptureWriter writer;
    writer.event(Bytes{0x0f, 0x00});
    for (std::size_t length = kFileHeader + 1; length < writer.file().size(); ++length) {
        auto reader = FileReader::open(ByteView(writer.file()).first(length));
        const bool inHeader = length < kFileHeader + kRecordHeader;
        const ParseError expected{Code::Truncated, inHeader ? kFileHeader : kFileHeader + kRecordHeader,
                                  inHeader ? "record header" : "packet"};
        EXPECT_EQ(reader->next().error(), expected) << length;
    }
}

TEST(ACaptureFile, IsDamagedWhenARecordHoldsMoreThanThePacket) {
    testing::CaptureWriter writer;
    writer.event(Bytes{0x0f, 0x00});
    Bytes file = writer.file();
    file[19] = 1; // original length
    EXPECT_EQ(FileReader::open(file)->next().error(), (ParseError{Code::BadValue, 20, "included length"}));
}

} // namespace
} // namespace capture
