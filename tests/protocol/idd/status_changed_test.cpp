// SPDX-License-Identifier: MIT
#include "protocol/idd/status_changed.hpp"

#include <gtest/gtest.h>

#include "protocol/idd/status_reader.hpp"
#include "service_examples.hpp"

namespace protocol::idd {
namespace {

using test::hex;
using Code = ParseError::Code;

StatusChanged changed(std::string_view text) {
    const auto parsed = parseStatusChanged(hex(text));
    EXPECT_TRUE(parsed.has_value()) << text;
    return parsed.has_value() ? *parsed : StatusChanged{};
}

std::string resetOf(StatusChanged changes) {
    return toHex(serialize(status_reader::Request{status_reader::ResetStatus{changes}}));
}

TEST(StatusChanged, TakesAsManyBlocksAsItsMarksSay) {
    EXPECT_EQ(changed("8000").blocks(), 1U);
    EXPECT_EQ(changed("00810200").blocks(), 2U);
    EXPECT_EQ(changed("808004800100").blocks(), 3U);
    EXPECT_EQ(changed("00800000").blocks(), 2U);
    EXPECT_EQ(changed("008000800000").blocks(), 3U);
}

TEST(StatusChanged, RejectsAnotherLengthThanItsMarksSay) {
    EXPECT_EQ(parseStatusChanged(hex("80")).error(), (ParseError{Code::Truncated, 0, "flags"}));
    EXPECT_EQ(parseStatusChanged(hex("0081")).error(), (ParseError{Code::Truncated, 2, "flags"}));
    EXPECT_EQ(parseStatusChanged(hex("00810200ff")).error(), (ParseError{Code::Trailing, 4, "end of frame"}));
    EXPECT_EQ(parseStatusChanged(hex("80000000")).error(), (ParseError{Code::Trailing, 2, "end of frame"}));
    EXPECT_EQ(parseStatusChanged(hex("80800480")).error(), (ParseError{Code::Truncated, 4, "flags"}));
    EXPECT_EQ(parseStatusChanged(hex("8080048001000000")).error(),
              (ParseError{Code::Trailing, 6, "end of frame"}));
}

TEST(StatusChanged, TellsWhatChanged) {
    const StatusChanged value = changed("00810200");
    EXPECT_TRUE(value.has(Change::TimeInRange));
    EXPECT_TRUE(value.has(Change::InsulinOnBoard));
    EXPECT_FALSE(value.has(Change::HistoryEvent));
    EXPECT_FALSE(value.has(Change::NewCgmMeasurement));
}

TEST(StatusChanged, MapsEachBitToItsChangeAndBack) {
    for (unsigned bit = 0; bit < 48; ++bit) {
        const auto change = static_cast<Change>(bit);
        const StatusChanged value = StatusChanged::of({change});
        const auto again = parseStatusChanged(serialize(value));
        ASSERT_TRUE(again.has_value()) << bit;
        EXPECT_EQ(*again, value) << bit;
        EXPECT_TRUE(again->has(change)) << bit;
        const unsigned blocks = bit < 15 ? 1 : bit < 31 ? 2 : 3;
        EXPECT_EQ(serialize(value).size(), 2 * blocks) << bit;
        EXPECT_EQ(value.blocks(), blocks) << bit;
    }
}

TEST(StatusChanged, JoinsIndications) {
    EXPECT_EQ(changed("8000") | changed("00810200"), changed("80810200"));
}

TEST(ResetStatus, RepeatsTheFlagsReceived) {
    EXPECT_EQ(resetOf(changed("00800200")), "0c0300800200");
    EXPECT_EQ(resetOf(changed("ef80ff0f")), "0c03ef80ff0f");
    EXPECT_EQ(resetOf(changed("8000")), "0c038000");
    EXPECT_EQ(resetOf(changed("808004800100")), "0c03808004800100");
}

TEST(ResetStatus, AddsTheMarksThatItsBlocksNeed) {
    EXPECT_EQ(resetOf(StatusChanged::of({Change::HistoryEvent})), "0c038000");
    EXPECT_EQ(resetOf(StatusChanged::of({Change::InsulinOnBoard})), "0c0300800200");
    EXPECT_EQ(resetOf(StatusChanged{std::uint64_t{1} << 32U}), "0c03008000800100");
}

} // namespace
} // namespace protocol::idd
