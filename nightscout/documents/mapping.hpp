// SPDX-License-Identifier: MIT
// Pump records -> Nightscout documents. A pure function: the same records and settings give the same
// documents, in any process, in any order of arrival. Facts: docs/nightscout/mapping.md.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nightscout/documents/document.hpp"
#include "nightscout/documents/therapy_words.hpp"

namespace nightscout {

/// What automatic corrections are called (docs/nightscout/mapping.md 8.3).
enum class AutoCorrectionEventType : std::uint8_t { Smb, CorrectionBolus, ComboBolus };
/// How |rate| becomes an arrow (docs/nightscout/mapping.md 9.2).
enum class DirectionStyle : std::uint8_t { Rate, Arrows };
/// Nightscout's name of the arrow, "FortyFiveUp"; "NOT COMPUTABLE" where there is no trend.
std::string_view directionOf(const GlucoseTrend& trend, DirectionStyle style);

/// Units of the site, for texts (docs/nightscout/mapping.md 15).
enum class GlucoseUnits : std::uint8_t { MilligramsPerDecilitre, MillimolesPerLitre };
/// What a change of the reservoir is shown as (docs/nightscout/mapping.md 8.10). Primed: only when the
/// infusion set was filled, or stop reason 8 occurred.
enum class SiteChangeRule : std::uint8_t { WithReservoir, Primed, Off };

/// The classes of annunciations of docs/nightscout/mapping.md 15: A, W, G, S, M, R.
enum class FaultClass : std::uint8_t { Alarm, Warning, Glucose, Sensor, Message, Reminder };
/// Which annunciations become Announcements, which the site pushes to phones; the others become Notes.
struct AnnounceList {
    std::vector<FaultClass> classes{FaultClass::Alarm};
    std::vector<std::uint16_t> faults; ///< fault ids
};

/// What a user should know of a record whose document says less than it could.
enum class MappingWarningKind : std::uint8_t {
    DeliveryNotKnown,     ///< a square or dual bolus without a readable delivered record
    TemporaryRateRefused, ///< a relative temporary basal beyond a factor of 2
};
std::string_view text(MappingWarningKind kind);
struct MappingWarning {
    MappingWarningKind kind{};
    std::uint32_t sequenceNumber = 0;
    friend bool operator==(const MappingWarning&, const MappingWarning&) = default;
};

struct MappingSettings {
    std::string alias = "780G"; ///< in `device`; visible on the site
    FeatureSet features{Feature::Basal,    Feature::Bolus, Feature::PumpEvents,
                        Feature::Profiles, Feature::Cgm,   Feature::DeviceStatus};
    AutoCorrectionEventType autoCorrection = AutoCorrectionEventType::Smb;
    DirectionStyle directions = DirectionStyle::Rate;
    int lowSentinel = 40;   ///< mg/dL for "below 50", 40..49
    int highSentinel = 401; ///< mg/dL for "above 400", 400 or 401
    GlucoseUnits units = GlucoseUnits::MilligramsPerDecilitre;
    AnnounceList announce;
    bool manualBasal = true;   ///< off where the site's profile is the pump's pattern
    bool insulinChange = true; ///< an Insulin Change for each change of the reservoir
    SiteChangeRule siteChange = SiteChangeRule::WithReservoir;
    /// Sensor Start from the sensor's first code in the history; off where the start time is read from the
    /// sensor session itself (docs/nightscout/mapping.md 8.9).
    bool sensorStart = true;
    bool limitNotes = false; ///< Notes when the maximum bolus changes
    bool clockNotes = false; ///< Notes when the pump's clock is set or lost
    /// Active insulin in the device status; off where another program owns the site's IOB pill.
    bool insulinOnBoard = true;
    /// Of a pump that counts carbohydrates in exchanges; empty: they go into the notes, never as grams
    /// (docs/nightscout/mapping.md 8.1).
    std::optional<Amount> gramsPerExchange;
    bool tempTarget = false; ///< Temporary Target while the pump's is on (docs/nightscout/mapping.md 8.13)
};

/// Documents whose primary record is in [firstSequence, lastSequence] of the run, ascending by sequence
/// number. A document that needs context which is not there yet (a bolus in progress, the glucose before a
/// direction) is held back: it appears once the run has grown. A Temp Basal that still goes on has a
/// duration that reaches 20 to 30 minutes past the newest record of the run; it grows every ten minutes,
/// and runs out by itself when no more records come (docs/nightscout/mapping.md 8.6, "lease"). `serial`: the
/// pump's, as read from it; identities depend on it.
std::vector<Document> map(const HistoryRun& run, std::string_view serial, const MappingSettings& settings,
                          std::uint32_t firstSequence = 0, std::uint32_t lastSequence = 0xffffffff);

/// The same, with warnings, ascending by sequence number as well. `firstNew`: of the records, those before it
/// were mapped already; documents of theirs that nothing newer can change are left out.
struct MappedRecords {
    std::vector<Document> documents;
    std::vector<MappingWarning> warnings;
};
MappedRecords mapRecords(const HistoryRun& run, std::string_view serial, const MappingSettings& settings,
                         std::uint32_t firstSequence = 0, std::uint32_t lastSequence = 0xffffffff,
                         std::optional<std::uint32_t> firstNew = std::nullopt);

} // namespace nightscout
