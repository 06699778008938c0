// SPDX-License-Identifier: MIT
#include "bridge/session/history_sync.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>

#include <exception>
#include <limits>

#include "bridge/session/sync_plan.hpp"
#include "protocol/history/record.hpp"

namespace bridge {

namespace history = protocol::history;
using racp = protocol::HistoryRacp;

namespace {

/// Commits records as they arrive, in small transactions.
class Collector {
public:
    Collector(Store& store, PumpId pump, SequenceRange asked, std::size_t commitEvery,
              const HistorySync::Clocks& clocks, spdlog::logger& log)
        : store_(store), pump_(pump), asked_(asked), commitEvery_(commitEvery), clocks_(clocks), log_(log) {}

    void add(protocol::Bytes raw) {
        const auto header = history::parseHeader(raw);
        if (!header) {
            log_.warn("history: {} bytes that are no record dropped ({})", raw.size(),
                      protocol::toString(header.error()));
            return;
        }
        const auto number = header->sequenceNumber;
        const bool numbered = number != history::kCorruptionSequenceNumber;
        if (numbered && (number < asked_.first || number > asked_.last)) {
            ++foreign_;
            return;
        }
        pending_.push_back({number, std::move(raw)});
        if (pending_.size() >= commitEvery_) commit();
    }

    void commit() {
        if (pending_.empty()) return;
        const auto result = store_.addRecords(pump_, pending_, clocks_.utc());
        newEpoch_ = newEpoch_ || result.newEpoch;
        added_ += result.added;
        dropped_ += result.refused;
        pending_.clear();
    }

