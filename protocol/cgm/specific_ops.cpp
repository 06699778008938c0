// SPDX-License-Identifier: MIT
// Layouts between the op code and the E2E-CRC: docs/protocol/services.md 10.7.
#include "protocol/cgm/specific_ops.hpp"

#include "protocol/codec/value_codec.hpp"

namespace protocol::cgm::specific_ops {

void layout(auto& /*c*/, OneOf<GetSensorDetails, ReadCurrentSessionId> auto& /*m*/) {}

void layout(auto& c, OneOf<GetGlucoseCalibrationValue, GetCalibrationContext> auto& m) {
    c.field("record_number", m.recordNumber);
}

void layout(auto& c, Is<ReadSessionStartTime> auto& m) {
    c.field("session_id", m.sessionId);
}

void layout(auto& c, Is<GeneralResponse> auto& m) {
    c.field("request_op_code", m.request);
    c.field("response_code", m.code);
}

void layout(auto& c, Is<SensorDetails> auto& m) {
    using Message = SensorDetails;
    c.field("flags", m.flags);
    c.optional("annunciation", (m.flags & Message::Annunciation) != 0, m.annunciation);
    c.optional("max_calibration_interval", (m.flags & Message::MaxCalibrationInterval) != 0,
               m.maxCalibrationInterval);
    c.optional("max_sensor_life_min", (m.flags & Message::MaxSensorLife) != 0, m.maxSensorLifeMinutes);
    c.optional("flex_package_version", (m.flags & Message::FlexPackageVersion) != 0, m.flexPackageVersion);
    c.optional("warm_up_period", (m.flags & Message::WarmUpPeriod) != 0, m.warmUpPeriod);
}

void layout(auto& c, Is<GlucoseCalibrationValue> auto& m) {
    c.medfloat16("calibration_mg_dl", m.glucose);
    c.field("calibration_time_min", m.timeMinutes);
    c.nibbles("type", m.type, "sample_location", m.sampleLocation);
    c.field("next_calibration_time_min", m.nextTimeMinutes);
    c.field("record_number", m.recordNumber);
    c.field("status", m.status);
}

void layout(auto& c, Is<CalibrationContext> auto& m) {
    c.field("status", m.status);
    c.field("calibration_factor", m.calibrationFactor);
}

void layout(auto& c, Is<SessionId> auto& m) {
    c.toEnd("session_id", m.id, m.bytes);
    c.derived([&m](FieldSink& sink) { sink.integer("session_id_octets", m.bytes); });
}

void layout(auto& c, Is<SessionStart> auto& m) {
    c.field("session_id", m.sessionId);
    c.field("session_start", m.start);
    c.nullable("time_zone_15min", m.timeZone, std::int8_t{-128});
    c.nullable("dst_offset_15min", m.dstOffset, std::uint8_t{255});
}

std::string_view name(ResponseCode value) {
    switch (value) {
        case ResponseCode::Success:
            return "success";
        case ResponseCode::OpCodeNotSupported:
            return "op_code_not_supported";
        case ResponseCode::InvalidOperand:
            return "invalid_operand";
        case ResponseCode::ProcedureNotCompleted:
            return "procedure_not_completed";
        case ResponseCode::ParameterOutOfRange:
            return "parameter_out_of_range";
        case ResponseCode::NoSensor:
            return "vendor_0x80";
    }
    return "unknown";
}

Bytes serialize(const Request& request) {
    return serializeProtected(request);
}
Parsed<AnyRequest> parseRequest(ByteView bytes) {
    return parseProtected<AnyRequest>(bytes);
}
void describe(const AnyRequest& request, FieldSink& sink) {
    describeValue(request, sink);
}

Parsed<Response> parseResponse(ByteView bytes) {
    return parseProtected<Response>(bytes);
}
Bytes serialize(const Response& response) {
    return serializeProtected(response);
}
void describe(const Response& response, FieldSink& sink) {
    describeValue(response, sink);
}

} // namespace protocol::cgm::specific_ops
