// SPDX-License-Identifier: MIT
#include "capture/value_line.hpp"

#include <utility>

#include "protocol/characteristics.hpp"

namespace capture {

using protocol::ByteView;
using protocol::history::FieldSink;

DescribedValue describeValue(const Place& place, bool fromServer, ByteView bytes) {
    if (!place.attribute) return std::optional<Fields>{};
    const auto& service = place.attribute->service; // Clang 14 takes no structured binding into a lambda
    const auto& characteristic = place.attribute->characteristic;
    const auto direction = fromServer ? protocol::Direction::FromPump : protocol::Direction::ToPump;
    if (!protocol::hasLayout(service, characteristic, direction)) return std::optional<Fields>{};
    std::optional<ParseError> error;
    Fields fields([&](FieldSink& sink) {
        error = protocol::describeCharacteristic(service, characteristic, direction, bytes, sink);
    });
    if (error) return *error;
    return std::optional(std::move(fields));
}

Line valueLine(const Stamp& stamp, std::string what, const Place& place, const DescribedValue& value,
               ByteView bytes) {
    Line line{stamp, Line::Kind::Value, std::move(what), place};
    line.problem = value.has_error();
    if (value.has_value()) line.value = *value;
    line.fields = Fields([&](FieldSink& sink) {
        if (value.has_error()) { // in the form of a record's error
            sink.beginObject("error");
            sink.text("code", protocol::toString(value.error().code));
            sink.integer("offset", static_cast<std::int64_t>(value.error().offset));
            sink.text("field", value.error().field);
            sink.endObject();
        }
        sink.text("raw", protocol::toHex(bytes));
    });
    return line;
}

} // namespace capture
