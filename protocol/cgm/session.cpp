// SPDX-License-Identifier: MIT
#include "protocol/cgm/session.hpp"

#include <chrono>

#include "protocol/codec/value_codec.hpp"

namespace protocol::cgm {

void layout(auto& c, Is<Status> auto& v) {
    c.field("time_offset_min", v.timeOffsetMinutes);
    c.bitField("status_bits", v.statusBits, 3);
}

void layout(auto& c, Is<SessionStartTime> auto& v) {
    c.field("session_start", v.start);
    c.nullable("time_zone_15min", v.timeZone, std::int8_t{-128});
    c.nullable("dst_offset_15min", v.dstOffset, std::uint8_t{255});
}

void layout(auto& c, Is<SessionRunTime> auto& v) {
    c.field("run_time_h", v.hours);
}

void layout(auto& c, Is<TimeOfNextCalibration> auto& v) {
    c.field("timestamp", v.timestamp);
    c.field("clock_id", v.clockId);
    c.field("time_offset", v.timeOffset);
}

std::optional<LocalSeconds> SessionStartTime::sampleTime(std::uint16_t timeOffsetMinutes) const {
    const auto local = start.local();
    if (!local) return std::nullopt;
    return *local + std::chrono::minutes{timeOffsetMinutes};
}

std::optional<LocalSeconds> SessionRunTime::expiry(const SessionStartTime& start) const {
    const auto local = start.start.local();
    if (!local) return std::nullopt;
    return *local + std::chrono::hours{hours};
}

Parsed<Status> parseStatus(ByteView bytes) {
    return parseProtected<Status>(bytes);
}
Bytes serialize(const Status& value) {
    return serializeProtected(value);
}
void describe(const Status& value, FieldSink& sink) {
    describeValue(value, sink);
}

Parsed<SessionStartTime> parseSessionStartTime(ByteView bytes) {
    return parseProtected<SessionStartTime>(bytes);
}
Bytes serialize(const SessionStartTime& value) {
    return serializeProtected(value);
}
void describe(const SessionStartTime& value, FieldSink& sink) {
    describeValue(value, sink);
}

Parsed<SessionRunTime> parseSessionRunTime(ByteView bytes) {
    return parseProtected<SessionRunTime>(bytes);
}
Bytes serialize(const SessionRunTime& value) {
    return serializeProtected(value);
}
void describe(const SessionRunTime& value, FieldSink& sink) {
    describeValue(value, sink);
}

Parsed<TimeOfNextCalibration> parseTimeOfNextCalibration(ByteView bytes) {
    return parseValue<TimeOfNextCalibration>(bytes);
}
Bytes serialize(const TimeOfNextCalibration& value) {
    return serializeValue(value);
}
void describe(const TimeOfNextCalibration& value, FieldSink& sink) {
    describeValue(value, sink);
}

} // namespace protocol::cgm
