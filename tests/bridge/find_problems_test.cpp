// SPDX-License-Identifier: MIT
// Which problems a state has, from both sides of each limit.
#include "bridge/status/find_problems.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bridge/store/disk_space.hpp"

namespace bridge::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Health = nightscout::UploadState::Health;
using Severity = Problem::Severity;

const ServiceState::Time kNow{std::chrono::sys_days{std::chrono::year{2026} / 3 / 14} + 9h};

/// A service that follows its pump, and whose site takes everything.
ServiceState good() {
    ServiceState state;
    state.now = kNow;
    state.startedAt = kNow - 26h;
    state.link.stage = LinkStage::Following;
    state.link.since = kNow - 1h;
    state.glucose = ServiceState::Glucose{.time = kNow - 3min, .mgDl = 142, .special = {}, .direction = {}};
    state.upload = {.configured = true, .health = Health::Good, .last = kNow - 3min, .lastError = {}};
    state.bytesFree = kLittleSpace;
    return state;
}

std::vector<std::string_view> namesOf(const ServiceState& state) {
    std::vector<std::string_view> names;
    for (const Problem& problem : findProblems(state)) names.push_back(name(problem));
    return names;
}

TEST(FindProblems, FindsNoneWhereAllIsWell) {
    EXPECT_THAT(findProblems(good()), IsEmpty());
}

TEST(FindProblems, TakesTwoMissingValuesForOldGlucose) {
    ServiceState state = good();
    state.glucose->time = kNow - 12min;
    EXPECT_THAT(namesOf(state), IsEmpty());
    state.glucose->time -= 1s;
    EXPECT_THAT(namesOf(state), ElementsAre("glucose-old"));
    EXPECT_EQ(findProblems(state)[0].since, state.glucose->time);
    state.link.stage = LinkStage::Syncing;
    EXPECT_THAT(namesOf(state), IsEmpty()) << "the newest values are on their way";
}

TEST(FindProblems, TellsARefusingSiteFromOneThatIsAway) {
    ServiceState state = good();
    state.upload.health = Health::Refused;
    state.upload.lastError = "401 Unauthorized";
    auto problems = findProblems(state);
    ASSERT_THAT(namesOf(state), ElementsAre("upload-refused"));
    EXPECT_EQ(problems[0].severity, Severity::Failure);
    EXPECT_EQ(problems[0].since, state.upload.last);
    EXPECT_EQ(sentence(problems[0]), "Nightscout refuses what is sent: 401 Unauthorized");
    state.upload.health = Health::Unreachable;
    EXPECT_THAT(namesOf(state), ElementsAre("upload-unreachable"));
    EXPECT_EQ(findProblems(state)[0].severity, Severity::Warning);
    state.upload.health = Health::Failing;
    EXPECT_THAT(namesOf(state), ElementsAre("upload-failing"));
    state.upload.configured = false;
    EXPECT_THAT(namesOf(state), IsEmpty());
}

TEST(FindProblems, NoticesAQueueThatStandsStill) {
    ServiceState state = good();
    state.counts.waiting = 7;
    state.upload.last = kNow - 30min;
    EXPECT_THAT(namesOf(state), IsEmpty());
    state.upload.last = kNow - 30min - 1s;
    EXPECT_THAT(namesOf(state), ElementsAre("upload-stalled"));
    state.counts.waiting = 0;
    EXPECT_THAT(namesOf(state), IsEmpty()) << "nothing new came from the pump";
}

TEST(FindProblems, NamesAMissingHostInsteadOfOlderFaultsOfTheLink) {
    ServiceState state = good();
    state.link.finding = LinkDiagnosis::Finding{.fault = LinkFault::WrongKeys,
                                                .sentence = "The keys are wrong.",
                                                .remedy = "Use others.",
                                                .since = kNow - 2h,
                                                .times = 3};
    ASSERT_THAT(namesOf(state), ElementsAre("wrong-keys"));
    EXPECT_EQ(remedy(findProblems(state)[0]), "Use others.");
    state.link.stage = LinkStage::AdapterMissing;
    EXPECT_THAT(namesOf(state), ElementsAre("bluetooth"));
    EXPECT_EQ(findProblems(state)[0].since, state.link.since);
    EXPECT_EQ(sentence(findProblems(state)[0]), "no usable Bluetooth adapter");
}

TEST(FindProblems, LooksAtWhatRunsOutInThePump) {
    ServiceState state = good();
    therapy::PumpStatus read;
    read.readAt = kNow;
    read.batteryPercent = 50;
    read.status.emplace();
    read.status->flags = protocol::idd::Status::ReservoirAttached;
    read.status->reservoirRemaining = protocol::MedFloat::number(201, -1);
    state.pumpStatus = read;
    EXPECT_THAT(namesOf(state), IsEmpty());
    state.pumpStatus->batteryPercent = 25;
    state.pumpStatus->status->reservoirRemaining = protocol::MedFloat::number(200, -1);
    EXPECT_THAT(namesOf(state), ElementsAre("reservoir-low", "pump-battery-low"));
    EXPECT_THAT(sentence(findProblems(state)[0]), HasSubstr("20 U left"));
    state.pumpStatus->status->flags = 0;
    EXPECT_THAT(namesOf(state), ElementsAre("pump-battery-low")) << "it is being changed";
}

