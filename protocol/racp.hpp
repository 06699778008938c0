// SPDX-License-Identifier: MIT
// Record Access Control Point: how the pump is asked for stored records. Two services have one, with the same
// messages in other codes: Insulin Delivery for history, by sequence number (docs/protocol/history.md 2), and
// Continuous Glucose Monitoring for measurements, by minutes since session start (docs/protocol/services.md
// 10.6). Carries neither SAKE nor E2E-CRC. Only requests that read can be made: Report, Report Number, Abort.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "protocol/codec/bytes.hpp"
#include "protocol/history/record.hpp"

namespace protocol {

/// Of the Insulin Delivery service.
struct HistoryRacpCodes {
    enum class OpCode : std::uint8_t {
        ResponseCode = 0x0f,
        ReportRecords = 0x33,
        Abort = 0x55,
        ReportNumber = 0x5a,
        NumberResponse = 0x66,
    };
    enum class Operator : std::uint8_t {
        Null = 0x0f,
        AllRecords = 0x33,
        LessOrEqual = 0x3c,
        GreaterOrEqual = 0x55,
        WithinRange = 0x5a,
        First = 0x66,
        Last = 0x69,
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
    /// A sequence number; also the number of records: its two-byte reading in older tools is wrong above
    /// 65535.
    using Number = std::uint32_t;
    static constexpr std::uint8_t kFilterType = 0x0f; ///< records of every kind, by sequence number
    /// The pump refuses a request without a filter type even where the specification's table has none
    /// (docs/protocol/history.md 2.2).
    static constexpr bool kFilterWithoutBounds = true;
    static std::string_view filterName(std::uint8_t filterType);
};

/// Of the Continuous Glucose Monitoring service.
struct GlucoseRacpCodes {
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
    using Number = std::uint16_t; ///< minutes since session start; also the number of records
    static constexpr std::uint8_t kFilterType = 1; ///< by time offset
    static constexpr bool kFilterWithoutBounds = false;
};

template <typename Codes>
struct Racp : Codes {
    using OpCode = typename Codes::OpCode;
    using Operator = typename Codes::Operator;
    using ResponseCode = typename Codes::ResponseCode;
    using Number = typename Codes::Number;

    struct ReportAll {};
    struct ReportFirst {};
    struct ReportLast {}; ///< of glucose the one request that was seen to work
    struct ReportFrom {   ///< included
        Number first = 0;
    };
    struct ReportRange { ///< both ends included; of history, 0xffffffff as `last` means "to the newest"
        Number first = 0;
        Number last = 0;
    };
    struct ReportNumber {}; ///< of all stored records
    struct Abort {};
    using Request =
        std::variant<ReportAll, ReportFirst, ReportLast, ReportFrom, ReportRange, ReportNumber, Abort>;
    static Bytes serialize(const Request& request);

    /// The pump's side of a request, for servers (the virtual pump) and for captures: any op code and
    /// operator decodes, so that a refusal can be precise.
    struct AnyRequest {
        OpCode opCode{};
        Operator op{};
        /// Of history: 0x0f every record, 0x33 reference times, 0x3c all but those.
        std::optional<std::uint8_t> filterType{};
        std::optional<Number> minimum{};
        std::optional<Number> maximum{};
        Bytes operand{}; ///< of an operator that is not listed
        friend bool operator==(const AnyRequest&, const AnyRequest&) = default;
    };
    static Parsed<AnyRequest> parseRequest(ByteView bytes);

    struct NumberOfRecords {
        Number count = 0;
        friend bool operator==(const NumberOfRecords&, const NumberOfRecords&) = default;
    };
    struct GeneralResponse {
        OpCode request{};
        ResponseCode code{};
        friend bool operator==(const GeneralResponse&, const GeneralResponse&) = default;
    };
    using Response = std::variant<NumberOfRecords, GeneralResponse>;
    static Parsed<Response> parseResponse(ByteView bytes);
    static Bytes serialize(const Response& response);

    // In the form of the published examples; "unknown" for unlisted values.
    static std::string_view name(OpCode value);
    static std::string_view name(Operator value);
    static std::string_view name(ResponseCode value); ///< "no_records_found"
    static void describe(const AnyRequest& request, history::FieldSink& sink);
    static void describe(const Response& response, history::FieldSink& sink);
};

extern template struct Racp<HistoryRacpCodes>;
extern template struct Racp<GlucoseRacpCodes>;
using HistoryRacp = Racp<HistoryRacpCodes>;
using GlucoseRacp = Racp<GlucoseRacpCodes>;

} // namespace protocol
