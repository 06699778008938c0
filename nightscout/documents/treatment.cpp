// SPDX-License-Identifier: MIT
#include "nightscout/documents/treatment.hpp"

#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

namespace nightscout {
namespace {

/// The prefix keeps the site's alarms audible (docs/nightscout/mapping.md 2); an announcement must be heard
/// itself.
std::string_view enteredBy(const nlohmann::json& fields) {
    return fields.contains("isAnnouncement") ? "minimed-780g" : "openaps://minimed-780g";
}

} // namespace

std::string deviceOf(const MappingSettings& settings) {
    return "minimed-780g://" + settings.alias;
}

nlohmann::json number(Amount amount) {
    constexpr std::int64_t kOne = Amount::kOne;
    if (amount.hundredMillionths % kOne == 0) return amount.hundredMillionths / kOne;
    // Both operands are exact, so the quotient is the double nearest to the decimal.
    return static_cast<double>(amount.hundredMillionths) / static_cast<double>(kOne);
}

double millimoles(Amount milligrams) {
    constexpr double kMilligramsPerMillimole = 18.01559;
    constexpr double kOne = Amount::kOne;
    const double exact = static_cast<double>(milligrams.hundredMillionths) / kOne / kMilligramsPerMillimole;
    return std::round(exact * 10) / 10;
}

std::string bodyOf(const nlohmann::json& document) {
    return document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Document makeTreatment(const MappingSettings& settings, Kind kind, std::string identifier,
                       UtcMilliseconds created, nlohmann::json fields) {
    fields["identifier"] = identifier;
    fields["syncIdentifier"] = identifier;
    fields["created_at"] = toIso(created);
    fields["enteredBy"] = enteredBy(fields);
    fields["device"] = deviceOf(settings);
    fields["pumpType"] = "MINIMED_780G";

    Document document;
    document.identifier = std::move(identifier);
    document.collection = Collection::Treatments;
    document.kind = kind;
    document.eventType = fields.at("eventType").get<std::string>();
    document.time = created;
    document.body = bodyOf(fields);
    return document;
}

} // namespace nightscout
