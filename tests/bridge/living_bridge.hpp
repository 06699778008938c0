// SPDX-License-Identifier: MIT
// A bridge that visits a LivingPump now and then, as a session does: what it would publish, and when.
#pragma once

#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <functional>
#include <map>
#include <memory>

#include "bridge/publish/clock_keeper.hpp"
#include "bridge/publish/publisher.hpp"
#include "host_clock_double.hpp"
#include "living_pump.hpp"
#include "temporary_directory.hpp"

namespace bridge::test {

/// By documents: as the service does it. By records alone: the same times, without the work of documents.
enum class Publishes : std::uint8_t { Documents, Records };

/// How far a visit comes before the link is lost, or the service is killed.
enum class Until : std::uint8_t { ClockRead, RecordsStored, ClockSettled, End };

struct Visit {
    bool readsTheClock = true; ///< at the beginning
    bool hostTrusted = true;   ///< else no reading comes
    Until until = Until::End;
    std::function<void()> meanwhile; ///< after the first reading, before history is fetched
};

class LivingBridge {
public:
    LivingBridge(const therapy::Zone& zone, Publishes publishes) : zone_(zone), publishes_(publishes) {
        settings_.features = {nightscout::Feature::Cgm};
        store_.noteOldest(pump_.id, 0);
        restart();
    }
    /// Forgets what is not stored.
    void restart() {
        keeper_ = std::make_unique<ClockKeeper>(store_, zone_, computer_.host, log_);
        publisher_ = std::make_unique<Publisher>(
            store_, zone_, computer_.host, settings_,
            [this](PumpId pump, std::span<const nightscout::Document> documents,
                   std::span<const Store::Published> times) {
                for (const auto& document : documents)
                    times_.emplace(document.sequenceNumber,
                                   std::chrono::floor<std::chrono::seconds>(document.time));
                return store_.queueDocuments(pump, documents, times);
            },
            true, log_);
    }
    /// True when the newest piece of the pump's life has been measured by it.
    bool visit(const LivingPump& pump, const Visit& how) {
        if (how.readsTheClock && how.hostTrusted) read(pump);
        if (how.meanwhile) how.meanwhile();
        bool measured = fetch(pump, how.until);
        if (how.until != Until::End) return false;
        for (int attempt = 0; attempt < 5 && how.hostTrusted && keeper_->wantsReading(pump_); ++attempt) {
            read(pump);
            measured = fetch(pump, Until::End) || measured;
        }
        return measured && pump.tellsItsTime();
    }
    [[nodiscard]] const std::map<std::uint32_t, std::chrono::sys_seconds>& times() const { return times_; }
    [[nodiscard]] std::vector<HeldRecords> held() const {
        return heldRecords(store_, pump_.id, zone_, computer_.utc);
    }

private:
    void read(const LivingPump& pump) { keeper_->read(pump_, {pump.local(), pump.now()}); }
    bool fetch(const LivingPump& pump, Until until) {
        if (until == Until::ClockRead) return false;
        const auto& all = pump.records();
        if (fetched_ < all.size()) {
            store_.addRecords(pump_.id, {all.data() + fetched_, all.size() - fetched_}, pump.now());
            fetched_ = all.size();
        }
        if (until == Until::RecordsStored) return false;
        computer_.utc = pump.now();
        const bool settled = keeper_->settle(pump_);
        if (until == Until::ClockSettled) return false;
        if (publishes_ == Publishes::Documents) {
            publisher_->publish(pump_);
        } else {
            publishRecords();
        }
        return settled;
    }
    void publishRecords() {
        Store::Group group(store_);
        const auto held = store_.held(pump_.id);
        if (held.empty()) return;
        const StoredRun run(store_, pump_.id, held.back(), zone_);
        for (const SequenceRange& range : store_.unpublished(pump_.id)) {
            std::vector<Store::Published> times;
            std::vector<std::uint32_t> withTime;
            store_.forEachRecord(pump_.id, range, [&](const StoredRecord& stored) {
                const auto record = run.dated(stored);
                if (isHeld(record)) return;
                withTime.push_back(stored.sequenceNumber);
                if (!record.time) return;
                times.push_back({stored.sequenceNumber, *record.time});
                if (record.sampleTime) times_.emplace(stored.sequenceNumber, *record.sampleTime);
            });
            store_.queueDocuments(pump_.id, {}, times);
            for (auto at = withTime.begin(); at != withTime.end();) {
                const auto begin = *at;
                auto last = begin;
                while (++at != withTime.end() && *at == last + 1) ++last;
                store_.markPublished(pump_.id, {begin, last});
            }
        }
        group.commit();
    }

    const therapy::Zone& zone_;
    Publishes publishes_;
    TemporaryDirectory directory_{TemporaryDirectory::inMemory()};
    Store store_{directory_ / "history.db"};
    nightscout::MappingSettings settings_;
    PumpInfo pump_ = store_.pump("NG1234567H");
    spdlog::logger log_{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
    HostClockDouble computer_{store_, zone_};
    std::unique_ptr<ClockKeeper> keeper_;
    std::unique_ptr<Publisher> publisher_;
    std::size_t fetched_ = 0;
    std::map<std::uint32_t, std::chrono::sys_seconds> times_;
};

} // namespace bridge::test
