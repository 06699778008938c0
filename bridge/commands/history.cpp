// SPDX-License-Identifier: MIT
#include "bridge/commands/history.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <deque>
#include <map>
#include <ostream>
#include <utility>

#include "bridge/publish/stored_run.hpp"
#include "capture/shown_record.hpp"
#include "protocol/codec/utc_time.hpp"
#include "protocol/history/record.hpp"

namespace bridge {
namespace {

namespace codec = protocol::history;
constexpr SequenceRange kAll{0, 0xffffffff};

std::string csvField(const std::string& text) {
    if (text.find_first_of("\",\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + '"';
}

std::string toCsvLine(const capture::ShownRecord& view) {
    const auto header = codec::parseHeader(view.raw);
    std::string line = header ? std::to_string(header->sequenceNumber) : "";
    line += ',';
    if (view.localTime) line += protocol::toString(*view.localTime);
    line += ',';
    if (view.time) line += protocol::toIso(*view.time);
    line += ',';
    if (header) line += codec::eventName(header->eventType);
    return line + ',' + csvField(capture::toDetails(view)) + ',' + protocol::toHex(view.raw);
}

class Lister {
public:
    Lister(const HistoryOptions& options, const Store& store, const PumpInfo& pump, const therapy::Zone* zone,
           const Streams& streams)
        : options_(options), store_(store), pump_(pump), streams_(streams), zone_(zone) {}

    int run() {
        if (options_.form == HistoryOptions::Form::Csv) {
            streams_.out << "sequence_number,local_time,time,event_name,details,raw\n";
        }
        const auto held = store_.held(pump_.id);
        if (options_.last > 0) {
            for (auto range = held.rbegin(); range != held.rend() && !full(); ++range) visitNewest(*range);
            for (const Line& line : newest_) {
                streams_.out << line.text << '\n';
                good_ = good_ && line.good;
            }
        } else {
            for (const SequenceRange& range : held) visit(range, range);
        }
        return good_ ? kDone : kFoundProblem;
    }

private:
    struct Line {
        std::string text;
        bool good; ///< the record could be decoded
    };

    /// The records of `part` of a gap-free run.
    void visit(const SequenceRange& run, const SequenceRange& part) {
        const StoredRun stored(store_, pump_.id, run, zone_ != nullptr ? *zone_ : utc_);
        store_.forEachRecord(pump_.id, part, [&](const StoredRecord& record) { visit(stored, record); });
    }

    /// From the end, and no further than for as many as are asked for.
    void visitNewest(const SequenceRange& run) {
        constexpr std::uint32_t kPart = 1000;
        for (std::uint64_t end = std::uint64_t{run.last} + 1; end > run.first && !full();) {
            const auto first =
                static_cast<std::uint32_t>(end - std::min<std::uint64_t>(end - run.first, kPart));
            std::deque<Line> later = std::exchange(newest_, {});
            visit(run, {first, static_cast<std::uint32_t>(end - 1)});
            newest_.insert(newest_.end(), later.begin(), later.end());
            while (newest_.size() > options_.last) newest_.pop_front();
            end = first;
        }
    }
    [[nodiscard]] bool full() const { return newest_.size() >= options_.last; }

    void visit(const StoredRun& run, const StoredRecord& stored) {
        const auto dated = run.dated(stored);
        capture::ShownRecord view{stored.raw, dated.localTime, stored.publishedAt};
        if (!view.time && zone_ != nullptr) view.time = dated.time;
        if (!wanted(view)) return;
        emit({format(view), view.decoded.has_value()});
    }

    [[nodiscard]] bool wanted(const capture::ShownRecord& view) const {
        if (options_.from && (!view.localTime || *view.localTime < *options_.from)) return false;
        if (options_.to && (!view.localTime || *view.localTime > *options_.to)) return false;
        if (!options_.type) return true;
        const auto header = codec::parseHeader(view.raw);
        return header && header->eventType == *options_.type;
    }

    [[nodiscard]] std::string format(const capture::ShownRecord& view) const {
        switch (options_.form) {
            case HistoryOptions::Form::Json:
                return capture::toJsonLine(view);
            case HistoryOptions::Form::Csv:
                return toCsvLine(view);
            case HistoryOptions::Form::Hex:
                return protocol::toHex(view.raw);
            case HistoryOptions::Form::Text:
                break;
        }
        return capture::toTextLine(view);
    }

    void emit(Line line) {
        if (options_.last > 0) {
            newest_.push_back(std::move(line));
            return;
        }
        streams_.out << line.text << '\n';
        good_ = good_ && line.good;
    }

    const HistoryOptions& options_;
    const Store& store_;
    const PumpInfo& pump_;
    const Streams& streams_;
    const therapy::Zone* zone_;                              ///< may be null
    therapy::Zone utc_ = therapy::Zone::find("UTC").value(); ///< for local times alone
    std::deque<Line> newest_;
    bool good_ = true;
};

void printRange(const SequenceRange& range, std::string_view what, const HistoryOptions& options,
                std::ostream& out) {
    if (options.form == HistoryOptions::Form::Json) {
        out << R"({"first":)" << range.first << R"(,"last":)" << range.last << R"(,"state":")" << what
            << "\"}\n";
    } else {
        out << range.first << ".." << range.last << "  " << what << '\n';
    }
}

/// What is missing between the first and the last record held.
int listGaps(const HistoryOptions& options, const Store& store, const PumpInfo& pump,
             const Streams& streams) {
    for (const SequenceRange& range : store.absent(pump.id)) {
        printRange(range, "absent: the pump does not have these", options, streams.out);
    }
    const auto covered = store.covered(pump.id);
    for (std::size_t i = 1; i < covered.size(); ++i) {
        printRange({covered[i - 1].last + 1, covered[i].first - 1}, "missing: not fetched yet", options,
                   streams.out);
    }
    return kDone;
}

int summarise(const HistoryOptions& options, const Store& store, const PumpInfo& pump,
              const Streams& streams) {
    std::map<std::uint16_t, std::size_t> counts;
    std::size_t total = 0;
    std::size_t undecodable = 0;
    store.forEachRecord(pump.id, kAll, [&](const StoredRecord& stored) {
        ++total;
        if (!codec::decode(stored.raw)) ++undecodable;
        if (const auto header = codec::parseHeader(stored.raw)) ++counts[header->eventType];
    });
    const bool json = options.form == HistoryOptions::Form::Json;
    for (const auto& [type, count] : counts) {
        if (json) {
            streams.out << R"({"event_type":)" << type << R"(,"event_name":")" << codec::eventName(type)
                        << R"(","count":)" << count << "}\n";
        } else {
            streams.out << count << '\t' << codec::eventName(type) << '\n';
        }
    }
    const auto held = store.held(pump.id);
    streams.err << total << " records";
    if (!held.empty()) streams.err << ", " << held.front().first << ".." << held.back().last;
    streams.err << ", " << undecodable << " that cannot be decoded\n";
    return undecodable == 0 ? kDone : kFoundProblem;
}

