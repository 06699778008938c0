// SPDX-License-Identifier: MIT
// A pump whose clock has a life: it drifts, is set, moved without a record, and lost. Only what dates its
// records is here: references and glucose (docs/protocol/history.md 4.2 and 10).
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "bridge/store/store.hpp"
#include "protocol/history/record.hpp"

namespace bridge::test {

/// Writes a reference every hour.
class LivingPump {
public:
    using Seconds = std::chrono::seconds;
    using Reason = protocol::history::RecordingReason;

    /// `offset`: what the clock shows, local minus UTC; `driftPerDay`: seconds.
    LivingPump(std::chrono::sys_seconds now, Seconds offset, int driftPerDay)
        : offset_(offset), drift_(driftPerDay), now_(now), setAt_(now) {
        refer(Reason::Periodic);
    }

    /// A glucose value, and then time passes.
    void step(std::chrono::minutes length) {
        if (sinceReference_ >= std::chrono::hours{1}) refer(Reason::Periodic);
        true_[next_] = now_;
        add(protocol::history::EventType::SgMeasurement,
            protocol::history::SgMeasurement{static_cast<std::int16_t>(sinceReference_.count() / 60), 120,
                                             2000, 0});
        now_ += length;
        sinceReference_ += length;
    }
    void set(Seconds offset) {
        moveTo(offset);
        if (std::exchange(lost_, false)) ++piece_;
        refer(Reason::SetDateTime);
    }
    /// Without a record: the next reference shows it.
    void setSilently(Seconds offset) {
        moveTo(offset);
        moved_ = true;
    }
    /// Without saying how long the old clock ran.
    void setUncounted(Seconds offset) {
        moveTo(offset);
        sinceReference_ = Seconds{0};
        ++piece_;
        refer(Reason::SetDateTime);
    }
    void lose() {
        moveTo(Seconds{std::chrono::sys_days{std::chrono::year{2020} / 1 / 1} - now_});
        sinceReference_ = Seconds{0};
        refer(Reason::DateTimeLoss);
        lost_ = true;
    }

    [[nodiscard]] std::chrono::sys_seconds now() const { return now_; }
    [[nodiscard]] bool isLost() const { return lost_; }
    [[nodiscard]] Seconds offset() const {
        return offset_ + Seconds{drift_ * (now_ - setAt_).count() / 86400};
    }
    [[nodiscard]] protocol::LocalSeconds local() const {
        return protocol::LocalSeconds{now_.time_since_epoch() + offset()};
    }
    /// Whether the pump could be set now: not in the second of a reference.
    [[nodiscard]] bool canBeSet() const { return !lost_ && sinceReference_ > Seconds{0}; }
    /// What hangs together by changes of known size counts as one piece: a reading anywhere dates all of it.
    [[nodiscard]] int piece() const { return piece_; }
    /// The clock and the newest reference belong together: a reading now says something about records.
    [[nodiscard]] bool tellsItsTime() const { return !lost_ && !moved_; }
    [[nodiscard]] const std::vector<ReceivedRecord>& records() const { return records_; }
    /// When each glucose value was measured, by number.
    [[nodiscard]] const std::map<std::uint32_t, std::chrono::sys_seconds>& truth() const { return true_; }

private:
    void moveTo(Seconds offset) {
        offset_ = offset;
        setAt_ = now_;
    }
    void add(protocol::history::EventType type, protocol::history::EventData data) {
        const protocol::history::Record record{
            {static_cast<std::uint16_t>(type), next_, static_cast<std::uint16_t>(sinceReference_.count())},
            std::move(data)};
        records_.push_back({next_++, protocol::history::encode(record)});
    }
    void refer(Reason reason) {
        const bool shows = std::exchange(moved_, false);
        if (shows && reason != Reason::SetDateTime) ++piece_;
        add(protocol::history::EventType::NgpReferenceTime,
            protocol::history::NgpReferenceTime{reason, protocol::DateTime::from(local())});
        sinceReference_ = Seconds{0};
    }

    Seconds offset_;
    int drift_;
    std::chrono::sys_seconds now_, setAt_;
    Seconds sinceReference_{0};
    std::uint32_t next_ = 0;
    std::vector<ReceivedRecord> records_;
    std::map<std::uint32_t, std::chrono::sys_seconds> true_;
    bool lost_ = false;
    bool moved_ = false;
    int piece_ = 0;
};

} // namespace bridge::test
