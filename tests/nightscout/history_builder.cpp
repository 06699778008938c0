// SPDX-License-Identifier: MIT
#include "history_builder.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "project_file.hpp"
#include "therapy/time_line.hpp"

namespace nightscout::test {

HistoryBuilder& HistoryBuilder::at(std::chrono::seconds sinceStart) {
    now_ = sinceStart;
    return *this;
}

HistoryBuilder& HistoryBuilder::add(history::EventType type, history::EventData data) {
    const auto offset = static_cast<std::uint16_t>(now_.count() % 3600);
    history::Record record{{static_cast<std::uint16_t>(type), next_, offset}, std::move(data)};
    therapy::DatedRecord timed{next_++, history::encode(record), std::move(record), kStart + now_,
                               kStart + now_};
    run_.records.push_back(std::move(timed));
    return *this;
}

HistoryBuilder& HistoryBuilder::glucose(std::uint16_t raw, std::chrono::seconds age) {
    add(history::EventType::SgMeasurement, history::SgMeasurement{0, raw, 2000, 0});
    run_.records.back().sampleTime = kStart + now_ - age;
    return *this;
}

HistoryBuilder& HistoryBuilder::meal(int grams) {
    return add(history::EventType::Meal, history::Meal{MedFloat::number(grams, 0, MedFloat::Width::Sfloat)});
}

HistoryBuilder& HistoryBuilder::programmed(std::uint16_t id, std::int64_t milliUnits,
                                           history::BolusActivation activation) {
    add(history::EventType::BolusProgrammedPart1,
        history::BolusProgrammedPart1{id, history::BolusType::Fast, units(milliUnits), units(0), 0});
    return add(history::EventType::BolusProgrammedPart2,
               history::BolusProgrammedPart2{6, std::nullopt, std::uint8_t{0}, activation});
}

HistoryBuilder& HistoryBuilder::delivered(std::uint16_t id, std::int64_t milliUnits,
                                          history::BolusActivation activation, std::uint32_t startOffset) {
    add(history::EventType::BolusDeliveredPart1,
        history::BolusDeliveredPart1{id, history::BolusType::Fast, units(milliUnits), units(0), 0});
    return add(history::EventType::BolusDeliveredPart2,
               history::BolusDeliveredPart2{3, startOffset, activation, history::BolusEndReason::Undetermined,
                                            std::nullopt});
}

HistoryBuilder& HistoryBuilder::programmedCombo(std::uint16_t id, history::BolusType type,
                                                std::int64_t fastMilliUnits, std::int64_t extendedMilliUnits,
                                                std::uint16_t minutes) {
    add(history::EventType::BolusProgrammedPart1,
        history::BolusProgrammedPart1{id, type, units(fastMilliUnits), units(extendedMilliUnits), minutes});
    return add(history::EventType::BolusProgrammedPart2,
               history::BolusProgrammedPart2{6, std::nullopt, std::uint8_t{0},
                                             history::BolusActivation::Recommended});
}

HistoryBuilder& HistoryBuilder::deliveredCombo(std::uint16_t id, history::BolusType type,
                                               std::int64_t fastMilliUnits, std::int64_t extendedMilliUnits,
                                               std::uint16_t minutes) {
    add(history::EventType::BolusDeliveredPart1,
        history::BolusDeliveredPart1{id, type, units(fastMilliUnits), units(extendedMilliUnits), minutes});
    return add(history::EventType::BolusDeliveredPart2,
               history::BolusDeliveredPart2{3, 0, history::BolusActivation::Recommended,
                                            history::BolusEndReason::Undetermined, std::nullopt});
}

HistoryBuilder& HistoryBuilder::bgReading(int milligrams) {
    return add(history::EventType::BgReading,
               history::BgReading{0, MedFloat::number(milligrams, -5, MedFloat::Width::Sfloat)});
}

HistoryBuilder& HistoryBuilder::calibration(int milligrams, bool accepted) {
    const auto bg = MedFloat::number(milligrams, -5, MedFloat::Width::Sfloat);
    if (accepted) return add(history::EventType::CalibrationComplete, history::CalibrationComplete{0, bg});
    return add(history::EventType::CalibrationRejected, history::CalibrationRejected{0, bg});
}

HistoryBuilder& HistoryBuilder::therapyContext(bool automatic, bool stopped, std::int64_t milliUnits) {
    history::TherapyContext context;
    context.flags = history::TherapyContext::SensorEnabled | history::TherapyContext::BasalRateActive;
    if (automatic) context.flags |= history::TherapyContext::AutoModeActive;
    context.basalRate = units(milliUnits);
    if (stopped) {
        context.flags |= history::TherapyContext::DeliveryStopped;
        context.stoppedReason = history::StoppedReason::UserSuspended;
    }
    return add(history::EventType::TherapyContext, context);
}

HistoryBuilder& HistoryBuilder::autoBasal(std::int64_t milliUnits) {
    return add(history::EventType::AutoBasalDelivery, history::AutoBasalDelivery{1, units(milliUnits)});
}

HistoryBuilder& HistoryBuilder::transition(history::Cl1TransitionKind kind) {
    return add(history::EventType::Cl1Transition, history::Cl1Transition{kind});
}

HistoryBuilder& HistoryBuilder::stopped(history::StoppedReason reason) {
    return add(history::EventType::InsulinDeliveryStopped, history::InsulinDeliveryStopped{reason});
}

HistoryBuilder& HistoryBuilder::restarted(history::RestartedReason reason) {
    return add(history::EventType::InsulinDeliveryRestarted, history::InsulinDeliveryRestarted{reason});
}

HistoryBuilder& HistoryBuilder::patternRate(std::int64_t before, std::int64_t after) {
    return add(history::EventType::DeliveredBasalRateChanged,
               history::DeliveredBasalRateChanged{0, units(before), units(after), std::nullopt});
}

HistoryBuilder& HistoryBuilder::annunciation(std::uint16_t fault, std::uint16_t instance,
                                             protocol::ByteView aux) {
    history::AnnunciationConsolidated event;
    unsigned flags = 3;
    for (std::size_t i = 0; i < aux.size() / 2; ++i) flags |= 4U << i;
    event.flags = static_cast<std::uint8_t>(flags);
    event.instanceId = instance;
    event.annunciationType = static_cast<std::uint16_t>(0xf000U + fault);
    event.timestamp = 0;
    std::copy(aux.begin(), aux.end(), event.aux.bytes.begin());
    event.aux.size = static_cast<std::uint8_t>(aux.size());
    return add(history::EventType::AnnunciationConsolidated, event);
}

HistoryBuilder& HistoryBuilder::cleared(std::uint16_t fault, std::uint16_t instance) {
    return add(history::EventType::AnnunciationCleared, history::AnnunciationCleared{fault, instance});
}

HistoryBuilder& HistoryBuilder::undecoded() {
    tick();
    run_.records.back().record.reset();
    return *this;
}

HistoryBuilder& HistoryBuilder::shows(therapy::LiveMode mode) {
    note(run_.live.mode, mode, last(), kStart + now_);
    return *this;
}

HistoryBuilder& HistoryBuilder::shows(therapy::LiveDelivery delivery) {
    note(run_.live.delivery, delivery, last(), kStart + now_);
    return *this;
}

HistoryBuilder& HistoryBuilder::shows(std::uint16_t fault, std::uint16_t instance) {
    const auto type = static_cast<std::uint16_t>(0xf000U + fault);
    note(run_.live.annunciation, therapy::LiveAnnunciation{type, instance}, last(), kStart + now_);
    return *this;
}

HistoryBuilder& HistoryBuilder::counts(therapy::MealUnit unit) {
    note(run_.live.mealUnit, unit, last(), kStart + now_);
    return *this;
}

therapy::HistoryRun HistoryBuilder::notFromBeginning() const {
    therapy::HistoryRun copy = run_;
    copy.fromBeginning = false;
    return copy;
}

namespace {

std::vector<therapy::DatedRecord> decodeLines(std::string_view lines) {
    std::vector<therapy::DatedRecord> records;
    std::istringstream input{std::string(lines)};
    for (std::string line; std::getline(input, line);) {
        if (line.empty() || line.front() == '#') continue;
        const auto raw = protocol::fromHex(line);
        if (!raw) throw std::runtime_error("not hexadecimal: " + line);
        const auto record = history::decode(*raw);
        if (!record) throw std::runtime_error("not a record: " + line);
        while (!records.empty() && records.back().sequenceNumber + 1 < record->header.sequenceNumber) {
            therapy::DatedRecord filler;
            filler.sequenceNumber = records.back().sequenceNumber + 1;
            records.push_back(std::move(filler));
        }
        records.push_back({record->header.sequenceNumber, *raw, *record, std::nullopt, std::nullopt});
    }
    return records;
}

std::optional<std::int16_t> timeOffsetOf(const history::EventData& data) {
    if (const auto* sg = std::get_if<history::SgMeasurement>(&data)) return sg->timeOffsetMinutes;
    if (const auto* bg = std::get_if<history::BgReading>(&data)) return bg->timeOffsetMinutes;
    if (const auto* ok = std::get_if<history::CalibrationComplete>(&data)) return ok->timeOffsetMinutes;
    if (const auto* no = std::get_if<history::CalibrationRejected>(&data)) return no->timeOffsetMinutes;
    return std::nullopt;
}

} // namespace

std::vector<nlohmann::json> ofType(const std::vector<nlohmann::json>& all, std::string_view eventType) {
    std::vector<nlohmann::json> found;
    for (const auto& body : all) {
        if (body.value("eventType", "") == eventType) found.push_back(body);
    }
    return found;
}

therapy::HistoryRun runFromHex(std::string_view lines, std::chrono::seconds utcOffset) {
    therapy::HistoryRun run{decodeLines(lines), true};
    std::vector<therapy::Reference> references;
    for (const auto& timed : run.records) {
        if (!timed.record) continue;
        if (const auto reference = therapy::toReference(*timed.record)) references.push_back(*reference);
    }
    const therapy::TimeLine timeLine(std::move(references));
    const auto utc = [&](const std::optional<therapy::LocalTime>& local) -> std::optional<UtcSeconds> {
        if (!local) return std::nullopt;
        return UtcSeconds(local->time.time_since_epoch() - utcOffset);
    };
    for (auto& timed : run.records) {
        if (!timed.record) continue;
        timed.time = utc(timeLine.localTime(timed.record->header));
        if (const auto offset = timeOffsetOf(timed.record->data)) {
            timed.sampleTime = utc(timeLine.sampleTime(timed.record->header, *offset));
        }
    }
    return run;
}

std::string readData(const std::string& fileName) {
    std::ifstream file(support::projectFile("tests/nightscout/data/" + fileName));
    if (!file) throw std::runtime_error("cannot read " + fileName);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

MappingSettings settings() {
    return {};
}

MappingSettings only(Feature feature) {
    auto some = settings();
    some.features = {feature};
    return some;
}

std::vector<nlohmann::json> bodies(const std::vector<Document>& documents) {
    std::vector<nlohmann::json> bodies;
    for (const auto& document : documents) bodies.push_back(nlohmann::json::parse(document.body));
    return bodies;
}

std::vector<nlohmann::json> ownFields(const therapy::HistoryRun& run, const MappingSettings& settings) {
    auto all = bodies(map(run, settings));
    for (auto& body : all) {
        for (const char* common :
             {"identifier", "syncIdentifier", "created_at", "enteredBy", "device", "pumpType", "pumpId"}) {
            body.erase(common);
        }
    }
    return all;
}

} // namespace nightscout::test
