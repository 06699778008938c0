// SPDX-License-Identifier: MIT
// Pump records -> Nightscout documents. A pure function: the same records and settings give the same
// documents, in any process, in any order of arrival. Facts: nightscout-mapping.md.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "nightscout/document.hpp"
#include "protocol/history/record.hpp"

namespace nightscout {

/// A record with its instants. Records that could not be decoded or dated take part too: they occupy their
/// place in the sequence.
struct TimedRecord {
    std::uint32_t sequenceNumber = 0;
    protocol::Bytes raw;
    std::optional<protocol::history::Record> record; ///< empty: could not be decoded
    std::optional<UtcSeconds> time;                  ///< of logging; empty: not dated yet
    std::optional<UtcSeconds> sampleTime; ///< of the measurement, for SG, BG and calibration records
};

/// A run of records of one pump without missing sequence numbers, ascending.
struct Stretch {
    std::vector<TimedRecord> records;
    /// Nothing older will ever come (the pump holds nothing before it): a missing partner is missing for
    /// good.
    bool fromBeginning = false;
};

/// What automatic corrections are called (nightscout-mapping.md 8.3).
enum class AutoCorrectionEventType : std::uint8_t { Smb, CorrectionBolus, ComboBolus };
/// How |rate| becomes an arrow (nightscout-mapping.md 9.2).
enum class DirectionStyle : std::uint8_t { Rate, Arrows };

struct MappingSettings {
    std::string serial;         ///< pump serial number as read from it; identities depend on it
    std::string alias = "780G"; ///< in `device`; visible on the site
    FeatureSet features{Feature::Basal,    Feature::Bolus, Feature::PumpEvents,
                        Feature::Profiles, Feature::Cgm,   Feature::DeviceStatus};
    AutoCorrectionEventType autoCorrection = AutoCorrectionEventType::Smb;
    DirectionStyle directions = DirectionStyle::Rate;
    int lowSentinel = 40;   ///< mg/dL for "below 50", 40..49
    int highSentinel = 401; ///< mg/dL for "above 400", 400 or 401
};

/// Documents whose primary record is in [firstSequence, lastSequence] of the stretch, ascending by sequence
/// number. A document that needs context which is not there yet (a bolus in progress, the glucose before a
/// direction) is held back: it appears once the stretch has grown.
std::vector<Document> map(const Stretch& stretch, const MappingSettings& settings,
                          std::uint32_t firstSequence = 0, std::uint32_t lastSequence = 0xffffffff);

/// How far, in time, a record can have a say in the document of another (the longest programmed bolus plus an
/// hour, rounded up). A caller loads what was logged within it before `firstSequence` and after
/// `lastSequence`, and on each side the next dated record beyond it, which proves that nothing is missing.
inline constexpr std::chrono::hours kContext{10};

} // namespace nightscout