TEST(FindProblems, SaysWhyRecordsAreHeld) {
    ServiceState state = good();
    state.held = {{therapy::Hold::NotMeasured, 3}};
    ASSERT_THAT(namesOf(state), ElementsAre("records-held"));
    EXPECT_EQ(findProblems(state)[0].severity, Severity::Notice) << "the clock is read soon";
    state.held = {{therapy::Hold::NotMeasured, 3, state.now - 24h}};
    EXPECT_EQ(findProblems(state)[0].severity, Severity::Notice);
    state.held = {{therapy::Hold::NotMeasured, 3, state.now - 24h - 1s}};
    EXPECT_EQ(findProblems(state)[0].severity, Severity::Warning);
    EXPECT_EQ(findProblems(state)[0].since, state.now - 24h - 1s);
    state.held = {{therapy::Hold::LostClock, 3}};
    EXPECT_EQ(findProblems(state)[0].severity, Severity::Warning);
    EXPECT_THAT(remedy(findProblems(state)[0]), HasSubstr("set date and time in the pump's menu"));
}

TEST(FindProblems, PutsTheWorstFirst) {
    ServiceState state = good();
    state.counts.setAside = 1;
    state.bytesFree = kLittleSpace - 1;
    EXPECT_THAT(namesOf(state), ElementsAre("documents-set-aside", "disk-space-low"));
    state.bytesFree = kNoSpace;
    EXPECT_EQ(findProblems(state)[1].severity, Severity::Warning);
    state.bytesFree = kNoSpace - 1;
    EXPECT_THAT(namesOf(state), ElementsAre("disk-space-low", "documents-set-aside"));
    EXPECT_EQ(findProblems(state)[0].severity, Severity::Failure);
}

TEST(FindProblems, SaysOfAServiceThatDoesNotRunOnlyWhatItsStoreSays) {
    ServiceState state = good();
    state.startedAt.reset();
    state.link = {};
    state.glucose->time = kNow - 5h;
    state.counts.setAside = 2;
    EXPECT_THAT(namesOf(state), ElementsAre("documents-set-aside"));
}

TEST(FindProblems, WaitsTenMinutesForSomethingThatConfirmsTheClock) {
    ServiceState state = good();
    state.clock = ServiceState::Clock{{}, 10min, {}};
    EXPECT_THAT(namesOf(state), IsEmpty());
    state.clock->untrustedFor = 10min + 1s;
    EXPECT_THAT(namesOf(state), ElementsAre("clock-untrusted"));
    state.glucose->time = kNow - 3h;
    EXPECT_THAT(namesOf(state), ElementsAre("clock-untrusted")) << "how old it is cannot be said";
    state.clock = ServiceState::Clock{ClockWitness::Pump, {}, {}};
    EXPECT_THAT(namesOf(state), ElementsAre("glucose-old"));
}

TEST(FindProblems, NamesClocksThatDisagree) {
    ServiceState state = good();
    state.clock = ServiceState::Clock{ClockWitness::TimeService, {}, -3600s};
    EXPECT_THAT(namesOf(state), ElementsAre("clocks-disagree"));
    EXPECT_THAT(sentence(findProblems(state)[0]), HasSubstr("3600 s behind"));
}

TEST(FindProblems, NamesAStoreThatCannotBeWritten) {
    ServiceState state = good();
    for (const auto& [failure, known] : {std::pair{WriteFailure::DiskFull, "disk-full"},
                                         {WriteFailure::ReadOnly, "disk-read-only"},
                                         {WriteFailure::DiskError, "disk-fails"}}) {
        state.writeFailure = failure;
        EXPECT_THAT(namesOf(state), ElementsAre(known));
        EXPECT_EQ(findProblems(state)[0].severity, Severity::Failure);
    }
    state.bytesFree = 0;
    EXPECT_THAT(namesOf(state), ElementsAre("disk-fails", "disk-space-low"));
    state.writeFailure = WriteFailure::DiskFull;
    EXPECT_THAT(namesOf(state), ElementsAre("disk-full")) << "which says it already";
}

TEST(FindProblems, HasARemedyForEveryProblem) {
    const std::vector<Problem::Cause> causes{Problem::Bluetooth{LinkStage::BluetoothMissing, "no bluetoothd"},
                                             Problem::Upload{Health::Refused, {}},
                                             Problem::Upload{Health::Unreachable, {}},
                                             Problem::QueueGrows{3},
                                             Problem::SetAside{1},
                                             Problem::GlucoseOld{13min},
                                             Problem::Reservoir{protocol::MedFloat::number(3, 0)},
                                             Problem::PumpBattery{25},
                                             Problem::Disk{1},
                                             Problem::StoreFails{WriteFailure::DiskFull},
                                             Problem::StoreFails{WriteFailure::ReadOnly},
                                             Problem::StoreFails{WriteFailure::DiskError},
                                             Problem::ClockUntrusted{},
                                             Problem::ClocksDisagree{61s}};
    for (const Problem::Cause& cause : causes) {
        const Problem problem{cause, Severity::Notice, std::nullopt};
        EXPECT_NE(sentence(problem), "");
        EXPECT_NE(remedy(problem), "") << name(problem);
    }
}

} // namespace
} // namespace bridge::test
