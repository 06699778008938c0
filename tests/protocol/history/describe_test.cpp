// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>

#include "examples.hpp"
#include "protocol/history/record.hpp"

namespace protocol::history::test {
namespace {

using nlohmann::json;

/// The fields as the JSON of the examples, and the order in which they came.
class JsonSink : public FieldSink {
public:
    void integer(std::string_view key, std::int64_t value) override { put(key, value); }
    void boolean(std::string_view key, bool value) override { put(key, value); }
    void text(std::string_view key, std::string_view value) override { put(key, value); }
    void enumeration(std::string_view key, unsigned value, std::string_view name) override {
        put(key, json{{"value", value}, {"name", name}});
    }
    void null(std::string_view key) override { put(key, nullptr); }
    void beginObject(std::string_view key) override {
        put(key, json::object());
        open_.push_back(&(*open_.back())[std::string(key)]);
    }
    void endObject() override { open_.pop_back(); }

    [[nodiscard]] const json& result() const { return result_; }
    [[nodiscard]] bool balanced() const { return open_.size() == 1; }
    [[nodiscard]] const std::vector<std::string>& keys() const { return keys_; }

private:
    template <typename Value>
    void put(std::string_view key, const Value& value) {
        keys_.emplace_back(key);
        json& object = *open_.back();
        EXPECT_FALSE(object.contains(key)) << key << " twice";
        object[std::string(key)] = value;
    }

    json result_ = json::object();
    std::vector<json*> open_{&result_};
    std::vector<std::string> keys_;
};

json described(const Record& record) {
    JsonSink sink;
    describe(record.data, sink);
    EXPECT_TRUE(sink.balanced());
    return sink.result();
}

json described(std::string_view text) {
    const auto record = decode(hex(text));
    EXPECT_TRUE(record.has_value()) << text;
    return record.has_value() ? described(*record) : json{};
}

TEST(HistoryDescription, IsThatOfEachExample) {
    for (const Example& example : recordExamples()) {
        const auto record = decode(example.bytes);
        ASSERT_TRUE(record.has_value()) << example.name;
        EXPECT_EQ(described(*record), example.expect.at("data")) << example.name;
    }
}

TEST(HistoryDescription, NamesTheFieldsInWireOrder) {
    JsonSink sink;
    describe(decode(hex("04f0da86010000001f520300fd0a330f0000ff"))->data, sink);
    EXPECT_EQ(sink.keys(),
              (std::vector<std::string>{"flags", "sensor_enabled", "auto_mode_active", "basal_rate_iu_h",
                                        "stopped_reason", "tbr_type", "tbr_adjustment"}));
}

TEST(HistoryDescription, ShowsAnUnlistedValueWithItsNumber) {
    EXPECT_EQ(described("02f0e3860100e80377"),
              (json{{"transition", {{"value", 0x77}, {"name", "unknown"}}}}));
}

// --- annunciations ---

constexpr std::string_view kHeader = "10f0058701007008";

/// flags, type and aux as hexadecimal bytes.
json annunciation(std::string_view flags, std::string_view type, std::string_view aux) {
    return described(std::string(kHeader) + std::string(flags) + "3302" + std::string(type) + "0f90ec4731" +
                     std::string(aux));
}

TEST(AnnunciationDescription, ReadsTheAuxBytesByFault) {
    const auto aux = [](std::string_view flags, std::string_view type, std::string_view bytes) {
        return annunciation(flags, type, bytes).at("aux");
    };
    EXPECT_EQ(aux("0f", "48f0", "1e000000"), (json{{"units_delivered_iu", "30"}}));
    EXPECT_EQ(aux("07", "2ff3", "1e15"),
              (json{{"contextual_time_minutes", 30}, {"contextual_time_hours", 21}}));
    EXPECT_EQ(aux("07", "4cf3", "1e15"),
              (json{{"sg_expiration_time_minutes", 30}, {"sg_expiration_time_hours", 21}}));
}

TEST(AnnunciationDescription, KeepsAuxBytesRawWhenTheirSizeIsNotTheLayouts) {
    const json more = annunciation("0f", "07f0", "01020304");
    EXPECT_EQ(more.at("aux"), json::object());
    EXPECT_EQ(more.at("aux_raw"), "01020304");
    EXPECT_EQ(more.at("fault_name"), "no_delivery");
    const json none = annunciation("03", "07f0", "");
    EXPECT_EQ(none.at("aux"), json::object());
    EXPECT_EQ(none.at("aux_raw"), "");
}

TEST(AnnunciationDescription, KeepsSpecialFloatsInAux) {
    EXPECT_EQ(annunciation("07", "22f3", "ff07").at("aux"), (json{{"sg_mg_dl", "NaN"}}));
}

TEST(AnnunciationDescription, DoesNotMistakeASigTypeForAFault) {
    const json sig = annunciation("07", "0c03", "0102"); // bolus canceled; 0xf30c is a lost sensor
    EXPECT_EQ(sig.at("annunciation_type"), 0x030c);
    EXPECT_EQ(sig.at("fault_id"), nullptr);
    EXPECT_EQ(sig.at("fault_name"), nullptr);
    EXPECT_EQ(sig.at("aux"), json::object());
    EXPECT_EQ(sig.at("aux_raw"), "0102");
}

TEST(AnnunciationDescription, HasNoTimeStampWithoutItsFlags) {
    for (const auto* flags : {"00", "01", "02"}) {
        const json none = described(std::string(kHeader) + flags + "33020cf30f");
        EXPECT_EQ(none.at("timestamp"), nullptr) << flags;
        EXPECT_EQ(none.at("flags"), flags[1] - '0');
    }
}

TEST(FaultName, IsEmptyForUnnamedFaults) {
    EXPECT_EQ(faultName(780), "lost_sensor_signal_alert");
    EXPECT_EQ(faultName(844), "early_calibration");
    EXPECT_EQ(faultName(831), "");
    EXPECT_EQ(faultName(0), "");
}

} // namespace
} // namespace protocol::history::test
