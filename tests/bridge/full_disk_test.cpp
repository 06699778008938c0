// SPDX-License-Identifier: MIT
// The disk is full, read-only or broken in the middle of a sync: nothing counts as stored that is not, the
// service says so, and goes on by itself (docs/architecture.md 11.3).
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

#include "bridge/publish/publisher.hpp"
#include "bridge/session/stored_bonds.hpp"
#include "bridge/status/find_problems.hpp"
#include "bridge/status/stored_state.hpp"
#include "disk_double.hpp"
#include "host_clock_double.hpp"
#include "measured_clock.hpp"
#include "session_fixture.hpp"
#include "temporary_directory.hpp"

namespace {

using namespace std::chrono_literals;
using namespace link_test;
using bridge::PumpInfo;
using bridge::SessionStage;
using bridge::Store;
using bridge::WriteFailure;

/// Outlives the store.
struct WithDisk {
    bridge::test::DiskDouble disk;
};

struct Fault {
    const char* name;
    int code;
    int error; ///< of the system
    WriteFailure failure;
    const char* problem;
};

class ADisk : private WithDisk, public SessionFixture {
protected:
    ADisk() {
        settings.handshakeTimeout = settings.inactivity = settings.answerInactivity = 10s;
        settings.sync.nextRanges = 50;
        settings.sync.commitEvery = 10;
        records.erase(records.begin(), records.end() - 400);
        mapping.features = {nightscout::Feature::Cgm, nightscout::Feature::Bolus, nightscout::Feature::Basal};
    }
    void clockRead(const PumpInfo& who, const therapy::ClockReading& reading) override {
        SessionFixture::clockRead(who, reading);
        measure(*store, who);
    }
    void recordsStored(const PumpInfo& who, SequenceRange range) override {
        SessionFixture::recordsStored(who, range);
        publish(*store, who);
    }
    void measure(Store& into, const PumpInfo& who) {
        into.keepClockOffset(who.id, bridge::test::measuredClock(all().last, 1h));
    }
    void publish(Store& from, const PumpInfo& who) {
        bridge::test::HostClockDouble computer(from, zone);
        bridge::Publisher(
            from, zone, computer.host, mapping,
            [&from](bridge::PumpId id, std::span<const nightscout::Document> documents,
                    std::span<const Store::Published> times) {
                return from.queueDocuments(id, documents, times);
            },
            true, log)
            .publish(who);
    }
    static std::map<std::string, std::string> waitingIn(Store& from) {
        std::map<std::string, std::string> documents;
        for (const auto& item : from.next(100'000, 100'000'000, kUtcNow))
            documents.emplace(item.document.identifier, item.document.body);
        return documents;
    }
    /// Of a bridge to which nothing happened.
    std::map<std::string, std::string> expected() {
        const bridge::test::TemporaryDirectory directory;
        Store fresh(directory / "history.db");
        const PumpInfo who = fresh.pump("NG1234567H");
        std::vector<bridge::ReceivedRecord> received;
        for (const auto& raw : numbered()) received.push_back({numberOf(raw), raw});
        fresh.addRecords(who.id, received, kUtcNow);
        for (const auto& hole : holes()) fresh.markAbsent(who.id, hole);
        fresh.noteOldest(who.id, all().first);
        measure(fresh, who);
        publish(fresh, who);
        return waitingIn(fresh);
    }
    /// Held, and readable by another program too.
    std::uint64_t stored() { return Store(file, Store::Access::ReadOnly).recordCount(pumpId()); }
    [[nodiscard]] std::vector<bridge::Problem> problems() {
        bridge::ServiceState state;
        state.now = kUtcNow;
        bridge::readStoredState(*store, zone, mapping, state);
        return bridge::findProblems(state);
    }

    bridge::test::DiskDouble& disk() { return WithDisk::disk; }
    therapy::Zone zone = *therapy::Zone::find("Europe/Berlin");
    nightscout::MappingSettings mapping;
};

class ADiskThatRefuses : public ADisk, public testing::WithParamInterface<Fault> {};

TEST_P(ADiskThatRefuses, InTheMiddleOfASyncCostsNothing) {
    const Fault& fault = GetParam();
    for (const int writesBefore : {0, 1, 3, 9}) {
        SCOPED_TRACE(writesBefore);
        bool refused = false;
        onRange = [&] {
            if (ranges.size() == 3 && !std::exchange(refused, true))
                disk().refuseWrites(fault.code, writesBefore, fault.error);
        };
        ranges.clear();
        syncs = 0;
        start();
        ASSERT_TRUE(runUntil([this] { return link->disconnects() > 0; })) << logText.str();
        EXPECT_EQ(link->dropReason(), ble::EndReason::SessionFailed);
        const auto kept = store->recordCount(pumpId());
        EXPECT_GT(kept, 0U);
        EXPECT_LT(kept, numbered().size());
        for (int visit = 2; visit <= 4; ++visit) { // it comes again, and the disk is as it was
            ASSERT_TRUE(runUntil([this] { return stages.back() == SessionStage::Waiting; }));
            link->arrive();
            ASSERT_TRUE(runUntil([&] { return link->disconnects() == visit; })) << logText.str();
        }
        ASSERT_TRUE(runUntil([this] { return stages.back() == SessionStage::Waiting; }));
        EXPECT_FALSE(ended) << "the service goes on";
        EXPECT_EQ(store->recordCount(pumpId()), kept);
        EXPECT_EQ(stored(), kept) << "nothing counts as stored that is not";
        EXPECT_EQ(syncs, 0);
        EXPECT_EQ(store->writeFailure(), fault.failure);
        const auto found = problems();
        ASSERT_FALSE(found.empty());
        EXPECT_EQ(name(found.front()), fault.problem);
        EXPECT_EQ(found.front().severity, bridge::Problem::Severity::Failure);
        EXPECT_FALSE(sentence(found.front()).empty());
        EXPECT_NE(remedy(found.front()).find("goes on by itself"), std::string::npos);

        disk().acceptWrites();
        link->arrive();
        ASSERT_TRUE(runUntil([this] { return syncs > 0; })) << logText.str();
        expectEverythingStored();
        EXPECT_EQ(waitingIn(*store), expected()) << "nothing lost, nothing doubled";
        EXPECT_FALSE(store->writeFailure());
        EXPECT_TRUE(problems().empty() || name(problems().front()) != fault.problem);
        stop.emit(asio::cancellation_type::terminal);
        ASSERT_TRUE(runUntil([this] { return ended; }));
        ended = false;
        session.reset();
        store.reset();
        for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(file.string() + suffix);
        if (HasFailure()) return;
    }
}

INSTANTIATE_TEST_SUITE_P(
    Disks, ADiskThatRefuses,
    testing::Values(
        Fault{"Full", SQLITE_FULL, ENOSPC, WriteFailure::DiskFull, "disk-full"},
        Fault{"AtTheLimitOfAFile", SQLITE_IOERR_WRITE, EFBIG, WriteFailure::DiskFull, "disk-full"},
        Fault{"ReadOnly", SQLITE_READONLY, EROFS, WriteFailure::ReadOnly, "disk-read-only"},
        Fault{"RemountedReadOnly", SQLITE_IOERR_WRITE, EROFS, WriteFailure::ReadOnly, "disk-read-only"},
        Fault{"Broken", SQLITE_IOERR_WRITE, EIO, WriteFailure::DiskError, "disk-fails"}),
    [](const auto& disk) { return disk.param.name; });

// The link's callbacks write too, and may not throw.
TEST_F(ADisk, ThatIsFullDoesNotKeepAPumpFromPairing) {
    Store kept(file);
    {
        bridge::StoredBonds bonds(kept);
        disk().refuseWrites(SQLITE_FULL);
        bonds.addCandidate("00:23:F7:00:00:01");
        bonds.setProven("00:23:F7:00:00:01");
        EXPECT_TRUE(bonds.isProven("00:23:F7:00:00:01", ""));
        EXPECT_EQ(kept.writeFailure(), WriteFailure::DiskFull);
        disk().acceptWrites();
        bonds.setProven("00:23:F7:00:00:01"); // its next handshake
    }
    EXPECT_TRUE(bridge::StoredBonds(kept).isProven("00:23:F7:00:00:01", ""));
}

TEST_F(ADisk, ThatIsFullTakesNoTrustFromTheComputersClock) {
    Store kept(file);
    disk().refuseWrites(SQLITE_FULL);
    bridge::test::HostClockDouble computer(kept, zone, false);
    computer.host.timeServiceSays(true);
    EXPECT_TRUE(computer.host.trusted());
    EXPECT_GT(disk().refusals(), 0);
}

} // namespace
