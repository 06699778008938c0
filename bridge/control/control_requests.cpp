// SPDX-License-Identifier: MIT
#include "bridge/control/control_requests.hpp"

#include <array>
#include <set>
#include <string_view>
#include <utility>

namespace bridge {

using nlohmann::json;

namespace {

using Form = HistoryOptions::Form;
using Report = HistoryOptions::Report;
constexpr std::array<std::pair<std::string_view, Form>, 4> kForms{
    {{"text", Form::Text}, {"json", Form::Json}, {"csv", Form::Csv}, {"hex", Form::Hex}}};
constexpr std::array<std::pair<std::string_view, Report>, 3> kReports{
    {{"records", Report::Records}, {"gaps", Report::Gaps}, {"summary", Report::Summary}}};
using nightscout::Feature;
constexpr std::array kFeatures{Feature::Basal, Feature::Bolus,     Feature::PumpEvents,  Feature::Profiles,
                               Feature::Cgm,   Feature::CgmAlerts, Feature::DeviceStatus};
/// Listed on the service's own thread, between what the pump sends.
constexpr std::size_t kMostRecords = 2000;
constexpr int kMostDays = 36500;

[[noreturn]] void refuse(std::string_view key) {
    throw ControlError(ControlRefusal::WrongOption, "option " + std::string(key));
}

/// Reads an object key by key, and refuses what nobody has asked for.
class Options {
public:
    explicit Options(const json& options) : options_(options) {}

    void flag(const char* key, bool& target) {
        const json* value = find(key);
        if (value == nullptr) return;
        if (!value->is_boolean()) refuse(key);
        target = value->get<bool>();
    }
    template <typename Number>
    void number(const char* key, Number& target, Number least, Number greatest) {
        const json* value = find(key);
        if (value == nullptr) return;
        if (!value->is_number_integer()) refuse(key);
        const auto given = value->get<std::int64_t>();
        if (given < static_cast<std::int64_t>(least) || given > static_cast<std::int64_t>(greatest))
            refuse(key);
        target = static_cast<Number>(given);
    }
    void text(const char* key, std::string& target) {
        const json* value = find(key);
        if (value == nullptr) return;
        if (!value->is_string()) refuse(key);
        target = value->get<std::string>();
    }
    void time(const char* key, std::optional<protocol::LocalSeconds>& target) {
        std::string given;
        text(key, given);
        if (given.empty()) return;
        target = parsePumpTime(given, false);
        if (!target) refuse(key);
    }
    template <typename T, std::size_t N>
    void choice(const char* key, T& target, const std::array<std::pair<std::string_view, T>, N>& choices) {
        std::string given;
        text(key, given);
        if (given.empty()) return;
        for (const auto& [choiceName, value] : choices) {
            if (choiceName != given) continue;
            target = value;
            return;
        }
        refuse(key);
    }
    const json* find(const char* key) {
        asked_.insert(key);
        const auto found = options_.find(key);
        return found == options_.end() ? nullptr : &*found;
    }
    void refuseOthers() const {
        for (const auto& [key, value] : options_.items())
            if (!asked_.contains(key)) refuse(key);
    }

private:
    const json& options_;
    std::set<std::string, std::less<>> asked_;
};

template <typename T, std::size_t N>
std::string_view nameOf(T value, const std::array<std::pair<std::string_view, T>, N>& choices) {
    for (const auto& [choiceName, choice] : choices)
        if (choice == value) return choiceName;
    return choices.front().first;
}

void putTime(json& options, const char* key, const std::optional<protocol::LocalSeconds>& time) {
    if (time) options[key] = protocol::toString(*time);
}

} // namespace

ControlRequest toRequest(const StatusOptions& options) {
    return {kStatusCommand, {{"json", options.json}}};
}

StatusOptions readStatusOptions(const json& given) {
    Options options(given);
    StatusOptions status;
    options.flag("json", status.json);
    options.refuseOthers();
    return status;
}

ControlRequest toRequest(const HistoryOptions& history) {
    json options{{"form", nameOf(history.form, kForms)}, {"report", nameOf(history.report, kReports)}};
    if (!history.pump.empty()) options["pump"] = history.pump;
    if (history.last != 0) options["last"] = history.last;
    if (history.type) options["type"] = *history.type;
    putTime(options, "from", history.from);
    putTime(options, "to", history.to);
    return {kHistoryCommand, std::move(options)};
}

HistoryOptions readHistoryOptions(const json& given) {
    Options options(given);
    HistoryOptions history;
    options.text("pump", history.pump);
    options.number<std::size_t>("last", history.last, 1, kMostRecords);
    std::uint16_t type = 0;
    if (options.find("type") != nullptr) {
        options.number<std::uint16_t>("type", type, 0, 0xffff);
        history.type = type;
    }
    options.time("from", history.from);
    options.time("to", history.to);
    options.choice("form", history.form, kForms);
    options.choice("report", history.report, kReports);
    options.refuseOthers();
    if (history.report == Report::Records && history.last == 0)
        throw ControlError(ControlRefusal::WrongOption,
                           "of a running service ask for --last " + std::to_string(kMostRecords) +
                               " or fewer; who may read the store may list all of it");
    return history;
}

ControlRequest toRequest(const BackfillOptions& backfill) {
    json options{
        {"days", backfill.days}, {"force", backfill.force}, {"correct_times", backfill.correctTimes}};
    putTime(options, "start", backfill.start);
    putTime(options, "end", backfill.end);
    if (backfill.features) {
        json names = json::array();
        for (const auto feature : kFeatures)
            if (backfill.features->contains(feature)) names.push_back(nightscout::name(feature));
        options["features"] = std::move(names);
    }
    return {kUploadCommand, std::move(options)};
}

BackfillOptions readBackfillOptions(const json& given) {
    Options options(given);
    BackfillOptions backfill;
    options.number("days", backfill.days, 1, kMostDays);
    options.flag("force", backfill.force);
    options.flag("correct_times", backfill.correctTimes);
    options.time("start", backfill.start);
    options.time("end", backfill.end);
    if (const json* names = options.find("features")) {
        if (!names->is_array()) refuse("features");
        backfill.features.emplace();
        for (const json& one : *names) {
            const auto feature =
                one.is_string() ? nightscout::featureByName(one.get<std::string>()) : std::nullopt;
            if (!feature) refuse("features");
            backfill.features->insert(*feature);
        }
    }
    options.refuseOthers();
    return backfill;
}

} // namespace bridge