/// Reads exactly `digits` digits.
std::optional<unsigned> takeNumber(std::string_view& text, std::size_t digits) {
    unsigned value = 0;
    if (text.size() < digits) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + digits, value);
    if (error != std::errc{} || end != text.data() + digits) return std::nullopt;
    text.remove_prefix(digits);
    return value;
}

bool takeMark(std::string_view& text, std::string_view marks) {
    if (text.empty() || marks.find(text.front()) == std::string_view::npos) return false;
    text.remove_prefix(1);
    return true;
}

} // namespace

std::optional<protocol::LocalSeconds> parsePumpTime(const std::string& given, bool endOfDay) {
    std::string_view text = given;
    const auto year = takeNumber(text, 4);
    if (!year || !takeMark(text, "-")) return std::nullopt;
    const auto month = takeNumber(text, 2);
    if (!month || !takeMark(text, "-")) return std::nullopt;
    const auto day = takeNumber(text, 2);
    if (!day) return std::nullopt;
    std::array<unsigned, 3> clock{0, 0, 0};
    if (text.empty()) {
        if (endOfDay) clock = {23, 59, 59};
    } else {
        constexpr std::array<std::string_view, 3> kMarks{"T ", ":", ":"};
        for (std::size_t i = 0; i < clock.size() && (i < 2 || !text.empty()); ++i) {
            if (!takeMark(text, kMarks[i])) return std::nullopt;
            const auto part = takeNumber(text, 2);
            if (!part || *part > (i == 0 ? 23U : 59U)) return std::nullopt;
            clock[i] = *part;
        }
        if (!text.empty()) return std::nullopt;
    }
    const protocol::DateTime time{static_cast<std::uint16_t>(*year),   static_cast<std::uint8_t>(*month),
                                  static_cast<std::uint8_t>(*day),     static_cast<std::uint8_t>(clock[0]),
                                  static_cast<std::uint8_t>(clock[1]), static_cast<std::uint8_t>(clock[2])};
    return time.local();
}

int history(const HistoryOptions& options, const Store& store, const therapy::Zone* zone,
            const Streams& streams) {
    const std::vector<PumpInfo> pumps = store.pumps();
    const auto pump = std::ranges::find_if(
        pumps, [&](const PumpInfo& info) { return options.pump.empty() || info.serial == options.pump; });
    if (pump == pumps.end()) {
        streams.err << "the store holds no records"
                    << (options.pump.empty() ? "" : " of pump " + options.pump) << '\n';
        return kFoundProblem;
    }
    switch (options.report) {
        case HistoryOptions::Report::Gaps:
            return listGaps(options, store, *pump, streams);
        case HistoryOptions::Report::Summary:
            return summarise(options, store, *pump, streams);
        case HistoryOptions::Report::Records:
            break;
    }
    return Lister(options, store, *pump, zone, streams).run();
}

} // namespace bridge
