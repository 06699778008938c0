// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "bridge/store/store.hpp"

namespace bridge::test {

inline constexpr std::chrono::sys_seconds kNow{std::chrono::seconds(1'773'477'000)};

/// A record of event type 0xF005 whose last byte can tell two of one number apart.
inline ReceivedRecord record(std::uint32_t number, std::uint8_t variant = 0) {
    const auto byte = [number](unsigned shift) { return static_cast<std::uint8_t>(number >> shift & 0xffU); };
    return {number, {0x05, 0xf0, byte(0), byte(8), byte(16), byte(24), 0x10, 0x00, 0x2d, variant}};
}

inline std::vector<ReceivedRecord> recordsFromTo(std::uint32_t first, std::uint32_t last,
                                                 std::uint8_t variant = 0) {
    std::vector<ReceivedRecord> records;
    for (std::uint32_t number = first; number <= last; ++number) records.push_back(record(number, variant));
    return records;
}

inline nightscout::Document document(nightscout::Collection collection, const std::string& identifier,
                                     int minute, const std::string& body = "{}") {
    nightscout::Document document;
    document.identifier = identifier;
    document.collection = collection;
    document.kind =
        collection == nightscout::Collection::Entries ? nightscout::Kind::Sgv : nightscout::Kind::Bolus;
    document.feature =
        collection == nightscout::Collection::Entries ? nightscout::Feature::Cgm : nightscout::Feature::Bolus;
    document.eventType = collection == nightscout::Collection::Entries ? "sgv" : "Meal Bolus";
    document.time = kNow + std::chrono::minutes(minute);
    document.sequenceNumber = static_cast<std::uint32_t>(1000 + minute);
    document.body = body;
    return document;
}

inline nightscout::Document entry(int minute, const std::string& body = "{}") {
    return document(nightscout::Collection::Entries, "sgv" + std::to_string(minute), minute, body);
}

inline nightscout::Document treatment(int minute, const std::string& body = "{}") {
    return document(nightscout::Collection::Treatments, "bolus" + std::to_string(minute), minute, body);
}

} // namespace bridge::test
