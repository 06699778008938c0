// SPDX-License-Identifier: MIT
// What is sent to Nightscout, and who it is. Facts: docs/nightscout/mapping.md 6, docs/nightscout/api.md 5
// to 10.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "nightscout/documents/therapy_words.hpp"

namespace nightscout {

using UtcMilliseconds = std::chrono::sys_time<std::chrono::milliseconds>;

/// What goes through the outbox: the profile does not (docs/nightscout/mapping.md 11). Stored as numbers.
enum class Collection : std::uint8_t { Entries = 0, Treatments = 1, DeviceStatus = 2 };
inline constexpr std::size_t kCollections = 3;
std::string_view name(Collection collection); ///< "entries"

/// The features a user can switch (docs/nightscout/mapping.md 12).
enum class Feature : std::uint8_t { Basal, Bolus, PumpEvents, Profiles, Cgm, CgmAlerts, DeviceStatus };
std::string_view name(Feature feature); ///< "PUMP_EVENTS"
std::optional<Feature> featureByName(std::string_view name);

class FeatureSet {
public:
    constexpr FeatureSet() = default;
    constexpr FeatureSet(std::initializer_list<Feature> features) {
        for (const Feature feature : features) insert(feature);
    }
    constexpr void insert(Feature feature) { bits_ |= bit(feature); }
    [[nodiscard]] constexpr bool contains(Feature feature) const { return (bits_ & bit(feature)) != 0; }
    friend constexpr bool operator==(FeatureSet, FeatureSet) = default;

private:
    static constexpr unsigned bit(Feature feature) { return 1U << static_cast<unsigned>(feature); }
    unsigned bits_ = 0;
};

/// The kinds of document that an identity is made of (docs/nightscout/mapping.md 6.1). Stored as numbers: new
/// ones go last.
enum class Kind : std::uint8_t {
    Sgv,
    Bolus,
    Carbs,
    AutoBasal,
    Basal,
    Suspend,
    Note,
    Bg,
    Alarm,
    Site,
    Insulin,
    Battery,
    Sensor,
    TempTarget,
    Gap,
    Status, ///< has no key on the server: this names it in the outbox only
};
std::string_view name(Kind kind); ///< "sgv", "autobasal", "tt"

/// UUIDv5 over serial, kind and key: the same on every machine, for ever. `key` is the lower-case hex of the
/// primary record's octets, or the text that section 8 gives for documents without a record.
std::string identifier(std::string_view serial, Kind kind, std::string_view key);

/// "2026-03-14T08:29:11.022Z"
std::string toIso(UtcMilliseconds time);

struct Document {
    std::string identifier;
    Collection collection{};
    Kind kind{};
    Feature feature{};
    std::string eventType;            ///< "sgv" for entries
    UtcMilliseconds time{};           ///< date of an entry, created_at of a treatment
    std::uint32_t sequenceNumber = 0; ///< of the primary record
    std::string body;                 ///< one JSON object
    /// A document that this one takes the place of, to be deleted once this one is there (Carb Correction ->
    /// Meal Bolus).
    std::optional<std::string> supersedes;

    friend bool operator==(const Document&, const Document&) = default;
};

/// `_id` of a document as the site stored it, when it has one.
std::optional<std::string> readServerId(const nlohmann::json& document);

} // namespace nightscout
