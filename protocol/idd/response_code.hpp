// SPDX-License-Identifier: MIT
// How the control points of the Insulin Delivery service say that a request was done or refused. Facts:
// docs/protocol/services.md 7.1 and 8.
#pragma once

#include <cstdint>
#include <string_view>

namespace protocol::idd {

enum class ResponseCode : std::uint8_t {
    Success = 0x0f,
    OpCodeNotSupported = 0x70,
    InvalidOperand = 0x71,
    ProcedureNotCompleted = 0x72,
    ParameterOutOfRange = 0x73,
    ProcedureNotApplicable = 0x74,
    PlausibilityCheckFailed = 0x75, ///< command control point only
    MaximumBolusNumberReached = 0x76,
};
/// "op_code_not_supported"; "unknown" for unlisted values.
std::string_view name(ResponseCode value);

} // namespace protocol::idd
