// SPDX-License-Identifier: MIT
// The example values of tests/protocol/data/services-examples.jsonl, and a sink that makes JSON of values.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "../history/examples.hpp"
#include "protocol/characteristics.hpp"

namespace protocol::test {

using history::test::hex;
using nlohmann::json;

class JsonSink : public history::FieldSink {
public:
    void integer(std::string_view key, std::int64_t value) override { put(key, value); }
    void boolean(std::string_view key, bool value) override { put(key, value); }
    void text(std::string_view key, std::string_view value) override { put(key, value); }
    void enumeration(std::string_view key, unsigned value, std::string_view name) override {
        put(key, json{{"value", value}, {"name", name}});
    }
    void null(std::string_view key) override { put(key, nullptr); }
    void beginObject(std::string_view key) override { open_.push_back(&put(key, json::object())); }
    void endObject() override { open_.pop_back(); }
    void beginArray(std::string_view key) override { open_.push_back(&put(key, json::array())); }
    void endArray() override { open_.pop_back(); }

    [[nodiscard]] const json& result() const {
        EXPECT_EQ(open_.size(), 1U);
        return result_;
    }

private:
    json& put(std::string_view key, json value) {
        json& parent = *open_.back();
        if (parent.is_array()) {
            EXPECT_EQ(key, std::to_string(parent.size()));
            return parent.emplace_back(std::move(value));
        }
        EXPECT_FALSE(parent.contains(key)) << key << " twice";
        return parent[std::string(key)] = std::move(value);
    }

    json result_ = json::object();
    std::vector<json*> open_{&result_};
};

struct ServiceExample {
    std::string name;
    std::string service; ///< 128 bits
    std::string characteristic;
    Direction direction;
    Bytes bytes;
    json expect;
};

inline std::string fullUuid(unsigned shortUuid) {
    constexpr unsigned kFirstSig = 0x1000;
    std::string digits = toHex(
        Bytes{static_cast<std::uint8_t>(shortUuid >> 8U), static_cast<std::uint8_t>(shortUuid & 0xffU)});
    return "0000" + digits +
           (shortUuid < kFirstSig ? "-0000-1000-0000-009132591325" : "-0000-1000-8000-00805f9b34fb");
}

inline std::vector<ServiceExample> serviceExamples() {
    const std::map<std::string, unsigned> services{{"Insulin Delivery", 0x0100},
                                                   {"Continuous Glucose Monitoring", 0x181f},
                                                   {"Battery", 0x180f},
                                                   {"Device Information", 0x180a},
                                                   {"Current Time", 0x1805}};
    std::vector<ServiceExample> examples;
    for (const auto& line : history::test::readExamples("services-examples.jsonl")) {
        const auto characteristic = std::stoul(line.at("characteristic").get<std::string>(), nullptr, 16);
        examples.push_back({line.at("name").get<std::string>(),
                            fullUuid(services.at(line.at("service").get<std::string>())),
                            fullUuid(static_cast<unsigned>(characteristic)),
                            line.at("direction") == "write" ? Direction::ToPump : Direction::FromPump,
                            hex(line.at("hex").get<std::string>()), line.at("expect")});
    }
    return examples;
}

/// Of a value that has a describe() function.
template <typename Value>
json described(const Value& value) {
    JsonSink sink;
    describe(value, sink);
    return sink.result();
}

} // namespace protocol::test
