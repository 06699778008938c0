// SPDX-License-Identifier: MIT
// Stores that version 0.1.0 filled while a clock was wrong: brought up to date, and corrected by
// `upload --correct-times`, all that this version makes of the records is on the site once, at its right time
// (docs/nightscout/mapping.md 5.3).
#include <gmock/gmock.h>
#include <sqlite3.h>

#include <map>

#include "bridge/publish/stored_run.hpp"
#include "generated_store.hpp"
#include "project_file.hpp"
#include "therapy/zone.hpp"

namespace bridge::test {
namespace {

using namespace std::chrono_literals;
using nightscout::Operation;
using std::chrono::seconds;
using ::testing::AnyOf;
using ::testing::IsEmpty;
using ::testing::Not;

/// The documents of a site, and when they are, in milliseconds.
using Site = std::map<std::string, std::int64_t>;

struct Fault {
    const char* name;
    const char* file; ///< as that version filled it
    seconds measured; ///< by today's version, with a computer that is right: the pump's clock minus UTC
    /// What the fault did to the times, where the file has others: for `record` and `uploaded` alike.
    seconds moved{0};
    const char* where = "1"; ///< of which records
};

class AnOldStore : public GeneratedStore, public ::testing::WithParamInterface<Fault> {
protected:
    AnOldStore() {
        const std::string data = "tests/bridge/data/";
        const auto script = readAll(support::projectFile(data + "store-schema_2.sql")) +
                            readAll(support::projectFile(data + GetParam().file));
        sqlite3* database = nullptr;
        EXPECT_EQ(sqlite3_open(configuration.storage.path.c_str(), &database), SQLITE_OK);
        EXPECT_EQ(sqlite3_exec(database, script.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
            << sqlite3_errmsg(database);
        const std::string by = std::to_string(GetParam().moved.count());
        const std::string where = std::string(" WHERE ") + GetParam().where;
        const std::string fault =
            GetParam().moved == 0s ? std::string()
                                   : "UPDATE record SET published_at = published_at + " + by + where +
                                         "; UPDATE uploaded SET hash = zeroblob(16), time_ms = time_ms + " +
                                         by + " * 1000" + where;
        EXPECT_EQ(sqlite3_exec(database, fault.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
            << sqlite3_errmsg(database);
        sqlite3_exec(
            database, "SELECT identifier, time_ms FROM uploaded",
            [](void* all, int, char** row, char**) {
                static_cast<Site*>(all)->emplace(row[0], std::strtoll(row[1], nullptr, 10));
                return 0;
            },
            &site, nullptr);
        sqlite3_exec(
            database, "SELECT identifier, event_type FROM uploaded",
            [](void* all, int, char** row, char**) {
                static_cast<std::map<std::string, std::string>*>(all)->emplace(row[0], row[1]);
                return 0;
            },
            &eventTypes, nullptr);
        sqlite3_close(database);
    }
    void correct(Store& store) {
        UploadOptions options;
        options.correctTimes = true;
        Backfill backfill(store, options, configuration.documents, {}, zone);
        EXPECT_TRUE(backfill.found());
        while (backfill.queue(store)) continue;
    }
    /// Sends what waits to the site. How many requests that were.
    int send(Store& store) {
        int sent = 0;
        const auto due = [&store] { return store.next(500, 1'000'000, {}); };
        for (auto items = due(); !items.empty(); items = due()) {
            std::vector<nightscout::Acknowledgement> done;
            for (const auto& item : items) {
                const auto& identifier = item.document.identifier;
                const auto there = site.find(identifier);
                // An entry of the same time is replaced by a post (docs/nightscout/api.md 5.2).
                const bool replaces = there != site.end() &&
                                      item.document.collection == nightscout::Collection::Entries &&
                                      there->second == item.document.time.time_since_epoch().count();
                if (!replaces) {
                    EXPECT_EQ(there != site.end(), item.operation != Operation::Post) << identifier;
                }
                if (item.operation == Operation::Delete) {
                    site.erase(identifier);
                } else {
                    site[identifier] = item.document.time.time_since_epoch().count();
                }
                done.push_back({item.id, "5f0000000000000000000001"});
                ++sent;
            }
            store.acknowledge(done);
        }
        return sent;
    }
    void measureNow(Store& store) const {
        store.keepClockOffset(1, {store.held(1).back().last,
                                  therapy::preciseOffset(GetParam().measured),
                                  GetParam().measured,
                                  {},
                                  therapy::OffsetSource::Measured});
    }
    /// What a store gives that never was wrong.
    Site right(const Store& old) {
        Store fresh(directory / "fresh.db");
        const PumpInfo pump = fresh.pump(old.pumps().at(0).serial);
        std::vector<ReceivedRecord> records;
        for (const SequenceRange& range : old.held(1)) {
            for (auto& record : old.records(1, range))
                records.push_back({record.sequenceNumber, std::move(record.raw)});
        }
        fresh.addRecords(pump.id, records, {});
        if (const auto oldest = old.oldest(1)) fresh.noteOldest(pump.id, *oldest);
        keepSiteBefore(fresh, pump.id, SiteBefore::Empty);
        measureNow(fresh);
        UploadOptions all;
        all.days = 400;
        Backfill backfill(fresh, all, configuration.documents, {}, zone);
        Site documents;
        while (backfill.show([&](const nightscout::Document& document, auto) {
            documents.emplace(document.identifier, document.time.time_since_epoch().count());
        }))
            continue;
        return documents;
    }

    therapy::Zone zone = therapy::Zone::find("Europe/Berlin").value();
    Site site;
    std::map<std::string, std::string> eventTypes; ///< of what was uploaded, by identifier
};

TEST_P(AnOldStore, AndItsSiteAreCorrectedOnce) {
    Store store(configuration.storage.path);
    const auto before = site;
    ASSERT_THAT(before, Not(IsEmpty()));
    EXPECT_THAT(store.oldTimes(1), Not(IsEmpty()));
    EXPECT_THAT(store.clockOffsets(1), IsEmpty()) << "the offset of the whole pump is forgotten";

    correct(store);
    EXPECT_EQ(send(store), 0) << "nothing moves before the clock was read";
    EXPECT_EQ(site, before);

    measureNow(store);
    EXPECT_NE(site, right(store));
    correct(store);
    EXPECT_GT(send(store), 0);
    for (const auto& [identifier, time] : right(store)) {
        const auto found = site.find(identifier);
        ASSERT_NE(found, site.end()) << identifier;
        EXPECT_EQ(found->second, time) << identifier;
    }

    // What was read live is in no record: it stays where it is.
    const Site fromRecords = right(store);
    for (const auto& [identifier, time] : site) {
        if (fromRecords.contains(identifier)) continue;
        EXPECT_THAT(eventTypes.at(identifier), AnyOf("Pump Battery Change", "Sensor Start"));
    }
    correct(store);
    EXPECT_EQ(send(store), 0) << "once is enough";
}

/// After the pump's clock was set.
constexpr const char* kSinceTheSet =
    "sequence > (SELECT max(sequence) FROM record WHERE substr(raw, 1, 2) = x'0ef0' AND substr(raw, 9, 1) = "
    "x'33')";

INSTANTIATE_TEST_SUITE_P(
    Of, AnOldStore,
    ::testing::Values(Fault{"AFastPump", "store-pump_fast.sql", 1h + 570s},
                      Fault{"APumpThatGotFaster", "store-pump_fast.sql", 1h + 606s, 900s, "sequence % 2 = 0"},
                      Fault{"ALateHost", "store-host_late.sql", 1h},
                      Fault{"AClockSetForward", "store-clock_set.sql", 2h, 1h, kSinceTheSet},
                      Fault{"ALostClock", "store-clock_set.sql", 2h, 24h * 365 * 7, kSinceTheSet}),
    [](const auto& fault) { return std::string(fault.param.name); });

} // namespace
} // namespace bridge::test
