// SPDX-License-Identifier: MIT
#include "comparison.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/sinks/null_sink.h>

#include <algorithm>
#include <set>

#include "../bridge/host_clock_double.hpp"
#include "bridge/publish/held_records.hpp"
#include "bridge/session/sync_plan.hpp"
#include "nightscout/upload/site_documents.hpp"
#include "protocol/history/record.hpp"

namespace soak {

using nightscout::Document;
using Json = nlohmann::json;
using namespace std::chrono_literals;

namespace {

/// A pump is so much fast, or slow, before it is corrected for (docs/nightscout/mapping.md 5.3).
constexpr Seconds kMostAhead{30}, kMostBehind{90};
/// Of the pump's own times, over a chain of changes.
constexpr Seconds kRounding{3};
/// Of the time of a measurement, which the pump counts in minutes.
constexpr Seconds kSample{31};

class Comparison {
public:
    Comparison(Weeks& weeks, const Plan& plan, const therapy::Zone& zone)
        : weeks_(weeks),
          slack_(kRounding + Seconds{std::abs(plan.life.driftPerDay) *
                                     (plan.longestAbsence() / std::chrono::days{1} + 2)}),
          end_(plan.end),
          zone_(zone) {}

    std::vector<std::string> run() {
        makeExpected();
        compareStore();
        readSite("entries", nightscout::Collection::Entries);
        readSite("treatments", nightscout::Collection::Treatments);
        compareSite();
        return std::move(found_);
    }

private:
    struct OnSite {
        Json document;
        nightscout::UtcMilliseconds time{};
    };

    template <typename... Arguments>
    void say(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
        found_.push_back(fmt::format(format, std::forward<Arguments>(arguments)...));
    }

    void makeExpected() {
        const bridge::test::TemporaryDirectory directory{bridge::test::TemporaryDirectory::inMemory()};
        bridge::Store store(directory / "expected.db");
        const auto pump = store.pump("NG1234567H");
        store.noteOldest(pump.id, weeks_.begin());
        bridge::keepSiteBefore(store, pump.id, bridge::SiteBefore::Empty);
        std::vector<bridge::ReceivedRecord> records;
        for (const LivedRecord& record : weeks_.life().records()) {
            const auto header = *protocol::history::parseHeader(record.raw);
            const bool isCorrupt = header.sequenceNumber == protocol::history::kCorruptionSequenceNumber;
            if (record.number < weeks_.begin()) continue;
            if (isCorrupt || weeks_.lost().contains(record.number)) {
                absent_.insert(record.number);
                store.markAbsent(pump.id, {record.number, record.number});
                continue;
            }
            records.push_back({record.number, record.raw});
            lived_.emplace(record.number, &record);
        }
        store.addRecords(pump.id, records, end_);
        for (const PumpLife::Offset& known : weeks_.life().offsets())
            store.keepClockOffset(pump.id, {known.reference, known.offset, known.offset, known.at,
                                            therapy::OffsetSource::Measured});
        bridge::test::HostClockDouble computer(store, zone_);
        computer.utc = end_;
        spdlog::logger log{"expected", std::make_shared<spdlog::sinks::null_sink_mt>()};
        bridge::Publisher publisher(
            store, zone_, computer.host, weeks_.configuration().documents,
            [this](bridge::PumpId, std::span<const Document> documents,
                   std::span<const bridge::Store::Published>) {
                for (const Document& document : documents) {
                    if (document.supersedes) expected_.erase(*document.supersedes);
                    expected_.insert_or_assign(document.identifier, document);
                }
                return bridge::QueueResult{};
            },
            true, log);
        publisher.publish(pump);
        for (const auto& held : bridge::heldRecords(store, pump.id, zone_, end_))
            say("even with the true offsets {} records are held: {}", held.count, bridge::name(held.reason));
    }

