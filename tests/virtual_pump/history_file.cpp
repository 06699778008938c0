// SPDX-License-Identifier: MIT
#include <chrono>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <variant>

#include "protocol/history/record.hpp"
#include "virtual_pump/history_source.hpp"

namespace virtual_pump {

namespace history = protocol::history;
using protocol::Bytes;
using protocol::DateTime;
using protocol::LocalSeconds;

namespace {

std::optional<LocalSeconds> referenceTime(const history::EventData& data) {
    if (const auto* ngp = std::get_if<history::NgpReferenceTime>(&data)) return ngp->dateTime.local();
    if (const auto* sig = std::get_if<history::ReferenceTime>(&data)) return sig->dateTime.local();
    return std::nullopt;
}

/// Of the last record: on the clock of its governing reference.
std::optional<LocalSeconds> endOf(const std::vector<Bytes>& records) {
    std::optional<LocalSeconds> end;
    std::optional<LocalSeconds> reference;
    for (const Bytes& raw : records) {
        const auto header = history::parseHeader(raw);
        if (!header.has_value()) continue;
        if (const auto record = history::decode(raw); record.has_value()) {
            if (const auto time = referenceTime(record->data)) {
                end = reference = time;
                continue;
            }
        }
        if (reference && header->sequenceNumber != history::kCorruptionSequenceNumber) {
            end = *reference + std::chrono::seconds{header->relativeOffset};
        }
    }
    return end;
}

void shift(DateTime& dateTime, std::chrono::seconds by) {
    if (const auto time = dateTime.local()) dateTime = DateTime::from(*time + by);
}

struct Shifter {
    std::chrono::seconds by;

    void operator()(history::NgpReferenceTime& event) const { shift(event.dateTime, by); }
    void operator()(history::ReferenceTime& event) const { shift(event.dateTime, by); }
    void operator()(history::ReferenceTimeBaseOffset& event) const { shift(event.baseTime, by); }
    void operator()(history::AnnunciationConsolidated& event) const {
        if (!event.timestamp) return;
        event.timestamp = protocol::toPumpEpoch(protocol::fromPumpEpoch(*event.timestamp) + by);
    }
    void operator()(history::TotalDailyInsulinDelivery& event) const {
        DateTime noon{event.year, event.month, event.day, 12, 0, 0};
        shift(noon, by);
        event.year = noon.year;
        event.month = noon.month;
        event.day = noon.day;
    }
    template <typename Other>
    void operator()(Other&) const {}
};

} // namespace

std::vector<Bytes> readHistoryFile(const std::string& path) {
    std::ifstream file(path);
    if (!file) throw std::runtime_error(path + ": cannot be read");
    std::vector<Bytes> records;
    std::string line;
    for (std::size_t number = 1; std::getline(file, line); ++number) {
        const auto first = line.find_first_not_of(" \t\r");
        if (first == std::string::npos || line[first] == '#') continue;
        auto record = protocol::fromHex(line);
        if (!record.has_value()) {
            throw std::runtime_error(path + ":" + std::to_string(number) + ": " +
                                     protocol::toString(record.error()));
        }
        records.push_back(std::move(*record));
    }
    return records;
}

void shiftToEndAt(std::vector<Bytes>& records, LocalSeconds end) {
    const auto now = endOf(records);
    if (!now) return;
    const Shifter shifter{end - *now};
    for (Bytes& raw : records) {
        auto record = history::decode(raw);
        if (!record.has_value()) continue;
        std::visit(shifter, record->data);
        raw = history::encode(*record);
    }
}

} // namespace virtual_pump
