// SPDX-License-Identifier: MIT
#include "protocol/codec/cursor.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <tuple>

namespace protocol {
namespace {

using Code = ParseError::Code;

const Bytes kFrame{0x01, 0x34, 0x12, 0x78, 0x56, 0x34, 0x12, 0xfe, 0xff};

TEST(AReader, ReadsLittleEndianFieldsInWireOrder) {
    Reader reader{kFrame};
    EXPECT_EQ(reader.get<std::uint8_t>("a"), 0x01);
    EXPECT_EQ(reader.get<std::uint16_t>("b"), 0x1234);
    EXPECT_EQ(reader.get<std::uint32_t>("c"), 0x12345678U);
    EXPECT_EQ(reader.remaining(), 2U);
    EXPECT_EQ(reader.getSigned<std::int16_t>("d"), -2);
    EXPECT_TRUE(reader.finish(1).has_value());
}

TEST(AReader, BlamesTheFieldThatDoesNotFit) {
    Reader reader{ByteView{kFrame}.first(4)};
    std::ignore = reader.get<std::uint8_t>("a");
    std::ignore = reader.get<std::uint16_t>("b");
    EXPECT_EQ(reader.get<std::uint32_t>("c"), 0U);
    EXPECT_TRUE(reader.failed());
    EXPECT_EQ(reader.finish(0).error(), (ParseError{Code::Truncated, 3, "c"}));
}

TEST(AReader, KeepsTheFirstErrorAndReadsZerosAfterIt) {
    Reader reader{kFrame};
    std::ignore = reader.get<std::uint8_t>("a");
    reader.fail(Code::BadValue, "a");
    reader.fail(Code::BadChecksum, "later");
    EXPECT_EQ(reader.get<std::uint16_t>("b"), 0);
    EXPECT_EQ(reader.remaining(), 0U);
    EXPECT_EQ(reader.finish(0).error(), (ParseError{Code::BadValue, 0, "a"}));
}

TEST(AReader, BlamesTheFieldReadLast) {
    Reader reader{kFrame};
    std::ignore = reader.get<std::uint8_t>("a");
    std::ignore = reader.get<std::uint16_t>("b");
    reader.fail(Code::BadValue, "b");
    EXPECT_EQ(reader.finish(0).error(), (ParseError{Code::BadValue, 1, "b"}));
}

TEST(AReader, RefusesBytesLeftOver) {
    Reader reader{kFrame};
    std::ignore = reader.take(8, "all but one");
    EXPECT_EQ(reader.finish(0).error(), (ParseError{Code::Trailing, 8, "end of frame"}));
}

TEST(AReader, IsNotFooledByACountThatWouldWrap) {
    Reader reader{kFrame};
    std::ignore = reader.get<std::uint8_t>("a");
    EXPECT_TRUE(reader.take(std::numeric_limits<std::size_t>::max(), "huge").empty());
    EXPECT_EQ(reader.finish(0).error(), (ParseError{Code::Truncated, 1, "huge"}));
}

TEST(AWriter, MirrorsTheReader) {
    Writer writer;
    writer.put(std::uint8_t{0x01}).put(std::uint16_t{0x1234}).put(std::uint32_t{0x12345678});
    writer.putSigned(std::int16_t{-2});
    EXPECT_EQ(writer.bytes(), kFrame);
    writer.put(ByteView{kFrame}.first(2));
    EXPECT_EQ(std::move(writer).bytes().size(), kFrame.size() + 2);
}

} // namespace
} // namespace protocol
