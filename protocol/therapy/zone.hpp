// SPDX-License-Identifier: MIT
// A time zone of the operating system's database. Facts: docs/nightscout/mapping.md 5.2 and 5.4.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/codec/date_time.hpp"

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

} // namespace therapy
