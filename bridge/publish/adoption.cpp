// SPDX-License-Identifier: MIT
#include "bridge/publish/adoption.hpp"

#include <spdlog/logger.h>

#include <algorithm>
#include <utility>

#include "bridge/publish/stored_run.hpp"

namespace bridge {

using namespace std::chrono_literals;
using nightscout::Collection;
using nightscout::Kind;
using nightscout::UtcMilliseconds;
using std::chrono::seconds;
using therapy::ClockOffset;

namespace {

/// Longer ago than any pump's memory reaches.
constexpr std::chrono::days kOldestAsked{100};
/// Around the world and back: under which day a document went out is not known either.
constexpr std::chrono::hours kAnyOffset{27};
/// What was dated wrongly may lie in the future.
constexpr std::chrono::sys_seconds kEver = std::chrono::sys_days{std::chrono::year{9999} / 12 / 31};
/// How far two bridges may date one segment apart and both be right.
constexpr seconds kSameDating{150};
/// A clock may be that far ahead of ours.
constexpr seconds kAhead{30};

std::array<std::uint8_t, 16> uuidOf(std::string_view text) {
    std::string digits(text);
    std::erase(digits, '-');
    std::array<std::uint8_t, 16> uuid{};
    const auto bytes = protocol::fromHex(digits);
    if (bytes && bytes->size() == uuid.size()) std::ranges::copy(*bytes, uuid.begin());
    return uuid;
}

/// The kinds that records of old segments are known by: one of them comes every five minutes.
constexpr std::array kFrequentKinds{Kind::Sgv, Kind::AutoBasal, Kind::Bolus};

} // namespace

Adoption::Adoption(Store& store, const HostClock& host, std::function<void(const PumpInfo&)> answered,
                   spdlog::logger& log)
    : store_(store), host_(host), answered_(std::move(answered)), log_(log) {}

std::set<Adoption::Dating> Adoption::newDatings(const PumpInfo& pump) const {
    std::set<Dating> datings{{pump.id, pump.epoch, -1, 0s}};
    for (const ClockOffset& offset : store_.clockOffsets(pump.id)) {
        if (offset.source != therapy::OffsetSource::Lost)
            datings.insert({pump.id, pump.epoch, offset.from, offset.offset});
    }
    std::erase_if(datings, [this](const Dating& dating) { return asked_.contains(dating); });
    return datings;
}

bool Adoption::mayPublish(const PumpInfo& pump) {
    auto datings = newDatings(pump);
    if (datings.empty()) return true;
    const auto published = store_.newestPublished(pump.id);
    // Since when to ask is said by what was sent, or else by a clock that must be right.
    if (!question_ && (published || host_.trusted())) open(pump, std::move(datings), published);
    return false;
}

void Adoption::open(const PumpInfo& pump, std::set<Dating> datings,
                    std::optional<std::chrono::sys_seconds> published) {
    Question question{pump, std::move(datings), !published, {}, kEver};
    question.from = published ? *published - kAnyOffset : host_.now() - kOldestAsked;
    question_ = std::move(question);
}

boost::asio::awaitable<nightscout::Reply> Adoption::ask(nightscout::UploadApi& api) {
    auto listed = co_await api.list(question_->collection, question_->from, question_->before);
    if (listed.reply.verdict == nightscout::Verdict::Refused) {
        // To write may be permitted all the same: that is seen at once.
        log_.warn("nightscout: the secret or token may not read what the site has: {}", listed.reply.reason);
        close();
        co_return nightscout::Reply{};
    }
    if (!listed.reply.accepted()) co_return std::move(listed.reply);
    const auto& page = listed.page;
    question_->found += page.documents.size();
    for (const auto& document : page.documents)
        onSite_.emplace_back(uuidOf(document.identifier), document.time);
    if (page.full && page.oldest) {
        // Others of the same millisecond may be on the next page.
        const UtcMilliseconds next = *page.oldest + 1ms;
        question_->before = next < question_->before ? next : *page.oldest;
    } else if (question_->collection == Collection::Entries) {
        question_->collection = Collection::Treatments;
        question_->before = kEver;
    } else {
        close();
    }
    co_return std::move(listed.reply);
}

void Adoption::close() {
    const Question question = std::move(*question_);
    question_.reset();
    asked_.insert(question.datings.begin(), question.datings.end());
    // The last answer counts.
    std::ranges::reverse(onSite_);
    std::ranges::stable_sort(onSite_, {}, &std::pair<Uuid, UtcMilliseconds>::first);
    const auto same = [](const auto& a, const auto& b) { return a.first == b.first; };
    onSite_.erase(std::unique(onSite_.begin(), onSite_.end(), same), onSite_.end());
    if (question.everything) {
        keepSiteBefore(store_, question.pump.id,
                       question.found == 0 ? SiteBefore::Empty : SiteBefore::HadOurs);
        if (question.found > 0)
            log_.info("nightscout: the site has {} documents of a pump like this; their times are kept",
                      question.found);
    }
    answered_(question.pump);
}

std::optional<UtcMilliseconds> Adoption::timeOnSite(const std::string& identifier) const {
    const Uuid wanted = uuidOf(identifier);
    const auto found =
        std::ranges::lower_bound(onSite_, wanted, {}, &std::pair<Uuid, UtcMilliseconds>::first);
    return found == onSite_.end() || found->first != wanted ? std::nullopt : std::optional(found->second);
}

bool Adoption::adopt(const PumpInfo& pump, const StoredRun& run, const MappedRange& mapped) {
    if (onSite_.empty()) return false;
    const bool times = adoptTimes(pump, run, mapped);
    return adoptOffsets(pump, run, mapped) || times;
}

/// Each document that the site has keeps its time; the last one of a segment that is near the computed time
/// dates the rest of it.
bool Adoption::adoptTimes(const PumpInfo& pump, const StoredRun& run, const MappedRange& mapped) {
    std::vector<Store::Published> kept, wrong;
    std::map<std::uint32_t, ClockOffset> adopted; // by `from`
    std::optional<std::uint32_t> last;
    for (const nightscout::Document& document : mapped.documents) {
        // The others are fixed: nothing is to be found out of them.
        if (!std::ranges::binary_search(mapped.times, document.sequenceNumber, {},
                                        &Store::Published::sequenceNumber))
            continue;
        const auto onSite = timeOnSite(document.identifier);
        const auto shift = onSite ? std::chrono::floor<seconds>(*onSite - document.time) : 0s;
        if (shift == 0s || std::exchange(last, document.sequenceNumber) == document.sequenceNumber) continue;
        const auto record = run.record(document.sequenceNumber);
        if (!record || !record->record || !record->time) continue;
        const auto local = run.timeLine().localTime(record->record->header);
        if (!local) continue;
        const auto time = *record->time + shift;
        const seconds offset = local->time.time_since_epoch() - time.time_since_epoch();
        // What the zone says is a guess; what is on the site was measured once.
        const auto computed = run.utc().offsetOf(*local);
        const bool guessed = computed.source == therapy::OffsetSource::Zone;
        const bool possible = therapy::isPossibleOffset(offset) && time <= host_.now() + kAhead;
        if (guessed ? !possible : std::chrono::abs(shift) > kSameDating) {
            wrong.push_back({record->sequenceNumber, time});
            continue;
        }
        kept.push_back({record->sequenceNumber, time});
        const auto& segment = run.timeLine().segments()[local->segment];
        ClockOffset taken = computed.kept != nullptr
                                ? *computed.kept
                                : ClockOffset{segment.firstSequenceNumber, offset, offset, host_.now()};
        taken.offset = offset;
        taken.source = therapy::OffsetSource::Adopted;
        adopted.insert_or_assign(taken.from, taken);
    }
    store_.queueDocuments(pump.id, {}, kept);
    store_.keepWrongTimes(pump.id, wrong);
    for (const auto& [from, offset] : adopted) keep(pump, offset);
    if (!wrong.empty())
        log_.warn(
            "nightscout: {} records are on the site at another time; 'pump-bridge upload --correct-times' "
            "moves them",
            wrong.size());
    return !kept.empty() || !wrong.empty();
}

/// Segments that nothing here dates take the offset that the site's documents were dated by.
bool Adoption::adoptOffsets(const PumpInfo& pump, const StoredRun& run, const MappedRange& mapped) {
    const auto segments = run.timeLine().segments();
    std::map<std::size_t, ClockOffset> adopted; // by segment
    for (const std::uint32_t number : mapped.held) {
        const auto record = run.record(number);
        if (!record || !record->record || !record->localTime || record->hold != therapy::Hold::NotMeasured)
            continue;
        const auto local = run.timeLine().localTime(record->record->header);
        // The newest segment is measured soon.
        if (!local || local->segment + 1 == segments.size()) continue;
        for (const Kind kind : kFrequentKinds) {
            const auto onSite =
                timeOnSite(nightscout::identifier(pump.serial, kind, protocol::toHex(record->raw)));
            if (!onSite) continue;
            const auto time = kind == Kind::Sgv ? record->localSampleTime : record->localTime;
            const auto utc = std::chrono::floor<seconds>(*onSite);
            if (!time || utc > host_.now() + kAhead) continue;
            const seconds offset = time->time_since_epoch() - utc.time_since_epoch();
            if (!therapy::isPossibleOffset(offset)) continue;
            adopted.insert_or_assign(local->segment,
                                     ClockOffset{segments[local->segment].firstSequenceNumber, offset, offset,
                                                 host_.now(), therapy::OffsetSource::Adopted});
        }
    }
    for (const auto& [segment, offset] : adopted) keep(pump, offset);
    return !adopted.empty();
}

void Adoption::keep(const PumpInfo& pump, const ClockOffset& offset) {
    store_.keepClockOffset(pump.id, offset);
    asked_.insert({pump.id, pump.epoch, offset.from, offset.offset});
    log_.info(
        "nightscout: the pump's clock is taken to be {} s ahead of UTC from record {} on, as the site has it",
        offset.offset.count(), offset.from);
}

} // namespace bridge
