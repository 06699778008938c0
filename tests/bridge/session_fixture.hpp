// SPDX-License-Identifier: MIT
// A session against the virtual pump in memory.
#pragma once

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <functional>
#include <random>
#include <sstream>

#include "../ble/loop.hpp"
#include "bridge/session/pump_session.hpp"
#include "bridge/session/sync_plan.hpp"
#include "memory_link.hpp"
#include "protocol/history/record.hpp"
#include "virtual_pump/history_source.hpp"

namespace link_test {

using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace history = protocol::history;
namespace sake = protocol::sake;
using bridge::SequenceRange;
using Ranges = std::vector<SequenceRange>;

inline const protocol::LocalSeconds kPumpNow{std::chrono::local_days{std::chrono::year{2026} / 3 / 14} + 10h};
inline const std::chrono::sys_seconds kUtcNow{std::chrono::sys_days{std::chrono::year{2026} / 3 / 14} + 9h};

inline sake::RandomSource seeded(std::uint64_t seed) {
    return [engine = std::mt19937_64{seed}](std::span<std::uint8_t> out) mutable {
        for (auto& byte : out) byte = static_cast<std::uint8_t>(engine());
    };
}

inline std::uint32_t numberOf(const protocol::Bytes& raw) {
    return history::parseHeader(raw)->sequenceNumber;
}

class SessionFixture : public testing::Test, public bridge::SessionListener {
protected:
    SessionFixture()
        : keys(sake::generatePair(sake::DeviceType::MobileApplication, sake::DeviceType::InsulinPump,
                                  seeded(1))) {
        file = std::filesystem::temp_directory_path() /
               ("session-" + std::to_string(::getpid()) + "-" +
                testing::UnitTest::GetInstance()->current_test_info()->name() + ".db");
        settings.startSignalDelay = 0ms;
        settings.follow.poll = 5ms;
        settings.answerInactivity = 250ms;
        settings.inactivity = 250ms;
        settings.handshakeTimeout = 250ms;
        settings.sync.nextRanges = 100;
        records = virtual_pump::generateHistory(
            {.seed = 7, .days = 1, .firstSequenceNumber = 53005, .end = kPumpNow});
    }
    ~SessionFixture() override {
        session.reset();
        store.reset();
        for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(file.string() + suffix);
    }

    void start() {
        session.reset(); // before the link that it listens to
        store = std::make_unique<bridge::Store>(file);
        pump = std::make_unique<virtual_pump::Pump>(pumpSettings, pumpKeys.value_or(keys.second), seeded(2),
                                                    [] { return kPumpNow; });
        pump->setHistory(records);
        link = std::make_unique<link_test::MemoryLink>(io.get_executor(), *pump);
        session = std::make_unique<bridge::PumpSession>(
            io.get_executor(), *link, *store, keys.first, seeded(3),
            bridge::SessionClocks{[this] { return hostUtc; }, [this] { return steadyNow(); }}, settings,
            *this, log);
        asio::co_spawn(
            io, session->run(),
            asio::bind_cancellation_slot(stop.slot(), [this](const std::exception_ptr&) { ended = true; }));
        link->arrive();
    }

    void recordsStored(const bridge::PumpInfo& /*pump*/, SequenceRange range) override {
        ranges.push_back(range);
        if (onRange) onRange();
    }
    void statusRead(const bridge::PumpInfo& /*pump*/, const therapy::PumpStatus& read) override {
        status = read;
    }
    void clockRead(const bridge::PumpInfo& /*pump*/, const therapy::ClockReading& reading) override {
        measured = reading.offset();
        readings.push_back(reading);
        if (onClockRead) onClockRead(reading);
    }
    [[nodiscard]] bool clockWanted(const bridge::PumpInfo& /*pump*/) override {
        return onClockWanted && onClockWanted();
    }
    void clockBracketed(const bridge::PumpInfo& /*pump*/) override {
        if (onClockBracketed) onClockBracketed();
    }
    void progressed() override { ++progress; }
    void synced(const bridge::PumpInfo& /*pump*/) override { ++syncs; }
    void stageReached(bridge::SessionStage stage) override { stages.push_back(stage); }
    void outOfStep() override { ++timesOutOfStep; }
    /// What the session takes for the time; tests may set it ahead.
    [[nodiscard]] std::chrono::steady_clock::time_point steadyNow() const {
        return std::chrono::steady_clock::now() + ahead;
    }

    template <typename Condition>
    testing::AssertionResult runUntil(Condition condition) {
        return ble::test::runUntil(io, condition);
    }

    /// Until nothing is left to do at once.
    void settle() {
        while (io.poll() > 0) continue;
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
    std::unique_ptr<link_test::MemoryLink> link;
    std::unique_ptr<bridge::PumpSession> session;
    asio::cancellation_signal stop;
    Ranges ranges;
    std::function<void()> onRange;
    std::optional<therapy::PumpStatus> status;
    std::optional<std::chrono::seconds> measured;
    std::vector<bridge::SessionStage> stages;
    std::chrono::sys_seconds hostUtc = kUtcNow;
    std::chrono::seconds ahead{0};
    int timesOutOfStep = 0;
    std::vector<therapy::ClockReading> readings;
    std::function<void(const therapy::ClockReading&)> onClockRead;
    std::function<bool()> onClockWanted;
    std::function<void()> onClockBracketed;
    int syncs = 0;
    int progress = 0;
    bool ended = false;
};

} // namespace link_test
