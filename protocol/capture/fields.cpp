// SPDX-License-Identifier: MIT
#include "capture/fields.hpp"

#include <nlohmann/json.hpp>
#include <utility>

namespace capture {

using Json = nlohmann::ordered_json;
using protocol::history::FieldSink;

class Fields::Recorder final : public FieldSink {
public:
    explicit Recorder(std::vector<Step>& steps) : steps_(steps) {}

    void integer(std::string_view key, std::int64_t value) override { add(Kind::Integer, key, value); }
    void boolean(std::string_view key, bool value) override { add(Kind::Boolean, key, value ? 1 : 0); }
    void text(std::string_view key, std::string_view value) override { add(Kind::Text, key, 0, value); }
    void enumeration(std::string_view key, unsigned value, std::string_view name) override {
        add(Kind::Enumeration, key, value, name);
    }
    void null(std::string_view key) override { add(Kind::Null, key); }
    void beginObject(std::string_view key) override { add(Kind::BeginObject, key); }
    void endObject() override { add(Kind::EndObject, {}); }
    void beginArray(std::string_view key) override { add(Kind::BeginArray, key); }
    void endArray() override { add(Kind::EndArray, {}); }

private:
    void add(Kind kind, std::string_view key, std::int64_t number = 0, std::string_view text = {}) {
        steps_.push_back({kind, std::string(key), number, std::string(text)});
    }

    std::vector<Step>& steps_;
};

Fields::Fields(const Describe& describe) {
    Recorder recorder(steps_);
    describe(recorder);
}

void Fields::describe(FieldSink& sink) const {
    for (const auto& [kind, key, number, text] : steps_) {
        switch (kind) {
            case Kind::Integer:
                sink.integer(key, number);
                break;
            case Kind::Boolean:
                sink.boolean(key, number != 0);
                break;
            case Kind::Text:
                sink.text(key, text);
                break;
            case Kind::Enumeration:
                sink.enumeration(key, static_cast<unsigned>(number), text);
                break;
            case Kind::Null:
                sink.null(key);
                break;
            case Kind::BeginObject:
                sink.beginObject(key);
                break;
            case Kind::EndObject:
                sink.endObject();
                break;
            case Kind::BeginArray:
                sink.beginArray(key);
                break;
            case Kind::EndArray:
                sink.endArray();
                break;
        }
    }
}

namespace {

/// Builds the `data` object.
class JsonSink final : public FieldSink {
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
class TextSink final : public FieldSink {
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
        bool ofObjects = false; ///< a list whose items show themselves
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

} // namespace

Json toJson(const Fields& fields) {
    JsonSink sink;
    fields.describe(sink);
    return sink.take();
}

std::string toText(const Fields& fields) {
    TextSink sink;
    fields.describe(sink);
    return sink.take();
}

} // namespace capture
