// SPDX-License-Identifier: MIT
#include "protocol/idd/status_changed.hpp"

#include "protocol/codec/value_codec.hpp"
#include "protocol/idd/status_changed_layout.hpp"

namespace protocol::idd {
namespace {

constexpr std::uint64_t bit(Change change) {
    return std::uint64_t{1} << static_cast<unsigned>(change);
}

} // namespace

void layout(auto& c, Is<StatusChanged> auto& v) {
    c.extensible("flags", v.flags, kStatusChangedFlags);
    c.bits("bits", v.flags);
    c.derived([&v](FieldSink& sink) { sink.integer("blocks", v.blocks()); });
}

StatusChanged StatusChanged::of(std::initializer_list<Change> changes) {
    StatusChanged value;
    for (const Change change : changes) value.flags |= bit(change);
    if (value.blocks() > 2) value.flags |= bit(Change::Extended1);
    if (value.blocks() > 1) value.flags |= bit(Change::Extended);
    return value;
}

unsigned StatusChanged::blocks() const {
    if (flags >= bit(Change::Extended1)) return 3;
    return flags >= bit(Change::Extended) ? 2 : 1;
}

Parsed<StatusChanged> parseStatusChanged(ByteView bytes) {
    return parseValue<StatusChanged>(bytes);
}
Bytes serialize(const StatusChanged& value) {
    return serializeValue(value);
}
void describe(const StatusChanged& value, FieldSink& sink) {
    describeValue(value, sink);
}

} // namespace protocol::idd
