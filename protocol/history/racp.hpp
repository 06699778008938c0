// SPDX-License-Identifier: MIT
// Record Access Control Point of the Insulin Delivery service: how history is asked for. Facts:
// docs/protocol/history.md 2. Only requests that read can be made: Report, Report Number, Abort. Carries
// neither SAKE nor E2E-CRC.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "protocol/codec/bytes.hpp"

namespace protocol::history::racp {

/// All requests consider records of every kind, by sequence number (filter type 0x0f).
struct ReportAll {};
struct ReportFirst {};
struct ReportLast {};
struct ReportRange { ///< both ends included; 0xffffffff as `last` means "to the newest"
    std::uint32_t first = 0;
    std::uint32_t last = 0;
};
struct ReportNumber {}; ///< of all stored records
struct Abort {};
using Request = std::variant<ReportAll, ReportFirst, ReportLast, ReportRange, ReportNumber, Abort>;
Bytes serialize(const Request& request);

enum class OpCode : std::uint8_t {
    ResponseCode = 0x0f,
    ReportRecords = 0x33,
    Abort = 0x55,
    ReportNumber = 0x5a,
    NumberResponse = 0x66,
};
enum class ResponseCode : std::uint8_t {
    OpCodeNotSupported = 0x02,
    InvalidOperator = 0x03,
    OperatorNotSupported = 0x04,
    InvalidOperand = 0x05,
    NoRecordsFound = 0x06,
    AbortUnsuccessful = 0x07,
    ProcedureNotCompleted = 0x08,
    OperandNotSupported = 0x09,
    ProcedureNotApplicable = 0x0a,
    Success = 0xf0,
};
std::string_view name(ResponseCode code); ///< "no records found"; "unknown" for unlisted values

struct NumberOfRecords {
    std::uint32_t count = 0; ///< 32 bits; the two-octet reading of older tools is wrong above 65535
    friend bool operator==(const NumberOfRecords&, const NumberOfRecords&) = default;
};
struct GeneralResponse {
    OpCode request{};
    ResponseCode code{};
    friend bool operator==(const GeneralResponse&, const GeneralResponse&) = default;
};
using Response = std::variant<NumberOfRecords, GeneralResponse>;
Parsed<Response> parseResponse(ByteView bytes);
Bytes serialize(const Response& response);

/// The pump's side of a request, for servers of history (the virtual pump) and for the capture decoder: any
/// op code and operator that the specification lists decodes, so that a refusal can be precise.
struct AnyRequest {
    enum class Operator : std::uint8_t {
        Null = 0x0f,
        AllRecords = 0x33,
        LessOrEqual = 0x3c,
        GreaterOrEqual = 0x55,
        WithinRange = 0x5a,
        First = 0x66,
        Last = 0x69,
    };
    std::uint8_t opCode = 0;
    std::uint8_t op = 0;                    ///< an Operator, or an unlisted value
    std::optional<std::uint8_t> filterType; ///< 0x0f every record, 0x33 reference times, 0x3c all but those
    std::uint32_t minimum = 0;
    std::uint32_t maximum = 0xffffffff;
    friend bool operator==(const AnyRequest&, const AnyRequest&) = default;
};
Parsed<AnyRequest> parseRequest(ByteView bytes);

} // namespace protocol::history::racp
