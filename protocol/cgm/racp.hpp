// SPDX-License-Identifier: MIT
// Record Access Control Point of the Continuous Glucose Monitoring service: how measurements are asked for.
// Facts: docs/protocol/services.md 10.6. Its numbers are not those of the Insulin Delivery service
// (history/racp.hpp). Neither SAKE nor E2E-CRC. Only requests that read can be made.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "protocol/codec/bytes.hpp"
#include "protocol/history/record.hpp"

namespace protocol::cgm::racp {

struct ReportAll {};
struct ReportFirst {};
struct ReportLast {}; ///< the one request that was seen to work; the others are the specification's
/// By time offset, minutes since session start; the ends are included.
struct ReportFrom {
    std::uint16_t first = 0;
};
struct ReportRange {
    std::uint16_t first = 0;
    std::uint16_t last = 0;
};
struct ReportNumber {}; ///< of all stored records
struct Abort {};
using Request =
    std::variant<ReportAll, ReportFirst, ReportLast, ReportFrom, ReportRange, ReportNumber, Abort>;
Bytes serialize(const Request& request);

enum class OpCode : std::uint8_t {
    ReportRecords = 1,
    Abort = 3,
    ReportNumber = 4,
    NumberResponse = 5,
    ResponseCode = 6
};
enum class Operator : std::uint8_t {
    Null = 0,
    AllRecords = 1,
    LessOrEqual = 2,
    GreaterOrEqual = 3,
    WithinRange = 4,
    First = 5,
    Last = 6
};
enum class ResponseCode : std::uint8_t {
    Success = 1,
    OpCodeNotSupported = 2,
    InvalidOperator = 3,
    OperatorNotSupported = 4,
    InvalidOperand = 5,
    NoRecordsFound = 6, ///< also without a session
    AbortUnsuccessful = 7,
    ProcedureNotCompleted = 8,
    OperandNotSupported = 9
};
// The names of the published examples; "unknown" for unlisted values.
std::string_view name(OpCode value);
std::string_view name(Operator value);
std::string_view name(ResponseCode value);

/// The pump's side of a request, and what a capture may hold.
struct AnyRequest {
    OpCode opCode{};
    Operator op{};
    std::optional<std::uint8_t> filterType{}; ///< 1 time offset; only with an operator that has bounds
    std::optional<std::uint16_t> minimum{};   ///< min since session start
    std::optional<std::uint16_t> maximum{};
    Bytes operand{}; ///< of an operator that is not listed
    friend bool operator==(const AnyRequest&, const AnyRequest&) = default;
};
Parsed<AnyRequest> parseRequest(ByteView bytes);
void describe(const AnyRequest& request, history::FieldSink& sink);

struct NumberOfRecords {
    std::uint16_t count = 0; ///< 16 bits here
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
void describe(const Response& response, history::FieldSink& sink);

} // namespace protocol::cgm::racp
