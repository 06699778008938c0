// SPDX-License-Identifier: MIT
// A session against the virtual pump in memory: what is stored after it, and what faults do to it.
#include "bridge/pump_session.hpp"

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <random>
#include <sstream>

#include "bridge/sync_plan.hpp"
#include "memory_link.hpp"
#include "protocol/history/record.hpp"
#include "virtual_pump/history_source.hpp"

namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace history = protocol::history;
namespace sake = protocol::sake;
using bridge::SequenceRange;
using Ranges = std::vector<SequenceRange>;

const protocol::LocalSeconds kPumpNow{std::chrono::local_days{std::chrono::year{2026} / 3 / 14} + 10h};
const std::chrono::sys_seconds kUtcNow{std::chrono::sys_days{std::chrono::year{2026} / 3 / 14} + 9h};

sake::RandomSource seeded(std::uint64_t seed) {
    return [engine = std::mt19937_64{seed}](std::span<std::uint8_t> out) mutable {
        for (auto& octet : out) octet = static_cast<std::uint8_t>(engine());
    };
}

std::uint32_t numberOf(const protocol::Bytes& raw) {
    return history::parseHeader(raw)->sequenceNumber;
}

class PumpSessionTest : public testing::Test {
protected:
    PumpSessionTest()
        : keys(sake::generatePair(sake::DeviceType::MobileApplication, sake::DeviceType::InsulinPump,
                                  seeded(1))) {
        file = std::filesystem::temp_directory_path() /
               ("session-" + std::to_string(::getpid()) + "-" +
                testing::UnitTest::GetInstance()->current_test_info()->name() + ".db");
        settings.startSignalDelay = 0ms;
        settings.pollInterval = 5ms;
        settings.inactivity = 250ms;
        settings.handshakeTimeout = 250ms;
        settings.sync.nextRanges = 100;
        records = virtual_pump::generateHistory(
            {.seed = 7, .days = 1, .firstSequenceNumber = 53005, .end = kPumpNow});
    }
    ~PumpSessionTest() override {
        session.reset();
        store.reset();
        for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(file.string() + suffix);
    }

    void start() {
        store = std::make_unique<bridge::Store>(file);
        pump = std::make_unique<virtual_pump::Pump>(pumpSettings, pumpKeys.value_or(keys.second), seeded(2),
                                                    [] { return kPumpNow; });
        pump->setHistory(records);
        link = std::make_unique<testing_link::MemoryLink>(io.get_executor(), *pump);
        bridge::PumpSession::Hooks hooks;
        hooks.rangeDone = [this](const bridge::PumpInfo&, SequenceRange range) { ranges.push_back(range); };
        hooks.clockMeasured = [this](const bridge::PumpInfo&, std::chrono::seconds offset) {
            measured = offset;
        };
        hooks.synced = [this](const bridge::PumpInfo&) { ++syncs; };
        session = std::make_unique<bridge::PumpSession>(
            io.get_executor(), *link, *store, keys.first, seeded(3), [] { return kUtcNow; }, settings,
            std::move(hooks), log);
        asio::co_spawn(
            io, session->run(),
            asio::bind_cancellation_slot(stop.slot(), [this](const std::exception_ptr&) { ended = true; }));
        link->arrive();
    }

    template <typename Condition>
    bool runUntil(Condition condition) {
        const auto limit = std::chrono::steady_clock::now() + 20s;
        while (!condition()) {
            if (std::chrono::steady_clock::now() > limit) return false;
            io.run_one_for(50ms);
        }
        return true;
    }

    [[nodiscard]] bridge::PumpId pumpId() const { return store->pumps().at(0).id; }
    [[nodiscard]] SequenceRange all() const { return {numberOf(records.front()), numberOf(records.back())}; }

    /// A record of Data Corruption stands for a number that is lost: it has no place of its own.
    [[nodiscard]] std::vector<protocol::Bytes> numbered() const {
        auto result = records;
        std::erase_if(result,
                      [](const auto& raw) { return numberOf(raw) == history::kCorruptionSequenceNumber; });
        return result;
    }
    [[nodiscard]] Ranges holes() const {
        Ranges present;
        for (const auto& raw : numbered()) present.push_back({numberOf(raw), numberOf(raw)});
        return bridge::missing(present, all());
    }

