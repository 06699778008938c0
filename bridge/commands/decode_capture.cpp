// SPDX-License-Identifier: MIT
#include "bridge/commands/decode_capture.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <ostream>
#include <system_error>
#include <utility>
#include <vector>

#include "bridge/config/key_file.hpp"
#include "capture/decoder.hpp"
#include "capture/redact.hpp"
#include "protocol/history/record.hpp"
#include "therapy/dating.hpp"

namespace bridge {
namespace {

std::optional<protocol::sake::KeyDatabase> readKeys(const DecodeOptions& options, const Streams& streams) {
    if (!options.keyDatabase.empty()) return readKeyFile(options.keyDatabase);
    if (options.configuredKeyDatabase.empty()) return std::nullopt;
    try {
        return readKeyFile(options.configuredKeyDatabase);
    } catch (const KeyFileError& error) {
        streams.err << error.what() << "; going on without keys\n";
        return std::nullopt;
    }
}

bool wanted(const capture::Line& line, const DecodeOptions& options) {
    const auto time = std::chrono::floor<std::chrono::seconds>(line.stamp.time);
    const protocol::LocalSeconds seconds(time.time_since_epoch());
    if (options.from && seconds < *options.from) return false;
    if (options.to && seconds > *options.to) return false;
    if (!options.handshakeOnly && !options.historyOnly) return true;
    if (line.kind == capture::Line::Kind::Note) return true;
    return (options.handshakeOnly && line.kind == capture::Line::Kind::Sake) ||
           (options.historyOnly && line.kind == capture::Line::Kind::History);
}

/// Dates for records in the order in which they came: the newest day first, some twice (history_sync.hpp).
class RecordDates {
public:
    void add(protocol::ByteView raw) {
        const auto header = protocol::history::parseHeader(raw);
        // A record of data corruption has no number, but a place.
        if (header && header->sequenceNumber != protocol::history::kCorruptionSequenceNumber)
            number_ = header->sequenceNumber;
        records_.push_back({number_, {raw.begin(), raw.end()}});
    }
    void finish() {
        std::vector<std::size_t> order(records_.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::ranges::stable_sort(order, {}, [this](std::size_t i) { return records_[i].first; });
        places_.resize(records_.size());
        std::vector<protocol::Bytes> once;
        for (std::size_t i = 0; i < order.size(); ++i) {
            const bool again = i > 0 && records_[order[i]] == records_[order[i - 1]];
            if (!again) once.push_back(records_[order[i]].second);
            places_[order[i]] = once.size() - 1;
        }
        times_ = therapy::localTimes(once);
    }
    /// Of the record that was added at `index`.
    [[nodiscard]] std::optional<protocol::LocalSeconds> at(std::size_t index) const {
        return times_[places_[index]];
    }

private:
    std::uint32_t number_ = 0;
    std::vector<std::pair<std::uint32_t, protocol::Bytes>> records_;
    std::vector<std::size_t> places_; ///< in times_
    std::vector<std::optional<protocol::LocalSeconds>> times_;
};

std::string rendered(const capture::Line& line, const DecodeOptions& options) {
    return options.json ? capture::toJsonLine(line) : capture::toTextLine(line);
}

struct Waiting {
    std::string text;
    std::optional<capture::Line> record; ///< without a text: not dated yet
    std::size_t index;                   ///< among all records
};

} // namespace

int decodeCaptureFile(const std::string& name, protocol::ByteView file, const DecodeOptions& options,
                      const Streams& streams) {
    const auto keys = readKeys(options, streams);
    // A record may be dated by a reference that comes after it: lines wait for the end.
    RecordDates dates;
    std::size_t records = 0;
    bool good = true;
    std::vector<Waiting> lines;
    const auto damage = capture::decode(file, keys ? &*keys : nullptr, [&](capture::Line line) {
        const bool shown = wanted(line, options);
        if (line.problem) good = false;
        if (line.record) {
            dates.add(line.record->raw);
            const std::size_t index = records++;
            if (shown) lines.push_back({{}, std::move(line), index});
        } else if (shown) {
            lines.push_back({rendered(line, options), std::nullopt, 0});
        }
    });
    dates.finish();
    for (Waiting& each : lines) {
        if (each.record) {
            each.record->record->localTime = dates.at(each.index);
            each.text = rendered(*each.record, options);
        }
        streams.out << each.text << '\n';
    }
    if (damage) streams.err << name << ": damaged: " << protocol::toString(*damage) << '\n';
    return good && !damage ? kDone : kFoundProblem;
}

int redactCapture(const std::string& from, const std::string& to, const Streams& streams) {
    std::ifstream in(from, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    if (!in) {
        streams.err << from << ": cannot be read\n";
        return kWrongUsage;
    }
    const auto redaction =
        capture::redact({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    if (redaction.has_error()) {
        streams.err << from << ": not a capture: " << protocol::toString(redaction.error()) << '\n';
        return kFoundProblem;
    }
    std::error_code ignored;
    if (std::filesystem::exists(to, ignored)) {
        streams.err << to << ": exists already; it is not replaced\n";
        return kWrongUsage;
    }
    std::ofstream out(to, std::ios::binary);
    out.write(reinterpret_cast<const char*>(redaction->file.data()), std::ssize(redaction->file));
    out.close();
    if (!out) {
        streams.err << to << ": cannot be written\n";
        return kFoundProblem;
    }
    streams.err << to << ": " << redaction->packets
                << " packets, without keys, addresses and serial numbers\n";
    if (!redaction->damage) return kDone;
    streams.err << from << ": damaged: " << protocol::toString(*redaction->damage) << '\n';
    return kFoundProblem;
}

} // namespace bridge
