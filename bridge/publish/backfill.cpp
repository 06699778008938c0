// SPDX-License-Identifier: MIT
#include "bridge/publish/backfill.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "bridge/publish/publisher.hpp"
#include "bridge/publish/stored_run.hpp"

namespace bridge {

using namespace std::chrono_literals;
using nightscout::Document;
using therapy::Dating;

namespace {

/// A bound on memory and on the time of one portion, not on what is found.
constexpr std::uint32_t kPortionRecords = 5000;

/// When the newest dated record of the store was logged.
std::optional<std::chrono::sys_seconds> newestTime(const Store& store, const PumpInfo& pump,
                                                   const therapy::Zone& zone) {
    const auto held = store.held(pump.id);
    if (held.empty()) return std::nullopt;
    const SequenceRange run = held.back();
    const SequenceRange window{run.last - std::min(run.last - run.first, kPortionRecords), run.last};
    const auto dated = StoredRun(store, pump.id, run, zone).history(window);
    std::optional<std::chrono::sys_seconds> newest;
    for (const auto& record : dated.records) {
        if (record.time && (!newest || *record.time > *newest)) newest = record.time;
    }
    return newest;
}

} // namespace

std::string toText(const BackfillSummary& summary) {
    if (summary.empty()) return "no documents\n";
    std::string text;
    for (const auto& [eventType, count] : summary) {
        text += fmt::format("{}: {} new, {} again, {} already there", eventType, count.added, count.changed,
                            count.known);
        if (count.refused > 0) text += fmt::format(", {} refused before, tried again", count.refused);
        text += '\n';
    }
    return text;
}

Backfill::Backfill(const Store& store, const BackfillOptions& options, nightscout::MappingSettings settings,
                   const std::string& serial, const therapy::Zone& zone)
    : store_(store),
      zone_(zone),
      settings_(std::move(settings)),
      force_(options.force),
      correctTimes_(options.correctTimes) {
    if (options.features) settings_.features = *options.features;
    const auto pumps = store.pumps();
    const auto pump = std::ranges::find_if(
        pumps, [&](const PumpInfo& info) { return serial.empty() || info.serial == serial; });
    if (pump == pumps.end()) return;
    pump_ = *pump;
    range_ = rangeOf(options);
    if (!range_) return;
    events_.emplace(store, *pump_);
    for (const SequenceRange& run : store.held(pump_->id)) {
        for (std::uint64_t first = run.first; first <= run.last; first += kPortionRecords) {
            const auto last = std::min<std::uint64_t>(first + kPortionRecords - 1, run.last);
            portions_.push_back({run, {static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(last)}});
        }
    }
}

/// The instants that the options mean; days count back from the newest dated record, if there is one.
std::optional<Backfill::Range> Backfill::rangeOf(const BackfillOptions& options) const {
    const auto utc = [&](protocol::LocalSeconds local) {
        return std::chrono::sys_seconds{local.time_since_epoch() - zone_.offsetFor(local)};
    };
    // In milliseconds as well as in seconds.
    constexpr std::chrono::sys_seconds kFirst{};
    constexpr std::chrono::sys_seconds kLast = std::chrono::sys_days{std::chrono::year{9999} / 12 / 31};
    if (options.start || options.end) {
        return Range{options.start ? utc(*options.start) : kFirst, options.end ? utc(*options.end) : kLast};
    }
    const auto newest = newestTime(store_, *pump_, zone_);
    if (!newest) return std::nullopt;
    if (options.correctTimes) return Range{kFirst, kLast};
    return Range{*newest - std::chrono::days(options.days), kLast};
}

bool Backfill::wants(const Document& document) const {
    return document.time >= range_->first && document.time < range_->last + 1s &&
           events_->mayRepeat(document);
}

std::optional<Backfill::Mapped> Backfill::next() {
    if (portions_.empty()) return std::nullopt;
    const Portion portion = portions_.front();
    portions_.pop_front();
    const StoredRun run(store_, pump_->id, portion.run, zone_);
    const auto mapped = [&](Dating dating) {
        auto range = mapStored(store_, *pump_, run, portion.emitted, settings_, dating);
        std::erase_if(range.documents, [&](const Document& document) { return !wants(document); });
        return range;
    };
    auto range = mapped(datesAnew() ? Dating::Anew : Dating::Kept);
    Mapped result{std::move(range.documents), std::move(range.times), {}, {}};
    if (datesAnew()) compareWith(mapped(Dating::Kept).documents, result);
    std::erase_if(result.times, [&](const Store::Published& published) {
        return result.documents.empty() ||
               published.sequenceNumber < result.documents.front().sequenceNumber ||
               published.sequenceNumber > result.documents.back().sequenceNumber;
    });
    return result;
}

void Backfill::compareWith(const std::vector<Document>& former, Mapped& mapped) const {
    std::map<std::string_view, const Document*> present;
    for (const Document& document : mapped.documents) present.emplace(document.identifier, &document);
    std::set<std::string_view> same;
    for (const Document& before : former) {
        const auto now = present.find(before.identifier);
        if (now == present.end()) {
            mapped.gone.push_back(before.identifier);
        } else if (now->second->body == before.body) {
            same.insert(before.identifier);
        } else if (now->second->time != before.time) {
            mapped.former.emplace(before.identifier, before.time);
        }
    }
    if (correctTimes_) {
        std::erase_if(mapped.documents,
                      [&](const Document& document) { return same.contains(document.identifier); });
    }
}

bool Backfill::show(const Visit& visit) {
    const auto mapped = next();
    if (!mapped) return false;
    for (const Document& document : mapped->documents) {
        BackfillCounts& count = summary_[document.eventType];
        if (correctTimes_) {
            const auto before = mapped->former.find(document.identifier);
            ++count.changed;
            visit(document, before == mapped->former.end() ? std::nullopt : std::optional(before->second));
            continue;
        }
        const bool known = store_.isKnown(document);
        ++(known ? (force_ ? count.changed : count.known) : count.added);
        if (!known || force_) visit(document, std::nullopt);
    }
    return true;
}

void Backfill::put(Store& store, std::span<const Document> documents) {
    const QueueResult queued = datesAnew() ? store.requeueDocuments(pump_->id, documents, {})
                                           : store.queueDocuments(pump_->id, documents, {});
    BackfillCounts& count = summary_[documents.front().eventType];
    count.added += queued.added;
    count.changed += queued.changed;
    count.known += queued.known;
    count.refused += queued.refused;
}

bool Backfill::queue(Store& store) {
    auto mapped = next();
    if (!mapped) return false;
    Store::Group group(store);
    if (!datesAnew()) store.queueDocuments(pump_->id, {}, mapped->times);
    std::ranges::stable_sort(mapped->documents, {}, &Document::eventType);
    for (auto at = mapped->documents.begin(); at != mapped->documents.end();) {
        const auto end = std::find_if(at, mapped->documents.end(), [&](const Document& other) {
            return other.eventType != at->eventType;
        });
        put(store, {at, end});
        at = end;
    }
    store.withdrawDocuments(mapped->gone);
    if (datesAnew()) store.requeueDocuments(pump_->id, {}, mapped->times);
    group.commit();
    return true;
}

} // namespace bridge