    void expectEverythingStored() {
        const auto expected = numbered();
        const auto stored = store->records(pumpId(), {0, 0xfffffffe});
        ASSERT_EQ(stored.size(), expected.size());
        for (std::size_t i = 0; i < stored.size(); ++i)
            ASSERT_EQ(stored[i].raw, expected[i]) << "record " << i;
        EXPECT_EQ(store->absent(pumpId()), holes());
    }

    asio::io_context io{1};
    std::ostringstream logText;
    spdlog::logger log{"test", std::make_shared<spdlog::sinks::ostream_sink_mt>(logText)};
    std::pair<sake::KeyDatabase, sake::KeyDatabase> keys;
    std::optional<sake::KeyDatabase> pumpKeys;
    std::filesystem::path file;
    std::vector<protocol::Bytes> records;
    virtual_pump::PumpSettings pumpSettings;
    bridge::SessionSettings settings;
    std::unique_ptr<bridge::Store> store;
    std::unique_ptr<virtual_pump::Pump> pump;
    std::unique_ptr<testing_link::MemoryLink> link;
    std::unique_ptr<bridge::PumpSession> session;
    asio::cancellation_signal stop;
    Ranges ranges;
    std::optional<std::chrono::seconds> measured;
    int syncs = 0;
    bool ended = false;
};

TEST_F(PumpSessionTest, StoresTheWholeHistoryNewestFirst) {
    start();
    ASSERT_TRUE(runUntil([this] { return syncs > 0; })) << logText.str();
    expectEverythingStored();
    ASSERT_GE(ranges.size(), 2U);
    // The newest record itself came when it was asked for.
    EXPECT_EQ(ranges.front(), (SequenceRange{all().last - settings.sync.firstRange, all().last - 1}));
    EXPECT_EQ(ranges.back().first, all().first);
    EXPECT_TRUE(std::ranges::is_sorted(ranges, std::ranges::greater{}, &SequenceRange::first));
    EXPECT_TRUE(link->paired());
    EXPECT_EQ(measured, 1h);
    const auto known = store->pumps().at(0);
    EXPECT_EQ(known.serial, "NG1234567H");
    EXPECT_EQ(known.model, "MMT-1885");
    EXPECT_EQ(known.firmware, "8.12.2");
}

TEST_F(PumpSessionTest, JoinsRecordsThatComeInPieces) {
    pumpSettings.mtu = 23;
    start();
    ASSERT_TRUE(runUntil([this] { return syncs > 0; })) << logText.str();
    expectEverythingStored();
}

TEST_F(PumpSessionTest, AsksAgainForALostRecord) {
    pumpSettings.faults.loseAt = 30;
    start();
    ASSERT_TRUE(runUntil([this] { return syncs > 0; })) << logText.str();
    expectEverythingStored();
}

TEST_F(PumpSessionTest, SurvivesADamagedAndADoubledFrame) {
    pumpSettings.faults.corruptMacAt = 20;
    pumpSettings.faults.duplicateAt = 90;
    start();
    ASSERT_TRUE(runUntil([this] { return syncs > 0; })) << logText.str();
    expectEverythingStored();
}

TEST_F(PumpSessionTest, GoesOnWhereALostLinkStoppedIt) {
    pumpSettings.faults.dropLinkAfter = 150;
    start();
    ASSERT_TRUE(runUntil([this] { return !link->isConnected(); })) << logText.str();
    ASSERT_TRUE(runUntil([this] { return logText.str().find("waiting for the pump") != std::string::npos; }));
    const auto sentBefore = pump->counters().recordsSent;
    link->arrive();
    ASSERT_TRUE(runUntil([this] { return syncs > 0; })) << logText.str();
    expectEverythingStored();
    // What had arrived is not asked for again: the rest, and the first and last record of the second
    // connection.
    EXPECT_LE(pump->counters().recordsSent - sentBefore, records.size() - 140);
    EXPECT_EQ(pump->counters().handshakes, 2U);
}

