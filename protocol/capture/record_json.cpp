// SPDX-License-Identifier: MIT
#include "capture/record_json.hpp"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

namespace capture {
namespace {

namespace history = protocol::history;
using Json = nlohmann::ordered_json;

/// Builds the `data` object.
class JsonSink final : public history::FieldSink {
public:
    [[nodiscard]] Json take() { return std::move(open_.front().second); }

    void integer(std::string_view key, std::int64_t value) override { set(key, value); }
    void boolean(std::string_view key, bool value) override { set(key, value); }
    void text(std::string_view key, std::string_view value) override { set(key, std::string(value)); }
    void enumeration(std::string_view key, unsigned value, std::string_view name) override {
        set(key, Json{{"value", value}, {"name", std::string(name)}});
    }
    void null(std::string_view key) override { set(key, nullptr); }
    void beginObject(std::string_view key) override { open_.emplace_back(std::string(key), Json::object()); }
    void endObject() override {
        auto [key, object] = std::move(open_.back());
        open_.pop_back();
        set(key, std::move(object));
    }
    void beginArray(std::string_view key) override { open_.emplace_back(std::string(key), Json::array()); }

private:
    void set(std::string_view key, Json value) {
        Json& parent = open_.back().second;
        if (parent.is_array()) {
            parent.push_back(std::move(value));
        } else {
            parent[std::string(key)] = std::move(value);
        }
    }

    std::vector<std::pair<std::string, Json>> open_{{"", Json::object()}};
};

/// Appends " key=value" for each field that has a value: "bits=[1,11] blocks[0].duration_min=480".
class TextSink final : public history::FieldSink {
public:
    [[nodiscard]] std::string take() { return std::move(text_); }

    void integer(std::string_view key, std::int64_t value) override { add(key, std::to_string(value)); }
    void boolean(std::string_view key, bool value) override { add(key, value ? "yes" : "no"); }
    void text(std::string_view key, std::string_view value) override {
        if (!value.empty()) add(key, value);
    }
    void enumeration(std::string_view key, unsigned value, std::string_view name) override {
        add(key, name == "unknown" ? "unknown(" + std::to_string(value) + ")" : std::string(name));
    }
    void null(std::string_view) override {}
    void beginObject(std::string_view key) override {
        std::string path = step(key) + '.';
        if (inArray()) open_.back().ofObjects = true;
        open_.push_back({std::move(path)});
    }
    void endObject() override { open_.pop_back(); }
    void beginArray(std::string_view key) override { open_.push_back({step(key), true}); }
    void endArray() override {
        const Level list = std::move(open_.back());
        open_.pop_back();
        if (!list.ofObjects) add(list.path, "[" + list.items + "]");
    }

private:
    struct Level {
        std::string path; ///< with what separates it from the next
        bool list = false;
        std::string items{};    ///< of a list of plain values
        bool ofObjects = false; ///< a list whose items tell themselves
    };

    [[nodiscard]] bool inArray() const { return !open_.empty() && open_.back().list; }
    [[nodiscard]] std::string step(std::string_view key) const {
        return inArray() ? "[" + std::string(key) + "]" : std::string(key);
    }
    void add(std::string_view key, std::string_view value) {
        if (inArray()) {
            std::string& items = open_.back().items;
            if (!items.empty()) items += ',';
            items += value;
            return;
        }
        if (!text_.empty()) text_ += ' ';
        for (const Level& level : open_) text_ += level.path;
        text_ += key;
        text_ += '=';
        text_ += value;
    }

    std::vector<Level> open_;
    std::string text_;
};

std::string toRfc3339(std::chrono::sys_seconds time) {
    return protocol::toString(protocol::LocalSeconds(time.time_since_epoch())) + "Z";
}

void addHeader(Json& object, const history::Header& header) {
    object["event_type"] = header.eventType;
    object["event_name"] = std::string(history::eventName(header.eventType));
    object["sequence_number"] = header.sequenceNumber;
    object["relative_offset_s"] = header.relativeOffset;
}

std::string padded(std::string text, std::size_t width) {
    if (text.size() < width) text.resize(width, ' ');
    return text;
}

} // namespace

nlohmann::ordered_json fieldsToJson(const Describe& describe) {
    JsonSink sink;
    describe(sink);
    return sink.take();
}

std::string fieldsToText(const Describe& describe) {
    TextSink sink;
    describe(sink);
    return sink.take();
}

nlohmann::ordered_json toJson(const RecordView& view) {
    Json object = Json::object();
    if (const auto header = history::parseHeader(view.raw)) addHeader(object, *header);
    const auto record = history::decode(view.raw);
    if (record) {
        object["data"] =
            fieldsToJson([&](history::FieldSink& sink) { history::describe(record->data, sink); });
    } else {
        const protocol::ParseError& error = record.error();
        object["error"] = {{"code", std::string(protocol::toString(error.code))},
                           {"offset", error.offset},
                           {"field", std::string(error.field)}};
    }
    object["local_time"] = view.localTime ? Json(protocol::toString(*view.localTime)) : Json(nullptr);
    object["time"] = view.time ? Json(toRfc3339(*view.time)) : Json(nullptr);
    object["raw"] = protocol::toHex(view.raw);
    return object;
}

std::string toJsonLine(const RecordView& view) {
    return toJson(view).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string toDetails(protocol::ByteView raw) {
    const auto record = history::decode(raw);
    if (!record) return protocol::toString(record.error());
    return fieldsToText([&](history::FieldSink& sink) { history::describe(record->data, sink); });
}

std::string toTextLine(const RecordView& view) {
    const auto header = history::parseHeader(view.raw);
    if (!header) return "not a record: " + protocol::toHex(view.raw) + "  " + toDetails(view.raw);
    std::string time(19, '-');
    if (view.localTime) {
        time = protocol::toString(*view.localTime);
        time[10] = ' ';
    }
    std::string line = padded(std::to_string(header->sequenceNumber), 10) + "  " + time + "  " +
                       padded(std::string(history::eventName(header->eventType)), 28);
    if (history::decode(view.raw)) {
        line += "  " + toDetails(view.raw);
    } else {
        line += "  cannot be decoded: " + toDetails(view.raw) + "  raw=" + protocol::toHex(view.raw);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
}

} // namespace capture
