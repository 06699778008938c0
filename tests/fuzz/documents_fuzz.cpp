// SPDX-License-Identifier: MIT
// Any bytes as a pump's history, dated and made into documents. The first byte chooses what is known of the
// clock; then each record stands behind its length.
#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

#include "nightscout/documents/mapping.hpp"
#include "therapy/dating.hpp"
#include "therapy/zone.hpp"

namespace {

using namespace std::chrono_literals;
using protocol::Bytes;

constexpr std::string_view kSerial = "NG1234567H";
constexpr std::size_t kMostRecords = 100;

/// Records whose own numbers are those of their places, as in a run without gaps.
std::vector<Bytes> split(protocol::ByteView input) {
    constexpr std::size_t kNumberAt = 2, kNumberBytes = 4;
    std::vector<Bytes> records;
    while (!input.empty() && records.size() < kMostRecords) {
        const std::size_t size = std::min<std::size_t>(input[0], input.size() - 1);
        const auto raw = input.subspan(1, size);
        input = input.subspan(1 + size);
        Bytes record(raw.begin(), raw.end());
        for (std::size_t at = 0; record.size() >= kNumberAt + kNumberBytes && at < kNumberBytes; ++at)
            record[kNumberAt + at] = static_cast<std::uint8_t>(records.size() >> (8 * at));
        records.push_back(std::move(record));
    }
    return records;
}

std::vector<therapy::ClockOffset> offsets(std::uint8_t choice, const therapy::TimeLine& timeLine) {
    std::vector<therapy::ClockOffset> known;
    if ((choice & 1U) == 0) return known;
    for (const auto& reference : timeLine.references()) {
        therapy::ClockOffset offset;
        offset.from = reference.sequenceNumber;
        offset.offset = offset.measured = 60s * (choice & 0x7eU);
        known.push_back(offset);
        if ((choice & 0x80U) == 0) break;
    }
    return known;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto zone = therapy::Zone::find("Europe/Berlin").value();
    if (size < 1) return 0;
    const auto records = split({data + 1, size - 1});
    std::vector<therapy::Reference> references;
    for (const Bytes& record : records)
        if (const auto reference = therapy::referenceOf(record)) references.push_back(*reference);
    const therapy::TimeLine timeLine(references);
    const auto known = offsets(data[0], timeLine);
    const therapy::UtcConverter utc(timeLine, zone, known, {.later = true});

    therapy::HistoryRun run;
    run.fromBeginning = true;
    for (std::uint32_t number = 0; number < records.size(); ++number)
        run.records.push_back(therapy::dated({number, records[number], std::nullopt}, timeLine, utc));
    therapy::joinTrends(run, timeLine, {});

    nightscout::MappingSettings settings;
    settings.limitNotes = settings.clockNotes = settings.tempTarget = true;
    const auto documents = nightscout::map(run, kSerial, settings);
    std::set<std::string> identifiers;
    for (const auto& document : documents) {
        if (document.sequenceNumber >= records.size()) std::abort();
        if (!run.records[document.sequenceNumber].time) std::abort();
        if (!nlohmann::json::parse(document.body).is_object()) std::abort();
        if (!identifiers.insert(document.identifier).second) std::abort();
    }
    return 0;
}
