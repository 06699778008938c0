// SPDX-License-Identifier: MIT
#include "bridge/config/document_settings.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace bridge {
namespace {

using nightscout::AutoCorrectionEventType;
using nightscout::DirectionStyle;
using nightscout::FaultClass;
using nightscout::GlucoseUnits;
using nightscout::MappingSettings;
using nightscout::SiteChangeRule;
template <typename T>
using Choice = ConfigurationReader::Choice<T>;

// Known to users of tconnectsync; they have no meaning for this pump and are no reason to stop.
constexpr std::array<std::string_view, 3> kForeignFeatures{"IOB", "BOLUS_BG", "PUMP_EVENTS_BASAL_SUSPENSION"};
constexpr std::string_view kFeatureNames =
    "BASAL, BOLUS, PUMP_EVENTS, PROFILES, CGM, CGM_ALERTS, DEVICE_STATUS";

constexpr std::array kUnits{Choice<GlucoseUnits>{"mg/dl", GlucoseUnits::MilligramsPerDecilitre},
                            Choice<GlucoseUnits>{"mmol", GlucoseUnits::MillimolesPerLitre}};
constexpr std::array kAutoCorrections{
    Choice<AutoCorrectionEventType>{"SMB", AutoCorrectionEventType::Smb},
    Choice<AutoCorrectionEventType>{"Correction Bolus", AutoCorrectionEventType::CorrectionBolus},
    Choice<AutoCorrectionEventType>{"Combo Bolus", AutoCorrectionEventType::ComboBolus}};
constexpr std::array kDirectionStyles{Choice<DirectionStyle>{"rate", DirectionStyle::Rate},
                                      Choice<DirectionStyle>{"arrows", DirectionStyle::Arrows}};
constexpr std::array kInsulinChanges{Choice<bool>{"chain", true}, Choice<bool>{"off", false}};
constexpr std::array kSiteChanges{Choice<SiteChangeRule>{"with_reservoir", SiteChangeRule::WithReservoir},
                                  Choice<SiteChangeRule>{"level_prime", SiteChangeRule::Primed},
                                  Choice<SiteChangeRule>{"off", SiteChangeRule::Off}};
constexpr std::array kFaultClasses{
    Choice<FaultClass>{"A", FaultClass::Alarm},   Choice<FaultClass>{"W", FaultClass::Warning},
    Choice<FaultClass>{"G", FaultClass::Glucose}, Choice<FaultClass>{"S", FaultClass::Sensor},
    Choice<FaultClass>{"M", FaultClass::Message}, Choice<FaultClass>{"R", FaultClass::Reminder}};

constexpr std::int64_t kLargestFault = 0xfff;

void readAlias(ConfigurationReader& reader, MappingSettings& settings) {
    constexpr std::string_view key = "documents.alias";
    std::string alias = settings.alias;
    reader.readText(key, alias);
    const bool plain = std::ranges::all_of(alias, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
               c == '_' || c == '.';
    });
    if (plain && !alias.empty()) {
        settings.alias = alias;
    } else {
        reader.problem(reader.placeOf(key), key, "must be letters, digits, '-', '_' and '.', at least one");
    }
}

void readCarbsPerExchange(ConfigurationReader& reader, MappingSettings& settings) {
    constexpr std::string_view key = "documents.carbs_per_exchange";
    if (!reader.has(key)) return;
    double grams = 0;
    reader.readNumber(key, grams, 1, 30);
    if (grams <= 0) return; // a problem is noted
    constexpr std::int64_t kTenth = therapy::Amount::kOne / 10;
    settings.gramsPerExchange = therapy::Amount{std::llround(grams * 10) * kTenth};
}

void readAnnounce(ConfigurationReader& reader, MappingSettings& settings) {
    constexpr std::string_view key = "documents.announce";
    nightscout::AnnounceList announce;
    announce.classes.clear();
    const auto visit = [&](const std::string& place, const ConfigurationReader::Element& element) {
        if (const auto* name = std::get_if<std::string>(&element)) {
            const auto found =
                std::ranges::find(kFaultClasses, std::string_view(*name), &Choice<FaultClass>::name);
            if (found != kFaultClasses.end()) {
                announce.classes.push_back(found->value);
                return;
            }
        } else if (const auto* fault = std::get_if<std::int64_t>(&element)) {
            if (*fault > 0 && *fault <= kLargestFault) {
                announce.faults.push_back(static_cast<std::uint16_t>(*fault));
                return;
            }
        }
        reader.problem(place, key,
                       "must hold classes (\"A\", \"W\", \"G\", \"S\", \"M\", \"R\") and fault numbers");
    };
    if (reader.readList(key, "[\"A\", 105]", visit)) settings.announce = std::move(announce);
}

void readFeatures(ConfigurationReader& reader, MappingSettings& settings) {
    constexpr std::string_view key = "nightscout.features";
    nightscout::FeatureSet features;
    const auto visit = [&](const std::string& place, const ConfigurationReader::Element& element) {
        const auto* name = std::get_if<std::string>(&element);
        if (name == nullptr) {
            reader.problem(place, key, "must hold names in quotes");
        } else if (const auto feature = nightscout::featureByName(*name)) {
            features.insert(*feature);
        } else if (isForeignFeature(*name)) {
            reader.warning(place, key, *name + " has no meaning for this pump and is left out");
        } else {
            reader.problem(place, key,
                           "unknown feature " + *name + "; known are " + std::string(kFeatureNames));
        }
    };
    if (reader.readList(key, "[\"BOLUS\", \"CGM\"]", visit)) settings.features = features;
}

} // namespace

bool isForeignFeature(std::string_view name) {
    return std::ranges::find(kForeignFeatures, name) != kForeignFeatures.end();
}

void readDocumentSettings(ConfigurationReader& reader, MappingSettings& settings) {
    readFeatures(reader, settings);
    readAlias(reader, settings);
    reader.readChoice<GlucoseUnits>("documents.units", settings.units, kUnits);
    reader.readChoice<AutoCorrectionEventType>("documents.auto_correction_event_type",
                                               settings.autoCorrection, kAutoCorrections);
    reader.readChoice<DirectionStyle>("documents.direction_style", settings.directions, kDirectionStyles);
    reader.readInteger("documents.low_sentinel", settings.lowSentinel, 40, 49);
    reader.readInteger("documents.high_sentinel", settings.highSentinel, 400, 401);
    readAnnounce(reader, settings);
    readCarbsPerExchange(reader, settings);
    reader.readChoice<bool>("documents.insulin_change", settings.insulinChange, kInsulinChanges);
    reader.readChoice<SiteChangeRule>("documents.site_change", settings.siteChange, kSiteChanges);
    reader.readFlag("documents.limit_notes", settings.limitNotes);
    reader.readFlag("documents.clock_notes", settings.clockNotes);
    reader.readFlag("documents.temp_target", settings.tempTarget);
    reader.readFlag("basal.manual", settings.manualBasal);
    reader.readFlag("devicestatus.iob", settings.insulinOnBoard);
}

} // namespace bridge
