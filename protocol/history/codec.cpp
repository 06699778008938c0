// SPDX-License-Identifier: MIT
// From an event type to its layout. The layouts are in *_layouts.hpp, by subject.
#include <algorithm>
#include <array>
#include <functional>
#include <tuple>
#include <variant>

#include "protocol/codec/field_describer.hpp"
#include "protocol/codec/field_reader.hpp"
#include "protocol/codec/field_writer.hpp"
#include "protocol/history/annunciation_aux.hpp"
#include "protocol/history/annunciation_layouts.hpp"
#include "protocol/history/basal_layouts.hpp"
#include "protocol/history/bolus_layouts.hpp"
#include "protocol/history/device_layouts.hpp"
#include "protocol/history/glucose_layouts.hpp"
#include "protocol/history/record.hpp"
#include "protocol/history/record_length.hpp"

namespace protocol::history {
namespace {

template <typename Event>
void readAs(FieldReader& in, EventData& data) {
    layout(in, data.emplace<Event>());
}

struct Entry {
    std::uint16_t type;
    std::string_view name;
    void (*read)(FieldReader& in, EventData& data);
};

constexpr auto kEvents = std::apply(
    [](auto... event) {
        return std::array{Entry{static_cast<std::uint16_t>(event.type), event.name,
                                &readAs<typename decltype(event)::Event>}...};
    },
    kKnownEvents);
static_assert(std::ranges::adjacent_find(kEvents, std::greater_equal{}, &Entry::type) == kEvents.end(),
              "sorted by type, each once");
const Entry* find(std::uint16_t type) {
    const auto found = std::ranges::lower_bound(kEvents, type, {}, &Entry::type);
    return found != kEvents.end() && found->type == type ? &*found : nullptr;
}

Header readHeader(Reader& in) {
    Header header;
    header.eventType = in.get<std::uint16_t>("event_type");
    header.sequenceNumber = in.get<std::uint32_t>("sequence_number");
    header.relativeOffset = in.get<std::uint16_t>("relative_offset_s");
    return header;
}

} // namespace

Parsed<Header> parseHeader(ByteView bytes) {
    Reader in(bytes.first(std::min(bytes.size(), kHeaderSize)));
    const Header header = readHeader(in);
    return in.finish(header);
}

Parsed<Record> decode(ByteView bytes) {
    Reader in(bytes);
    Record record{readHeader(in), {}};
    FieldReader fields(in);
    const Entry* event = find(record.header.eventType);
    (event != nullptr ? event->read : &readAs<UnknownEvent>)(fields, record.data);
    return in.finish(std::move(record));
}

Bytes encode(const Record& record) {
    Writer out;
    out.put(record.header.eventType).put(record.header.sequenceNumber).put(record.header.relativeOffset);
    FieldWriter fields(out);
    std::visit([&fields](const auto& event) { layout(fields, event); }, record.data);
    return std::move(out).bytes();
}

void describe(const EventData& data, FieldSink& sink) {
    FieldDescriber fields(sink);
    std::visit([&fields](const auto& event) { layout(fields, event); }, data);
}

std::optional<Fit> fit(ByteView bytes, MedFloat::Width width) {
    Reader in(bytes);
    const Header header = readHeader(in);
    if (bytes.size() < sizeof(header.eventType)) return Fit::Short;
    const Entry* event = find(header.eventType);
    if (event == nullptr) return std::nullopt;
    FieldReader fields(in, FieldReader::Values::Ignored, width);
    EventData data;
    event->read(fields, data);
    if (in.failed()) return Fit::Short;
    return in.remaining() == 0 ? Fit::Exact : Fit::Long;
}

std::optional<EventType> typeOf(const EventData& data) {
    if (data.index() == 0) return std::nullopt;
    return static_cast<EventType>(kEvents.at(data.index() - 1).type); // in the order of the variant
}

std::string_view eventName(std::uint16_t eventType) {
    const Entry* event = find(eventType);
    return event == nullptr ? std::string_view("unknown") : event->name;
}

std::optional<std::uint16_t> eventTypeByName(std::string_view name) {
    const auto found = std::ranges::find(kEvents, name, &Entry::name);
    if (found == kEvents.end()) return std::nullopt;
    return found->type;
}

bool isKnown(std::uint16_t eventType) {
    return find(eventType) != nullptr;
}

} // namespace protocol::history
