// SPDX-License-Identifier: MIT
// What `history` and `decode` show, and what is uploaded: one dating (docs/nightscout/mapping.md 5).
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "bridge/commands/history.hpp"
#include "bridge/publish/publisher.hpp"
#include "generated_store.hpp"
#include "host_clock_double.hpp"
#include "therapy/dating.hpp"

namespace bridge::test {
namespace {

using namespace std::chrono_literals;
namespace history = protocol::history;

/// The user sets the clock at some of the hourly references; once it is lost before.
std::vector<ReceivedRecord> withClockChanges(std::vector<ReceivedRecord> records) {
    const std::map<std::size_t, std::chrono::seconds> changes{{90, 1h},     {200, -6h}, {230, 5h + 30min},
                                                              {400, -4min}, {520, 40s}, {600, 0s}};
    constexpr std::size_t kLost = 599;
    std::chrono::seconds moved{0};
    std::size_t count = 0;
    for (ReceivedRecord& stored : records) {
        auto record = history::decode(stored.raw);
        if (!record) continue;
        auto* reference = std::get_if<history::NgpReferenceTime>(&record->data);
        if (reference == nullptr) continue;
        const std::size_t number = count++;
        const auto change = changes.find(number);
        if (change != changes.end()) {
            moved += change->second;
            reference->recordingReason = history::RecordingReason::SetDateTime;
        }
        reference->dateTime = protocol::DateTime::from(reference->dateTime.local().value() + moved);
        if (number == kLost) {
            reference->recordingReason = history::RecordingReason::DateTimeLoss;
            reference->dateTime = {2020, 1, 1, 0, 0, 0};
            record->header.relativeOffset = 0;
        }
        stored.raw = history::encode(*record);
    }
    EXPECT_GT(count, 700U);
    // Data corruption has no number of its own, and is kept apart.
    std::erase_if(records, [](const ReceivedRecord& record) {
        return record.sequenceNumber == history::kCorruptionSequenceNumber;
    });
    return records;
}

class HistoryDates : public GeneratedStore {
protected:
    std::vector<Json> listed(const Store& store, HistoryOptions options = {}) {
        options.form = HistoryOptions::Form::Json;
        out.str("");
        out.clear();
        bridge::history(options, store, &zone, {in, out, err});
        std::vector<Json> lines;
        for (std::string line; std::getline(out, line);) lines.push_back(Json::parse(line));
        return lines;
    }

    therapy::Zone zone = therapy::Zone::find("Europe/Berlin").value();
};

TEST_F(HistoryDates, OfTheLastRecordsAreThoseOfAllOfThem) {
    Store store(configuration.storage.path);
    auto records = generatedRecords(3); // several parts of a run
    records.erase(records.begin() + 700, records.begin() + 705);
    fill(store, records);
    HistoryOptions glucose;
    glucose.type = static_cast<std::uint16_t>(history::EventType::SgMeasurement);
    for (const HistoryOptions& options : {HistoryOptions{}, glucose}) {
        const auto all = listed(store, options);
        for (const std::size_t last : {std::size_t{1}, std::size_t{10}, all.size() - 1, all.size() + 1}) {
            HistoryOptions some = options;
            some.last = last;
            const auto from = all.end() - static_cast<std::ptrdiff_t>(std::min(last, all.size()));
            EXPECT_EQ(listed(store, some), std::vector<Json>(from, all.end())) << last;
        }
    }
}

std::string textOf(std::chrono::sys_seconds time) {
    return protocol::toString(protocol::LocalSeconds(time.time_since_epoch())) + "Z";
}

TEST_F(HistoryDates, AreThoseOfTheUploadForEveryRecordOfAMonthWithClockChanges) {
    Store store(configuration.storage.path);
    const auto records = withClockChanges(generatedRecords(31));
    fill(store, records);
    const PumpInfo pump = store.pumps().front();
    const auto before = listed(store);
    ASSERT_EQ(before.size(), records.size());

    std::map<std::uint32_t, std::chrono::sys_seconds> fixed;
    std::vector<nightscout::Document> documents;
    nightscout::MappingSettings settings;
    HostClockDouble computer{store, zone};
    Publisher publisher{store,
                        zone,
                        computer.host,
                        settings,
                        [&](PumpId id, std::span<const nightscout::Document> mapped,
                            std::span<const Store::Published> times) {
                            for (const auto& published : times)
                                fixed[published.sequenceNumber] = published.time;
                            documents.insert(documents.end(), mapped.begin(), mapped.end());
                            return store.queueDocuments(id, mapped, times);
                        },
                        true,
                        log};
    publisher.publish(pump);

    std::vector<protocol::Bytes> raws;
    raws.reserve(records.size());
    for (const ReceivedRecord& record : records) raws.push_back(record.raw);
    const auto decoded = therapy::localTimes(raws);

    const auto after = listed(store);
    std::map<std::uint32_t, std::string> shown;
    std::size_t compared = 0;
    for (std::size_t i = 0; i < before.size(); ++i) {
        EXPECT_EQ(before[i].value("time", Json()), after[i].value("time", Json())) << before[i];
        const Json local = decoded[i] ? Json(protocol::toString(*decoded[i])) : Json();
        EXPECT_EQ(before[i].at("local_time"), local) << before[i];
        const auto found = fixed.find(records[i].sequenceNumber);
        if (found == fixed.end()) continue;
        ++compared;
        shown[found->first] = textOf(found->second);
        EXPECT_EQ(before[i].at("time"), textOf(found->second)) << before[i];
    }
    EXPECT_GT(compared, records.size() * 9 / 10);

    std::size_t atTheRecord = 0;
    for (const auto& document : documents) {
        if (document.kind != nightscout::Kind::Bolus && document.kind != nightscout::Kind::AutoBasal)
            continue;
        const auto time = std::chrono::floor<std::chrono::seconds>(document.time);
        EXPECT_EQ(textOf(time), shown[document.sequenceNumber]) << document.body;
        ++atTheRecord;
    }
    EXPECT_GT(atTheRecord, 3000U);
}

} // namespace
} // namespace bridge::test
