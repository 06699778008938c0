// SPDX-License-Identifier: MIT
#include "capture/value_line.hpp"

#include <utility>

#include "protocol/characteristic_value.hpp"

namespace capture {

using protocol::ByteView;
using protocol::history::FieldSink;

DescribedValue describeValue(const Place& place, bool fromServer, ByteView bytes) {
    DescribedValue value;
    if (!place.attribute) return value;
    const auto& [service, characteristic, descriptor] = *place.attribute;
    const auto direction = fromServer ? protocol::Direction::FromPump : protocol::Direction::ToPump;
    if (!protocol::hasLayout(service, characteristic, direction)) return value;
    Fields fields([&](FieldSink& sink) {
        value.error = protocol::describeCharacteristic(service, characteristic, direction, bytes, sink);
    });
    if (!value.error) value.fields = std::move(fields);
    return value;
}

Line valueLine(const Stamp& stamp, std::string what, const Place& place, DescribedValue value,
               ByteView bytes) {
    Line line{stamp, Line::Kind::Value, std::move(what), place};
    line.problem = value.error.has_value();
    line.value = std::move(value.fields);
    line.fields = Fields([&](FieldSink& sink) {
        if (value.error) { // in the form of a record's error
            sink.beginObject("error");
            sink.text("code", protocol::toString(value.error->code));
            sink.integer("offset", static_cast<std::int64_t>(value.error->offset));
            sink.text("field", value.error->field);
            sink.endObject();
        }
        sink.text("raw", protocol::toHex(bytes));
    });
    return line;
}

} // namespace capture
