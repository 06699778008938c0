// SPDX-License-Identifier: MIT
#include "nightscout/documents/mapping.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <span>

#include "nightscout/documents/mappers.hpp"
#include "nightscout/documents/treatment.hpp"

namespace nightscout {
namespace {

using protocol::history::EventType;

struct Row {
    EventType event;
    Feature feature;
    Mapper mapper;
};
/// Nine in ten documents are complete with a last record, and stay as they are from then on; a margin.
constexpr std::chrono::hours kSettled{1};

/// Which event becomes documents, of which feature (docs/nightscout/mapping.md 12), and by whom.
constexpr std::array kRows{
    Row{EventType::BolusProgrammedPart1, Feature::Bolus, mapProgrammedBolus},
    Row{EventType::BolusDeliveredPart1, Feature::Bolus, mapDeliveredBolus},
    Row{EventType::DeliveredBasalRateChanged, Feature::Basal, mapBasalChange},
    Row{EventType::TbrAdjustmentStarted, Feature::Basal, mapBasalChange},
    Row{EventType::TbrAdjustmentEnded, Feature::Basal, mapBasalChange},
    Row{EventType::TbrAdjustmentChanged, Feature::Basal, mapBasalChange},
    Row{EventType::MaxBolusAmountChanged, Feature::PumpEvents, mapMaxBolusChanged},
    Row{EventType::AutoBasalDelivery, Feature::Basal, mapAutoBasal},
    Row{EventType::AutoBasalDelivery, Feature::Basal, mapGapAfterStep},
    Row{EventType::Cl1Transition, Feature::Basal, mapBasalChange},
    Row{EventType::Cl1Transition, Feature::PumpEvents, mapTransition},
    Row{EventType::TherapyContext, Feature::Basal, mapBasalChange},
    Row{EventType::TherapyContext, Feature::PumpEvents, mapModeOfContext},
    Row{EventType::Meal, Feature::Bolus, mapMeal},
    Row{EventType::BgReading, Feature::PumpEvents, mapBgReading},
    Row{EventType::CalibrationComplete, Feature::PumpEvents, mapCalibrationComplete},
    Row{EventType::CalibrationRejected, Feature::PumpEvents, mapCalibrationRejected},
    Row{EventType::InsulinDeliveryStopped, Feature::Basal, mapBasalChange},
    Row{EventType::InsulinDeliveryStopped, Feature::PumpEvents, mapStopped},
    Row{EventType::InsulinDeliveryStopped, Feature::PumpEvents, mapSetChange},
    Row{EventType::InsulinDeliveryRestarted, Feature::Basal, mapBasalChange},
    Row{EventType::InsulinDeliveryRestarted, Feature::PumpEvents, mapRestarted},
    Row{EventType::SgMeasurement, Feature::Cgm, mapGlucose},
    Row{EventType::SgMeasurement, Feature::PumpEvents, mapSensorStart},
    Row{EventType::NgpReferenceTime, Feature::PumpEvents, mapReferenceTime},
    Row{EventType::AnnunciationCleared, Feature::PumpEvents, mapBatteryChange},
    Row{EventType::AnnunciationConsolidated, Feature::PumpEvents, mapPumpAnnunciation},
    Row{EventType::AnnunciationConsolidated, Feature::CgmAlerts, mapSensorAnnunciation},
};
static_assert(std::ranges::is_sorted(kRows, {}, &Row::event));

std::span<const Row> rowsOf(std::uint16_t eventType) {
    const auto event = static_cast<EventType>(eventType);
    // Two searches: Clang 14 does not compile libstdc++'s equal_range.
    return {std::ranges::lower_bound(kRows, event, {}, &Row::event),
            std::ranges::upper_bound(kRows, event, {}, &Row::event)};
}

std::optional<UtcSeconds> timeOf(std::span<const DatedRecord> records, std::uint32_t sequenceNumber) {
    const auto found = std::ranges::lower_bound(records, sequenceNumber, {}, &DatedRecord::sequenceNumber);
    return found == records.end() ? std::nullopt : found->time;
}

} // namespace

std::string identifierOf(const Context& context, std::size_t index, Kind kind, std::string_view key) {
    return identifier(context.serial, kind, protocol::toHex(context.view.at(index).raw).append(key));
}

void addWarning(Context& context, std::size_t index, MappingWarningKind kind) {
    context.warnings.push_back({kind, context.view.at(index).sequenceNumber});
}

std::string_view text(MappingWarningKind kind) {
    switch (kind) {
        case MappingWarningKind::DeliveryNotKnown:
            return "a square or dual bolus has no readable delivery record; its insulin is not counted";
        case MappingWarningKind::TemporaryRateRefused:
            break;
    }
    return "a temporary basal of more than 200 % is not believed; no basal is shown for it";
}

Document& addDocument(Context& context, Document document, const nlohmann::json& body) {
    document.feature = context.feature;
    document.body = bodyOf(body);
    return context.documents.emplace_back(std::move(document));
}

Document& addTreatment(Context& context, std::size_t index, Kind kind, UtcSeconds time, nlohmann::json fields,
                       std::string_view key) {
    const auto sequenceNumber = context.view.at(index).sequenceNumber;
    // Old servers take created_at and eventType for the key (docs/nightscout/api.md 6.2): records of one
    // second must differ.
    const UtcMilliseconds created = time + std::chrono::milliseconds(sequenceNumber % 1000);
    fields["pumpId"] = sequenceNumber;
    Document document = makeTreatment(context.settings, kind, identifierOf(context, index, kind, key),
                                      created, std::move(fields));
    document.sequenceNumber = sequenceNumber;
    document.feature = context.feature;
    return context.documents.emplace_back(std::move(document));
}

Document& addNote(Context& context, std::size_t index, UtcSeconds time, std::string_view notes) {
    return addTreatment(context, index, Kind::Note, time, {{"eventType", "Note"}, {"notes", notes}});
}

std::vector<Document> map(const HistoryRun& run, std::string_view serial, const MappingSettings& settings,
                          std::uint32_t firstSequence, std::uint32_t lastSequence) {
    return mapRecords(run, serial, settings, firstSequence, lastSequence).documents;
}

MappedRecords mapRecords(const HistoryRun& run, std::string_view serial, const MappingSettings& settings,
                         std::uint32_t firstSequence, std::uint32_t lastSequence,
                         std::optional<std::uint32_t> firstNew) {
    const RecordLinks view(run);
    const BasalTimeline basal(view);
    const auto records = view.records();
    MappedRecords mapped;
    const auto first =
        std::ranges::lower_bound(records, firstSequence, {}, &DatedRecord::sequenceNumber) - records.begin();
    const auto news = firstNew ? timeOf(records, *firstNew) : std::nullopt;
    for (auto index = static_cast<std::size_t>(first);
         index < records.size() && records[index].sequenceNumber <= lastSequence; ++index) {
        if (!records[index].record) continue;
        std::optional<UtcSeconds> settled;
        if (news && records[index].sequenceNumber < *firstNew) settled = *news - kSettled;
        for (const Row& row : rowsOf(records[index].record->header.eventType)) {
            if (!settings.features.contains(row.feature)) continue;
            Context context{view,        basal,   serial,           settings,
                            row.feature, settled, mapped.documents, mapped.warnings};
            row.mapper(context, index);
        }
    }
    return mapped;
}

} // namespace nightscout
