// SPDX-License-Identifier: MIT
#include "protocol/idd/command_data.hpp"

#include "protocol/codec/value_codec.hpp"

namespace protocol::idd {

void layout(auto& c, Is<SgLimitBlock> auto& v) {
    c.field("duration_min", v.durationMinutes);
    c.medfloat16("sg_limit_mg_dl", v.sgLimit);
}

void layout(auto& c, Is<HighLowSgSettings> auto& m) {
    c.field("flags", m.flags);
    c.field("settings_type", m.type);
    c.field("first_block_index", m.firstBlockIndex);
    const std::size_t second = (m.flags & HighLowSgSettings::SecondBlock) != 0 ? 1 : 0;
    const std::size_t third = (m.flags & HighLowSgSettings::ThirdBlock) != 0 ? 1 : 0;
    c.elements("blocks", 1 + second + third, m.blocks);
}

void layout(auto& c, Is<CommandGeneralResponse> auto& m) {
    c.field("request_op_code", m.request);
    c.field("response_code", m.code);
}

Parsed<CommandData> parseCommandData(ByteView bytes) {
    return parseValue<CommandData>(bytes);
}
Bytes serialize(const CommandData& data) {
    return serializeValue(data);
}
void describe(const CommandData& data, FieldSink& sink) {
    describeValue(data, sink);
}

Parsed<CommandResponse> parseCommandResponse(ByteView bytes) {
    return parseValue<CommandResponse>(bytes);
}
Bytes serialize(const CommandResponse& response) {
    return serializeValue(response);
}
void describe(const CommandResponse& response, FieldSink& sink) {
    describeValue(response, sink);
}

} // namespace protocol::idd
