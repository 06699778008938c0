// SPDX-License-Identifier: MIT
// CGM Specific Ops Control Point (0x2AAC): the sensor and its calibrations by question and answer. Facts:
// docs/protocol/services.md 10.7. A message is a u8 op code, its operand, and an E2E-CRC in both directions.
// Only what reads can be asked.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "protocol/codec/bytes.hpp"
#include "protocol/codec/date_time.hpp"
#include "protocol/codec/med_float.hpp"
#include "protocol/codec/unknown_op_code.hpp"
#include "protocol/history/record.hpp"

namespace protocol::cgm::specific_ops {

using OpCode = std::uint8_t;

inline constexpr std::uint16_t kLastRecord = 0xffff;

enum class ResponseCode : std::uint8_t {
    Success = 1,
    OpCodeNotSupported = 2,
    InvalidOperand = 3,
    ProcedureNotCompleted = 4,
    ParameterOutOfRange = 5,
    NoSensor = 0x80, ///< the vendor's; not the ATT error of the same number
};
std::string_view name(ResponseCode value); ///< "op_code_not_supported"; "unknown" for unlisted values

// --- requests ---

struct GetSensorDetails {
    static constexpr OpCode kOpCode = 0x90;
    friend bool operator==(const GetSensorDetails&, const GetSensorDetails&) = default;
};
struct GetGlucoseCalibrationValue {
    static constexpr OpCode kOpCode = 0x05;
    std::uint16_t recordNumber = kLastRecord;
    friend bool operator==(const GetGlucoseCalibrationValue&, const GetGlucoseCalibrationValue&) = default;
};
struct GetCalibrationContext {
    static constexpr OpCode kOpCode = 0x81;
    std::uint16_t recordNumber = kLastRecord;
    friend bool operator==(const GetCalibrationContext&, const GetCalibrationContext&) = default;
};
/// Refused by a 780G.
struct ReadCurrentSessionId {
    static constexpr OpCode kOpCode = 0x8c;
    friend bool operator==(const ReadCurrentSessionId&, const ReadCurrentSessionId&) = default;
};
/// A 780G answers with an ATT error.
struct ReadSessionStartTime {
    static constexpr OpCode kOpCode = 0x83;
    std::uint16_t sessionId = 0;
    friend bool operator==(const ReadSessionStartTime&, const ReadSessionStartTime&) = default;
};
using Request = std::variant<GetSensorDetails, GetGlucoseCalibrationValue, GetCalibrationContext,
                             ReadCurrentSessionId, ReadSessionStartTime>;
Bytes serialize(const Request& request);

/// The pump's side of a request, and what a capture may hold: other op codes too, so never to be written.
using AnyRequest = std::variant<UnknownOpCode<OpCode>, GetSensorDetails, GetGlucoseCalibrationValue,
                                GetCalibrationContext, ReadCurrentSessionId, ReadSessionStartTime>;
Parsed<AnyRequest> parseRequest(ByteView bytes);
void describe(const AnyRequest& request, history::FieldSink& sink);

// --- responses ---

/// May answer any request.
struct GeneralResponse {
    static constexpr OpCode kOpCode = 0x1c;
    OpCode request = 0;
    ResponseCode code{};
    friend bool operator==(const GeneralResponse&, const GeneralResponse&) = default;
};
struct SensorDetails {
    static constexpr OpCode kOpCode = 0x91;
    enum Flag : std::uint8_t {
        Annunciation = 1,
        MaxCalibrationInterval = 2,
        MaxSensorLife = 4,
        FlexPackageVersion = 8,
        WarmUpPeriod = 16
    };
    enum AnnunciationBit : std::uint16_t {
        ApprovedForTreatment = 1,
        Disposable = 2,
        CalibrationFree = 4,
        HasCalibrationRecommended = 8,
        HasAbnormalSgIncreaseDetection = 16,
        CalibrationTransferSupported = 32
    };
    std::uint8_t flags = 0;
    std::optional<std::uint16_t> annunciation;
    std::optional<std::uint16_t> maxCalibrationInterval; ///< unit unconfirmed; 0xffff none
    std::optional<std::uint16_t> maxSensorLifeMinutes;
    std::optional<std::uint16_t> flexPackageVersion;
    std::optional<std::uint8_t> warmUpPeriod; ///< unit unconfirmed
    friend bool operator==(const SensorDetails&, const SensorDetails&) = default;
};
struct GlucoseCalibrationValue {
    static constexpr OpCode kOpCode = 0x06;
    enum Status : std::uint8_t { Rejected = 1, OutOfRange = 2, Pending = 4 };
    MedFloat glucose;                       ///< mg/dL
    std::uint16_t timeMinutes = 0;          ///< since session start
    std::uint8_t type = 0;                  ///< 4 bits; 1 capillary whole blood
    std::uint8_t sampleLocation = 0;        ///< 4 bits; 1 finger
    std::uint16_t nextTimeMinutes = 0xffff; ///< since session start; 0xffff unknown
    std::uint16_t recordNumber = 0xffff;    ///< 0xffff unknown
    std::uint8_t status = 0;
    friend bool operator==(const GlucoseCalibrationValue&, const GlucoseCalibrationValue&) = default;
};
struct CalibrationContext {
    static constexpr OpCode kOpCode = 0x82;
    enum Status : std::uint8_t { ChangeSensor = 1, NoFurtherCalibrations = 2 };
    std::uint8_t status = 0;
    std::uint16_t calibrationFactor = 0;
    friend bool operator==(const CalibrationContext&, const CalibrationContext&) = default;
};
/// One byte long where it was seen, on a sensor of its own; two in the requests.
struct SessionId {
    static constexpr OpCode kOpCode = 0x8d;
    std::uint32_t id = 0;
    std::uint8_t bytes = 1; ///< on the wire, 1..4
    friend bool operator==(const SessionId&, const SessionId&) = default;
};
struct SessionStart {
    static constexpr OpCode kOpCode = 0x84;
    std::uint16_t sessionId = 0;
    DateTime start;
    std::int8_t timeZone = -128;  ///< 15 min; -128 unknown
    std::uint8_t dstOffset = 255; ///< 15 min; 255 unknown
    friend bool operator==(const SessionStart&, const SessionStart&) = default;
};
using Response = std::variant<UnknownOpCode<OpCode>, GeneralResponse, SensorDetails, GlucoseCalibrationValue,
                              CalibrationContext, SessionId, SessionStart>;
Parsed<Response> parseResponse(ByteView bytes);
Bytes serialize(const Response& response);
void describe(const Response& response, history::FieldSink& sink);

} // namespace protocol::cgm::specific_ops