    /// What was wrong, in one line.
    void report() const {
        if (foreign_ > 0)
            log_.warn("history: {} records outside of {} to {} came with the report, and are dropped",
                      foreign_, asked_.first, asked_.last);
        if (dropped_ > 0)
            log_.warn("history: {} records came with a number that another record has, and are dropped",
                      dropped_);
    }
    [[nodiscard]] bool newEpoch() const { return newEpoch_; }
    [[nodiscard]] std::size_t added() const { return added_; }

private:
    Store& store_;
    PumpId pump_;
    SequenceRange asked_;
    std::size_t commitEvery_;
    const HistorySync::Clocks& clocks_;
    spdlog::logger& log_;
    std::vector<ReceivedRecord> pending_;
    std::size_t added_ = 0;
    std::size_t dropped_ = 0;
    std::size_t foreign_ = 0;
    bool newEpoch_ = false;
};

/// The report has said all there is.
bool finished(racp::ResponseCode code) {
    return code == racp::ResponseCode::Success || code == racp::ResponseCode::NoRecordsFound;
}

std::uint32_t doubled(std::uint32_t limit) {
    constexpr auto kMost = std::numeric_limits<std::uint32_t>::max();
    return limit > kMost / 2 ? kMost : limit * 2;
}

std::optional<std::uint32_t> sequenceNumber(const std::optional<protocol::Bytes>& raw) {
    if (!raw) return std::nullopt;
    const auto header = history::parseHeader(*raw);
    if (!header || header->sequenceNumber == history::kCorruptionSequenceNumber) return std::nullopt;
    return header->sequenceNumber;
}

} // namespace

HistorySync::HistorySync(Store& store, HistoryReader& reader, SyncSettings settings, Clocks clocks,
                         SessionListener& listener, spdlog::logger& log)
    : store_(store),
      reader_(reader),
      settings_(settings),
      clocks_(std::move(clocks)),
      listener_(listener),
      log_(log) {}

asio::awaitable<void> HistorySync::run(PumpInfo pump) {
    const auto onPump = co_await askRange(pump);
    if (!onPump) {
        log_.info("history: the pump holds no records");
        co_return;
    }
    const auto lacking = [&] { return missingIn(pump, *onPump); };
    const std::uint64_t wanted = lacking();
    if (wanted > 0) {
        log_.info("history: the pump holds records {} to {}, {} of them are new", onPump->first, onPump->last,
                  wanted);
    }
    std::uint32_t limit = settings_.firstRange;
    for (unsigned count = 0; count < settings_.rangesAtOnce; ++count) {
        const auto range = nextRange(store_.covered(pump.id), *onPump, limit);
        if (!range) co_return;
        const bool any = co_await fetch(pump, *range);
        log_.info("history: {} of {} records fetched", wanted - lacking(), wanted);
        // Numbers may jump by millions: what is empty is crossed in ever longer steps.
        limit = any ? settings_.nextRanges : doubled(std::max(limit, settings_.nextRanges));
        if (pause_) co_await pause_();
    }
    log_.warn("history: the pump claims records {} to {}, too many to ask for in one go", onPump->first,
              onPump->last);
}

asio::awaitable<bool> HistorySync::runNewest(PumpInfo pump) {
    constexpr std::uint32_t kToTheNewest = 0xffffffff; // docs/protocol/history.md 2
    const auto before = store_.covered(pump.id);
    if (before.empty()) co_return false;
    if (before.back().last >= kToTheNewest - 1) co_return false; // there is no number after it
    const std::uint32_t first = before.back().last + 1;
    const auto code = co_await fetchOnce(pump, {first, kToTheNewest});
    const std::uint32_t last = store_.covered(pump.id).back().last;
    // What came without a number of its own is Data Corruption: stored, and no place is known to be filled.
    if (last < first) co_return code == racp::ResponseCode::Success;
    for (const SequenceRange& gap : missing(store_.covered(pump.id), {first, last}))
        co_await fetch(pump, gap);
    listener_.recordsStored(pump, {first, last});
    co_return true;
}

asio::awaitable<std::optional<SequenceRange>> HistorySync::askRange(PumpInfo& pump) {
    const auto lastRecord = co_await reader_.last();
    listener_.progressed();
    const auto newest = sequenceNumber(lastRecord);
    const auto oldest = sequenceNumber(co_await reader_.first());
    listener_.progressed();
    if (!newest || !oldest) co_return std::nullopt;
    if (*oldest > *newest) {
        throw ble::LinkError(
            ble::LinkErrorKind::Protocol,
            fmt::format("the pump's oldest record {} is newer than its newest {}", *oldest, *newest));
    }
    const auto held = store_.held(pump.id);
    if (!held.empty() && *newest < held.back().last) {
        restartNumbering(pump, *newest, held.back().last);
    } else {
        Collector collector{store_, pump.id, {*newest, *newest}, 1, clocks_, log_};
        collector.add(*lastRecord); // shows a numbering that began again by its bytes
        collector.report();
        if (collector.newEpoch())
            log_.warn("history: record {} has changed, a new numbering has begun", *newest);
    }
    noteLost(pump, *oldest);
    store_.noteOldest(pump.id, *oldest);
    co_return SequenceRange{*oldest, *newest};
}

void HistorySync::restartNumbering(const PumpInfo& pump, std::uint32_t newest, std::uint32_t heldUpTo) {
    log_.warn("history: the pump counts records from the beginning again (newest {}, held up to {})", newest,
              heldUpTo);
    store_.beginEpoch(pump.id);
}

void HistorySync::noteLost(const PumpInfo& pump, std::uint32_t oldest) {
    const auto covered = store_.covered(pump.id);
    if (covered.empty() || oldest <= covered.front().first) return;
    for (const SequenceRange& lost : missing(covered, {covered.front().first, oldest - 1})) {
        log_.warn("history: records {} to {} are lost: the pump has overwritten them before they were read",
                  lost.first, lost.last);
        store_.markAbsent(pump.id, lost);
    }
}

// True when a record came.
asio::awaitable<bool> HistorySync::fetch(PumpInfo& pump, SequenceRange range) {
    const auto before = size(range) - missingIn(pump, range);
    std::vector<SequenceRange> open{range};
    std::optional<racp::ResponseCode> refusal;
    for (int attempt = 1; attempt <= settings_.attempts && !open.empty(); ++attempt) {
        // Many small holes are asked for as one: a report costs a round trip, a record a fraction of one.
        if (open.size() > 8) open = {{open.front().first, open.back().last}};
        refusal.reset();
        for (const SequenceRange part : open) {
            try {
                if (const auto code = co_await fetchOnce(pump, part); !finished(code)) refusal = code;
            } catch (const ble::LinkError& error) { // no answer at all, as it were: asked again
                if (error.kind() != ble::LinkErrorKind::Protocol || attempt == settings_.attempts) throw;
                log_.warn("history: {}", error.what());
            }
        }
        open = missing(store_.covered(pump.id), range);
        if (!open.empty()) {
            log_.debug("history: {} gaps in {} records, attempt {} of {}", open.size(), size(range), attempt,
                       settings_.attempts);
        }
    }
    if (!open.empty() && refusal) { // it does not say that it lacks them
        throw ble::LinkError(ble::LinkErrorKind::Refused,
                             fmt::format("the pump does not report records {} to {}: {}", open.front().first,
                                         open.back().last, racp::name(*refusal)));
    }
    const bool any = size(range) - missingIn(pump, range) > before;
    for (const SequenceRange& gone : open) {
        log_.warn("history: the pump does not have records {} to {}", gone.first, gone.last);
        store_.markAbsent(pump.id, gone);
    }
    listener_.recordsStored(pump, range);
    co_return any;
}

std::uint64_t HistorySync::missingIn(const PumpInfo& pump, SequenceRange range) const {
    std::uint64_t count = 0;
    for (const SequenceRange& gap : missing(store_.covered(pump.id), range)) count += size(gap);
    return count;
}

asio::awaitable<racp::ResponseCode> HistorySync::fetchOnce(PumpInfo& pump, SequenceRange range) {
    Collector collector{store_, pump.id, range, settings_.commitEvery, clocks_, log_};
    HistoryReader::RecordSink sink = [&collector](protocol::Bytes raw) { collector.add(std::move(raw)); };
    std::exception_ptr failure;
    racp::ResponseCode code{};
    try {
        code = co_await reader_.report(range, std::move(sink));
    } catch (...) {
        failure = std::current_exception();
    }
    collector.commit(); // also after a lost link: what came whole is kept
    collector.report();
    if (failure) std::rethrow_exception(failure);
    listener_.progressed();
    if (!finished(code)) {
        log_.warn("history: report {} to {} ended with \"{}\" (0x{:02x})", range.first, range.last,
                  racp::name(code), static_cast<unsigned>(code));
    }
    log_.debug("history: range {} to {} new={}", range.first, range.last, collector.added());
    co_return code;
}

} // namespace bridge