    void compareStore() {
        const auto pumps = weeks_.store().pumps();
        if (pumps.size() != 1) return say("{} pumps in the store", pumps.size());
        const auto pump = pumps.front().id;
        std::uint64_t records = 0;
        for (const auto& range : weeks_.store().held(pump)) {
            for (auto number = range.first; number <= range.last; ++number)
                records += lived_.contains(number) ? 1U : 0U;
        }
        if (records != lived_.size()) say("{} of {} records in the store", records, lived_.size());
        for (const auto& range : weeks_.store().absent(pump)) {
            for (auto number = range.first; number <= range.last; ++number) {
                if (!absent_.contains(number)) say("record {} is said to be absent", number);
            }
        }
        for (const auto& held : bridge::heldRecords(weeks_.store(), pump, zone_, end_))
            say("{} records are held: {}", held.count, bridge::name(held.reason));
        if (const auto depth = weeks_.store().depth(); depth > 0) say("{} documents wait", depth);
        const auto refused = weeks_.store().refusedDocuments();
        if (refused.count > 0) say("{} documents are refused: {}", refused.count, refused.reason);
        if (const auto wrong = weeks_.store().wrongTimes(pump); wrong > 0)
            say("{} records have wrong times on the site", wrong);
    }

    void readSite(const std::string& name, nightscout::Collection collection) {
        for (const Json* document : weeks_.site().documents(name)) {
            const auto read = nightscout::readSiteDocuments(collection, "[" + document->dump() + "]");
            if (!read || read->documents.size() != 1) {
                say("cannot read {}", document->dump());
                continue;
            }
            const auto& [identifier, time] = read->documents.front();
            if (!onSite_.emplace(identifier, OnSite{*document, time}).second)
                say("twice on the site: {}", document->dump());
        }
    }

    /// Made of the pump's present state, which no record tells.
    static bool isOfStatus(const Json& document) {
        const auto type = document.value("eventType", "");
        return type == "Sensor Start" || type == "Pump Battery Change" ||
               document.value("notes", "").ends_with(" (still active)");
    }

    void compareSite() {
        for (const auto& [identifier, expected] : expected_) {
            const auto found = onSite_.find(identifier);
            if (found == onSite_.end()) {
                if (!isOfStatus(Json::parse(expected.body))) say("missing: {}", expected.body);
                continue;
            }
            compare(expected, found->second);
        }
        for (const auto& [identifier, found] : onSite_) {
            if (!expected_.contains(identifier) && !isOfStatus(found.document))
                say("not expected: {}", found.document.dump());
        }
    }

    /// Times are compared by their limits; a direction may come of a live value.
    static Json withoutTimes(Json document) {
        for (const char* key : {"_id", "created_at", "date", "dateString", "direction"}) document.erase(key);
        return document;
    }

    /// Both ends keep the limits of times, each by an offset of its own where that was corrected in between;
    /// and minutes are rounded up.
    static bool isSameBut(Json expected, Json found) {
        constexpr int kMostMinutes = (kMostAhead + kMostBehind) / 1min + 1;
        const auto duration = expected.value("duration", 0), other = found.value("duration", 0);
        if (std::abs(duration - other) <= kMostMinutes && found.contains("duration"))
            found["duration"] = duration;
        return expected == found;
    }

    void compare(const Document& expected, const OnSite& found) {
        if (!isSameBut(withoutTimes(Json::parse(expected.body)), withoutTimes(found.document)))
            say("expected {}\n   found {}", expected.body, found.document.dump());
        const auto late = std::chrono::round<Seconds>(found.time - expected.time);
        if (late > kMostAhead + slack_ || late < -kMostBehind - slack_)
            say("{} s from its time: {}", late.count(), found.document.dump());
        const auto record = lived_.find(expected.sequenceNumber);
        if (expected.kind != nightscout::Kind::Sgv || record == lived_.end()) return;
        const auto off = std::chrono::round<Seconds>(expected.time - record->second->sampled.value());
        if (std::chrono::abs(off) > kSample + kRounding)
            say("{} s from the truth, even with the true offset: {}", off.count(), expected.body);
    }

    Weeks& weeks_;
    Seconds slack_;
    Utc end_;
    const therapy::Zone& zone_;
    std::map<std::uint32_t, const LivedRecord*> lived_;
    std::set<std::uint32_t> absent_;
    std::map<std::string, Document> expected_;
    std::map<std::string, OnSite> onSite_;
    std::vector<std::string> found_;
};

} // namespace

std::vector<std::string> differences(Weeks& weeks, const Plan& plan, const therapy::Zone& zone) {
    return Comparison(weeks, plan, zone).run();
}

} // namespace soak
