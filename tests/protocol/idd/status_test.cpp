// SPDX-License-Identifier: MIT
#include "protocol/idd/status.hpp"

#include <gtest/gtest.h>

#include "service_examples.hpp"

namespace protocol::idd {
namespace {

using test::described;
using test::hex;
using test::json;
using Code = ParseError::Code;

TEST(IddStatus, HasNoReservoirAmountDuringARewind) {
    const auto status = parseStatus(hex("3366ffff7f00000300"));
    ASSERT_TRUE(status.has_value());
    EXPECT_EQ(status->reservoirRemaining.kind(), MedFloat::Kind::NaN);
    EXPECT_FALSE(status->reservoirAttached());
    EXPECT_EQ(status->operationalState, history::OperationalState::Waiting);
}

TEST(IddStatus, KeepsValuesThatAreNotListed) {
    const auto status = parseStatus(hex("1122e10500fffffff0"));
    ASSERT_TRUE(status.has_value());
    const json shown = described(*status);
    EXPECT_EQ(shown.at("therapy_control_state"), (json{{"value", 0x11}, {"name", "unknown"}}));
    EXPECT_EQ(shown.at("operational_state"), (json{{"value", 0x22}, {"name", "unknown"}}));
    EXPECT_EQ(shown.at("sensor_message"), (json{{"value", 0xf0}, {"name", "unknown"}}));
    EXPECT_EQ(toHex(serialize(*status)), "1122e10500fffffff0");
}

TEST(IddStatus, NamesEachSensorMessage) {
    for (std::uint8_t value = 0; value <= 0x0e; ++value) {
        EXPECT_NE(name(static_cast<SensorMessage>(value)), "unknown") << int{value};
    }
    EXPECT_EQ(name(SensorMessage::SgAboveUpperLimit), "sg_above_upper_limit");
    EXPECT_EQ(name(SensorMessage::NoPairedSensor), "no_paired_sensor");
    EXPECT_EQ(name(static_cast<SensorMessage>(0x0f)), "unknown");
}

TEST(IddStatus, RejectsANegativeReservoir) {
    EXPECT_EQ(parseStatus(hex("5596ffffffff010300")).error(),
              (ParseError{Code::BadValue, 2, "reservoir_iu"}));
}

TEST(IddStatus, BlamesTheFieldThatIsCut) {
    EXPECT_EQ(parseStatus(hex("55964a7b21")).error(), (ParseError{Code::Truncated, 2, "reservoir_iu"}));
    EXPECT_EQ(parseStatus(hex("55964a7b21fc0103")).error(),
              (ParseError{Code::Truncated, 8, "sensor_message"}));
}

TEST(IddAnnunciation, CountsItsAuxBytesByTheFlags) {
    const auto value = parseAnnunciation(hex("0733020cf30ff8136f2a"));
    ASSERT_TRUE(value.has_value());
    EXPECT_EQ(value->faultId(), 780);
    EXPECT_EQ(toHex(value->aux), "f8136f2a");
    EXPECT_EQ(parseAnnunciation(hex("0733020cf30ff8136f")).error(),
              (ParseError{Code::Truncated, 6, "aux_raw"}));
}

TEST(IddAnnunciation, IsUsuallyNone) {
    const auto none = parseAnnunciation(hex("00"));
    ASSERT_TRUE(none.has_value());
    EXPECT_FALSE(none->present());
    EXPECT_EQ(toHex(serialize(*none)), "00");
}

} // namespace
} // namespace protocol::idd