TEST_F(PumpSessionTest, RemembersWhatThePumpDoesNotHave) {
    records.erase(records.begin() + 400, records.begin() + 403);
    start();
    ASSERT_TRUE(runUntil([this] { return syncs > 0; })) << logText.str();
    expectEverythingStored();
    EXPECT_GE(holes().size(), 1U);
    const auto reports = pump->counters().reports;
    ASSERT_TRUE(runUntil([this] { return syncs > 2; }));
    EXPECT_LE(pump->counters().reports - reports, 6U); // first and last only, the hole is not asked for again
}

TEST_F(PumpSessionTest, BringsNewRecordsWhileFollowing) {
    const protocol::Bytes newest = records.back();
    records.pop_back();
    start();
    ASSERT_TRUE(runUntil([this] { return syncs > 0; })) << logText.str();
    pump->append(newest);
    records.push_back(newest);
    ASSERT_TRUE(runUntil([this] { return store->held(pumpId()).back().last == all().last; }))
        << logText.str();
    expectEverythingStored();
}

TEST_F(PumpSessionTest, StartsANewEpochWhenThePumpCountsFromTheBeginning) {
    start();
    ASSERT_TRUE(runUntil([this] { return syncs > 0; })) << logText.str();
    const auto before = store->recordCount(pumpId());
    auto again =
        virtual_pump::generateHistory({.seed = 8, .days = 1, .firstSequenceNumber = 0, .end = kPumpNow});
    again.resize(50);
    link->leave();
    pump->setHistory(again);
    link->arrive();
    const int syncsBefore = syncs;
    ASSERT_TRUE(runUntil([&] { return syncs > syncsBefore; })) << logText.str();
    EXPECT_EQ(store->held(pumpId()), (Ranges{{0, 49}}));
    EXPECT_GE(store->recordCount(pumpId()), before > 50 ? 50U : 0U);
    EXPECT_NE(logText.str().find("counts records from the beginning"), std::string::npos);
}

TEST_F(PumpSessionTest, TellsThatTheKeyDatabaseDoesNotFit) {
    pumpKeys =
        sake::generatePair(sake::DeviceType::MobileApplication, sake::DeviceType::InsulinPump, seeded(99))
            .second;
    start();
    ASSERT_TRUE(runUntil([this] { return link->disconnects() > 0; })) << logText.str();
    EXPECT_TRUE(store->pumps().empty());
    EXPECT_EQ(syncs, 0);
}

TEST_F(PumpSessionTest, DropsAPumpThatFallsSilentInTheHandshake) {
    pumpSettings.faults.silentAtStage = 2;
    start();
    ASSERT_TRUE(runUntil([this] { return link->disconnects() > 0; })) << logText.str();
    EXPECT_NE(logText.str().find("the handshake did not finish in time"), std::string::npos);
}

TEST_F(PumpSessionTest, RefusesAnotherPumpThanTheConfiguredOne) {
    settings.requiredSerial = "NG7654321H";
    start();
    ASSERT_TRUE(runUntil([this] { return link->disconnects() > 0; })) << logText.str();
    EXPECT_NE(logText.str().find("change pump.serial"), std::string::npos);
    EXPECT_TRUE(store->pumps().empty());
}

TEST_F(PumpSessionTest, EndsWhenCancelledInTheMiddle) {
    start();
    ASSERT_TRUE(runUntil([this] { return !ranges.empty(); })) << logText.str();
    stop.emit(asio::cancellation_type::terminal);
    EXPECT_TRUE(runUntil([this] { return ended; }));
}

TEST_F(PumpSessionTest, LogsNoKeyAndNoSerialNumber) {
    start();
    ASSERT_TRUE(runUntil([this] { return syncs > 0; }));
    EXPECT_EQ(logText.str().find("1234567"), std::string::npos);
    EXPECT_EQ(logText.str().find(protocol::toHex(keys.first.entries.at(0).derivationKey)), std::string::npos);
}

} // namespace
