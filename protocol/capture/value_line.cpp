// SPDX-License-Identifier: MIT
#include "capture/value_line.hpp"

#include <utility>

#include "protocol/characteristic_value.hpp"

namespace capture {
namespace {

using protocol::ByteView;
using protocol::Direction;
using protocol::history::FieldSink;

Direction directionOf(bool fromServer) {
    return fromServer ? Direction::FromPump : Direction::ToPump;
}

bool hasLayout(const CapturePlace& place, bool fromServer) {
    return place.attribute && protocol::hasLayout(place.attribute->service, place.attribute->characteristic,
                                                  directionOf(fromServer));
}

/// Of a place that has a layout.
std::optional<protocol::ParseError> describe(const CapturePlace& place, bool fromServer, ByteView octets,
                                             FieldSink& sink) {
    return protocol::describeCharacteristic(place.attribute->service, place.attribute->characteristic,
                                            directionOf(fromServer), octets, sink);
}

/// In the form of a record's error.
void describeError(const protocol::ParseError& error, FieldSink& sink) {
    sink.beginObject("error");
    sink.text("code", protocol::toString(error.code));
    sink.integer("offset", static_cast<std::int64_t>(error.offset));
    sink.text("field", error.field);
    sink.endObject();
}

} // namespace

std::optional<protocol::ParseError> valueError(const CapturePlace& place, bool fromServer, ByteView octets) {
    std::optional<protocol::ParseError> error;
    if (hasLayout(place, fromServer))
        fieldsToText([&](FieldSink& sink) { error = describe(place, fromServer, octets, sink); });
    return error;
}

CaptureLine valueLine(const CaptureStamp& stamp, std::string what, const CapturePlace& place, bool fromServer,
                      ByteView octets) {
    CaptureLine line{stamp, CaptureKind::Value, std::move(what), place};
    const auto error = valueError(place, fromServer, octets);
    line.problem = error.has_value();
    if (!error && hasLayout(place, fromServer))
        line.value = [=](FieldSink& sink) { describe(place, fromServer, octets, sink); };
    line.fields = [=](FieldSink& sink) {
        if (error) describeError(*error, sink);
        sink.text("raw", protocol::toHex(octets));
    };
    return line;
}

} // namespace capture
