// SPDX-License-Identifier: MIT
// What the pump answers another app at the insulin command control point (vendor 0x0106 and 0x0107), for
// reading captures. There is no request here, by design. Facts: docs/protocol/services.md 8.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/codec/bytes.hpp"
#include "protocol/codec/med_float.hpp"
#include "protocol/codec/unknown_op_code.hpp"
#include "protocol/history/record.hpp"
#include "protocol/idd/response_code.hpp"

namespace protocol::idd {

enum class SettingsType : std::uint8_t { Low = 0, High = 1 };
std::string_view name(SettingsType value);

/// One block of the day; durations start at midnight and add up to 1440.
struct SgLimitBlock {
    std::uint16_t durationMinutes = 0;
    MedFloat sgLimit; ///< mg/dL, on a mmol/L pump too; 0: no alert in this block
    friend bool operator==(const SgLimitBlock&, const SgLimitBlock&) = default;
};

///   offset  type           field
///   2       u8             flags                bit 0 second block, bit 1 third block present
///   3       u8             type
///   4       u8             index of the first block
///   5       u16, SFLOAT    each block
struct HighLowSgSettings {
    static constexpr std::uint16_t kOpCode = 0x148f;
    enum Flag : std::uint8_t { SecondBlock = 1, ThirdBlock = 2 };
    std::uint8_t flags = 0;
    SettingsType type{};
    std::uint8_t firstBlockIndex = 0;
    std::vector<SgLimitBlock> blocks;
    friend bool operator==(const HighLowSgSettings&, const HighLowSgSettings&) = default;
};
using CommandData = std::variant<UnknownOpCode<std::uint16_t>, HighLowSgSettings>;
Parsed<CommandData> parseCommandData(ByteView bytes);
Bytes serialize(const CommandData& data);
void describe(const CommandData& data, history::FieldSink& sink);

struct CommandGeneralResponse {
    static constexpr std::uint16_t kOpCode = 0x0f55;
    std::uint16_t request = 0;
    ResponseCode code{};
    friend bool operator==(const CommandGeneralResponse&, const CommandGeneralResponse&) = default;
};
using CommandResponse = std::variant<UnknownOpCode<std::uint16_t>, CommandGeneralResponse>;
Parsed<CommandResponse> parseCommandResponse(ByteView bytes);
Bytes serialize(const CommandResponse& response);
void describe(const CommandResponse& response, history::FieldSink& sink);

} // namespace protocol::idd
