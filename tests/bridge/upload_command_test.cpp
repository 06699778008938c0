// SPDX-License-Identifier: MIT
#include "bridge/commands/upload.hpp"

#include <gmock/gmock.h>

#include <set>

#include "bridge/command_line.hpp"
#include "bridge/commands/history.hpp"
#include "bridge/publish/date_by_zone.hpp"
#include "bridge/publish/held_records.hpp"
#include "generated_store.hpp"

namespace bridge::test {
namespace {

using namespace std::chrono_literals;
using nightscout::Feature;
using nightscout::Operation;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Upload : public GeneratedStore {
protected:
    QueueResult queueInto(Store& store, const UploadOptions& options) {
        const auto before = store.depth();
        const auto zone = therapy::Zone::find(configuration.timezone).value();
        Backfill backfill(store, options, configuration.documents, configuration.pump.serial, zone);
        EXPECT_TRUE(backfill.found());
        while (backfill.queue(store)) continue;
        return {.added = store.depth() - before};
    }
    /// Acknowledges what waits; the operations of each identifier in their order.
    static std::map<std::string, std::vector<Operation>> drain(Store& store) {
        std::map<std::string, std::vector<Operation>> operations;
        const auto due = [&store] { return store.next(500, 1'000'000, {}); };
        for (auto items = due(); !items.empty(); items = due()) {
            std::vector<nightscout::Acknowledgement> done;
            for (const auto& item : items) {
                operations[item.document.identifier].push_back(item.operation);
                done.push_back({item.id, "5f0000000000000000000001"});
            }
            store.acknowledge(done);
        }
        return operations;
    }
    UploadOptions everything() {
        UploadOptions options;
        options.days = 30;
        return options;
    }
    /// The offset and the zone turn out to be others.
    void correctTheClock(Store& store) {
        measure(store, 2h);
        configuration.timezone = "Europe/Helsinki";
    }
};

TEST_F(Upload, ShowsTheLastDayUnlessToldOtherwise) {
    fillWith(3);
    const auto documents = pretended({});
    EXPECT_GT(documents.size(), 300U);
    for (const Json& document : documents) {
        EXPECT_GE(timeOf(document), "2026-03-13T08:00:00");
        EXPECT_LE(timeOf(document), "2026-03-14T08:00:01");
    }
}

TEST_F(Upload, ShowsTheDaysBetweenTwoDatesOfTheZone) {
    fillWith(5);
    UploadOptions options;
    options.start = parsePumpTime("2026-03-11", false);
    options.end = parsePumpTime("2026-03-12", true);
    const auto documents = pretended(options);
    std::set<std::string> days;
    for (const Json& document : documents) {
        EXPECT_GE(timeOf(document), "2026-03-10T23:00:00");
        EXPECT_LE(timeOf(document), "2026-03-12T22:59:59.999");
    }
    EXPECT_GT(documents.size(), 700U);
}

TEST_F(Upload, ShowsOnlyTheFeaturesAskedFor) {
    fillWith(1);
    UploadOptions options;
    options.features = {Feature::Cgm};
    const auto documents = pretended(options);
    EXPECT_GT(documents.size(), 200U);
    for (const Json& document : documents) EXPECT_EQ(document.value("type", ""), "sgv");
    EXPECT_THAT(err.str(), HasSubstr("sgv: "));
}

TEST_F(Upload, ChangesNothingWhenPretending) {
    fillWith(1);
    EXPECT_EQ(pretended({}), pretended({}));
    Store store(configuration.storage.path, Store::Access::ReadOnly);
    EXPECT_EQ(store.depth(), 0U);
    EXPECT_THAT(store.unpublished(1), Not(IsEmpty()));
}

TEST_F(Upload, QueuesWhatIsNotKnownAndNothingTwice) {
    fillWith(2);
    Store store(configuration.storage.path);
    EXPECT_GT(queueInto(store, everything()).added, 700U);
    EXPECT_EQ(queueInto(store, everything()).added, 0U);
    drain(store);
    EXPECT_EQ(queueInto(store, everything()).added, 0U);
    EXPECT_THAT(pretended(everything()), IsEmpty());
}

TEST_F(Upload, ForcedSendsEverythingAgain) {
    fillWith(1);
    Store store(configuration.storage.path);
    queueInto(store, everything());
    const auto first = drain(store);
    UploadOptions options = everything();
    options.force = true;
    queueInto(store, options);
    const auto again = drain(store);
    EXPECT_EQ(again.size(), first.size());
    for (const auto& [identifier, operations] : again) EXPECT_EQ(operations.size(), 1U);
}

TEST_F(Upload, KeepsTheTimesOfWhatWasUploaded) {
    fillWith(1);
    Store store(configuration.storage.path);
    queueInto(store, everything());
    drain(store);
    correctTheClock(store);
    EXPECT_EQ(queueInto(store, everything()).added, 0U);
}

TEST_F(Upload, ForcedDatesAnewAndMovesEntriesByDeletion) {
    fillWith(1);
    Store store(configuration.storage.path);
    UploadOptions options = everything();
    options.features = {Feature::Cgm};
    queueInto(store, options);
    const auto first = drain(store);
    correctTheClock(store);
    options.force = true;
    queueInto(store, options);
    const auto moved = drain(store);
    EXPECT_EQ(moved.size(), first.size());
    for (const auto& [identifier, operations] : moved) {
        EXPECT_EQ(operations, (std::vector{Operation::Delete, Operation::Post}));
    }
    options.force = false;
    EXPECT_EQ(queueInto(store, options).added, 0U) << "the new times are kept from then on";
}

TEST_F(Upload, ForcedUpdatesMovedTreatmentsInPlace) {
    fillWith(1);
    Store store(configuration.storage.path);
    UploadOptions options = everything();
    options.features = {Feature::Bolus};
    queueInto(store, options);
    drain(store);
    correctTheClock(store);
    options.force = true;
    queueInto(store, options);
    const auto moved = drain(store);
    EXPECT_FALSE(moved.empty());
    for (const auto& [identifier, operations] : moved) EXPECT_EQ(operations, std::vector{Operation::Put});
}

TEST_F(Upload, CorrectsTheTimesOfWhatMovesAndSendsNothingElse) {
    fillWith(1);
    Store store(configuration.storage.path);
    UploadOptions options = everything();
    options.features = {Feature::Cgm, Feature::Bolus};
    queueInto(store, options);
    const auto first = drain(store);
    UploadOptions correct;
    correct.correctTimes = true;
    correct.features = options.features;
    EXPECT_EQ(queueInto(store, correct).added, 0U) << "all is right";
    EXPECT_THAT(drain(store), IsEmpty());

    correctTheClock(store);
    queueInto(store, correct);
    const auto moved = drain(store);
    EXPECT_EQ(moved.size(), first.size());
    for (const auto& [identifier, operations] : moved) {
        EXPECT_TRUE(operations == std::vector{Operation::Put} ||
                    operations == (std::vector{Operation::Delete, Operation::Post}));
    }
    queueInto(store, correct);
    EXPECT_THAT(drain(store), IsEmpty()) << "once is enough";
}

TEST_F(Upload, ListsWhatMovesAndByHowMuchWhenPretending) {
    fillWith(1);
    Store store(configuration.storage.path);
    queueInto(store, everything());
    drain(store);
    correctTheClock(store);
    UploadOptions correct;
    correct.correctTimes = true;
    correct.pretend = true;
    correct.features = {Feature::Cgm};
    EXPECT_EQ(uploadNow(correct), kDone);
    std::size_t lines = 0;
    for (std::string line; std::getline(out, line); ++lines) {
        EXPECT_THAT(line, HasSubstr(" -> "));
        EXPECT_THAT(line, HasSubstr("(-3600 s)"));
    }
    EXPECT_GT(lines, 200U);
    EXPECT_EQ(store.depth(), 0U);
}

/// What version 0.1.0 dated by one offset for the whole pump.
TEST_F(Upload, CorrectsWhatAnEarlierVersionPublished) {
    fillWith(1);
    Store store(configuration.storage.path);
    UploadOptions options = everything();
    options.features = {Feature::Cgm};
    const auto right = pretended(options);
    measure(store, 2h); // the clock was set an hour ago, and the old offset still counted
    queueInto(store, options);
    drain(store);
    measure(store, 1h);
    UploadOptions correct;
    correct.correctTimes = true;
    correct.features = options.features;
    queueInto(store, correct);
    drain(store);
    UploadOptions again = options;
    again.force = true;
    EXPECT_EQ(pretended(again), right);
}

TEST_F(Upload, NeedsASiteAndAStore) {
    EXPECT_EQ(uploadNow({}), kWrongUsage);
    EXPECT_THAT(err.str(), HasSubstr("nightscout.url is not configured"));
    configuration.nightscout.url = "http://127.0.0.1:1";
    EXPECT_EQ(uploadNow({}), kFoundProblem);
    EXPECT_THAT(err.str(), HasSubstr("there is no such store"));
    EXPECT_FALSE(std::filesystem::exists(configuration.storage.path));
    { Store empty(configuration.storage.path); }
    EXPECT_EQ(uploadNow({}), kFoundProblem);
    EXPECT_THAT(err.str(), HasSubstr("the store holds no records"));
}

class UploadCommand : public ::testing::Test {
protected:
    int run(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {"--config", "/nonexistent.toml", "upload"});
        const Services services{[](const std::string&) { return std::nullopt; }, {}, {}};
        return runCommandLine(arguments, services, {in, out, err});
    }
    std::istringstream in;
    std::ostringstream out, err;
};

TEST_F(UploadCommand, RefusesOptionsThatMakeNoSense) {
    EXPECT_EQ(run({"--start-date", "yesterday"}), kWrongUsage);
    EXPECT_THAT(err.str(), HasSubstr("--start-date: yesterday is no time"));
    EXPECT_EQ(run({"--start-date", "2026-03-14", "--end-date", "2026-03-13"}), kWrongUsage);
    EXPECT_THAT(err.str(), HasSubstr("is before --start-date"));
    EXPECT_EQ(run({"--days", "0"}), kWrongUsage);
    EXPECT_EQ(run({"--days", "2", "--start-date", "2026-03-14"}), kWrongUsage);
    EXPECT_EQ(run({"--features", "BOLUS", "BOLUSES"}), kWrongUsage);
    EXPECT_THAT(err.str(), HasSubstr("--features: unknown feature BOLUSES"));
}

TEST_F(UploadCommand, PassesOverFeaturesOfOtherPumps) {
    run({"--features", "IOB", "CGM"});
    EXPECT_THAT(err.str(), HasSubstr("--features: IOB has no meaning"));
    EXPECT_THAT(err.str(), Not(HasSubstr("unknown feature")));
}

/// At the user's word only: records of a clock that nobody has read.
TEST_F(Upload, DatesByTheZoneWhatWaitsForAMeasurement) {
    {
        Store store(configuration.storage.path);
        const PumpInfo pump = store.pump("NG1234567H");
        store.noteOldest(pump.id, 0);
        store.addRecords(pump.id, generatedRecords(1), {});
    }
    const auto zone = therapy::Zone::find(configuration.timezone).value();
    Store store(configuration.storage.path);
    const auto waiting = [&] {
        std::size_t count = 0;
        for (const auto& held :
             heldRecords(store, 1, zone, std::chrono::sys_seconds{kPumpNow.time_since_epoch()}))
            count += held.count;
        return count;
    };
    const auto before = waiting();
    ASSERT_GT(before, 0U);
    EXPECT_EQ(dateByZone(store, 1, zone, {kPumpNow + 1h, kPumpNow + 2h}), 0U) << "nothing is there";
    EXPECT_EQ(waiting(), before);
    EXPECT_EQ(dateByZone(store, 1, zone, {kPumpNow - 48h, kPumpNow}), before);
    EXPECT_EQ(waiting(), 0U);
    EXPECT_EQ(store.clockOffsets(1).back().offset, 1h);
    EXPECT_EQ(store.clockOffsets(1).back().source, therapy::OffsetSource::Zone);
    EXPECT_EQ(dateByZone(store, 1, zone, {kPumpNow - 48h, kPumpNow}), 0U) << "once";
}

TEST_F(Upload, DatesByTheZoneOnlyWithinGivenTimes) {
    fillWith(1);
    configuration.nightscout.url = "http://127.0.0.1:9";
    UploadOptions options;
    options.dateByZone = true;
    EXPECT_EQ(uploadNow(options), kWrongUsage);
    EXPECT_THAT(err.str(), HasSubstr("--start-date"));
}

} // namespace
} // namespace bridge::test
