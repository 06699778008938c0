// SPDX-License-Identifier: MIT
// From the pump's clock to UTC. The offset is measured where that is possible, and taken from the configured
// zone where not. Facts: docs/nightscout/mapping.md 5.2 to 5.4.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/codec/date_time.hpp"
#include "therapy/time_line.hpp"

namespace therapy {

/// A time zone of the operating system's database.
class Zone {
public:
    /// Empty when there is no zone of this name.
    static std::optional<Zone> find(std::string_view name);

    [[nodiscard]] const std::string& name() const;
    /// Local minus UTC at an instant.
    [[nodiscard]] std::chrono::seconds offsetAt(std::chrono::sys_seconds time) const;
    /// Which of the two instants of a clock reading that occurs twice.
    enum class Pass : std::uint8_t { First, Second };
    /// Local minus UTC for a clock reading. In a gap the offset before the change.
    [[nodiscard]] std::chrono::seconds offsetFor(protocol::LocalSeconds local, Pass pass = Pass::First) const;
    /// Standard and daylight-saving offset in the year of `time`.
    [[nodiscard]] std::pair<std::chrono::seconds, std::chrono::seconds> offsetsOfYear(
        std::chrono::sys_seconds time) const;

private:
    struct Impl;
    explicit Zone(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
    std::shared_ptr<const Impl> impl_;
};

/// An offset that was measured between the pump's clock and ours, snapped so that every run and every bridge
/// gives the same one: an offset of the zone when within 10 minutes, else the nearest multiple of 15 minutes.
std::chrono::seconds snapOffset(std::chrono::seconds measured, const Zone& zone,
                                std::chrono::sys_seconds now);

/// UTC of the times of one stretch of history.
class UtcConverter {
public:
    /// `newest`: offset of the last clock segment, when it was measured; segments before it follow over the
    /// known changes of the clock. Otherwise, and across unknown changes, the zone decides for each time.
    UtcConverter(const therapy::TimeLine& timeLine, const Zone& zone,
                 std::optional<std::chrono::seconds> newest);

    [[nodiscard]] std::chrono::sys_seconds utc(const therapy::LocalTime& time) const;

private:
    const Zone& zone_;
    std::vector<std::optional<std::chrono::seconds>> offsets_; ///< by segment
    /// By segment: the reading at which it begins, where the clock was set back to it.
    std::vector<std::optional<protocol::LocalSeconds>> setBack_;
};

} // namespace therapy
