// SPDX-License-Identifier: MIT
// The generator's diary: events in any order, with what refers to other records left open; closing it yields
// the records as a pump would have written them. Facts: docs/protocol/history.md 4, 6 and 11.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <vector>

#include "protocol/codec/date_time.hpp"
#include "protocol/history/events.hpp"
#include "protocol/history/record.hpp"

namespace virtual_pump::generator {

using protocol::LocalSeconds;
using protocol::history::EventData;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// Only what std::mt19937_64 guarantees: the library's distributions may differ from one to the next.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : engine_(seed) {}
    /// Both ends included.
    int between(int low, int high);
    /// Roughly normal, standard deviation 1.
    double bell();

private:
    std::mt19937_64 engine_;
};

/// The five-minute steps of the sensor, of which the last is the end of the history. What people do is
/// written well inside a step, so that it does not come between a glucose value and its analytics.
class Steps {
public:
    static constexpr seconds kStep{300};
    explicit Steps(LocalSeconds end) : end_(end) {}
    [[nodiscard]] LocalSeconds floor(LocalSeconds time) const;
    /// `offset` seconds (30..270) into the step that contains `time`.
    [[nodiscard]] LocalSeconds inside(LocalSeconds time, seconds offset) const {
        return floor(time) + offset;
    }
    /// `time`, or the next moment well inside a step.
    [[nodiscard]] LocalSeconds quiet(LocalSeconds time) const;

private:
    LocalSeconds end_;
};

/// A number that is given in the order of the records, and shared by those that belong together; 0: none.
using Handle = int;

struct Entry {
    LocalSeconds time;
    EventData data;
    std::optional<LocalSeconds> sample = std::nullopt; ///< becomes the time offset in minutes
    Handle bolus = 0;
    Handle alarm = 0;
};

class Diary {
public:
    struct Frame {
        LocalSeconds start, end;      ///< records outside are dropped
        LocalSeconds referenceBefore; ///< the last reference that was written before `start`
        std::uint32_t firstSequenceNumber = 0;
        protocol::MedFloat basalRate; ///< of the pattern at `start`, IU/h
    };

    /// Entries of one second keep the order in which they were added.
    void add(Entry entry) { entries_.push_back(std::move(entry)); }
    void add(LocalSeconds time, EventData data) { add(Entry{time, std::move(data)}); }
    Handle newHandle() { return ++handles_; }

    /// Sorts, numbers, dates and encodes; writes a therapy context after each reference.
    std::vector<protocol::Bytes> close(const Frame& frame);

private:
    std::vector<Entry> entries_;
    Handle handles_ = 0;
};

} // namespace virtual_pump::generator
