// SPDX-License-Identifier: MIT
// What is stored and not published, because its time is not sure. docs/nightscout/mapping.md 5.3.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "bridge/store/store.hpp"
#include "therapy/dated_history.hpp"
#include "therapy/zone.hpp"

namespace bridge {

struct HeldRecords {
    therapy::Hold reason{};
    std::size_t count = 0;
    std::optional<std::chrono::sys_seconds> since = std::nullopt; ///< the first of them was received
    /// Their time lies ahead: that of the first can be true from then on.
    std::optional<std::chrono::sys_seconds> until = std::nullopt;

    [[nodiscard]] bool sameReason(const HeldRecords& other) const {
        return reason == other.reason && until.has_value() == other.until.has_value();
    }
    friend bool operator==(const HeldRecords& a, const HeldRecords& b) {
        return a.sameReason(b) && a.count == b.count;
    }
};

/// Whether a record waits for its time, and may yet be published by itself. One without a reference waits
/// for older records; most never come.
[[nodiscard]] bool isHeld(const therapy::DatedRecord& record);

/// Of what was not published yet; empty when nothing is held. `now`: empty where what was not
/// measured cannot be, because this computer's own clock is not trusted.
[[nodiscard]] std::vector<HeldRecords> heldRecords(const Store& store, PumpId pump, const therapy::Zone& zone,
                                                   std::optional<std::chrono::sys_seconds> now);

/// Why, and what to do.
[[nodiscard]] std::string_view describe(therapy::Hold reason);
[[nodiscard]] std::string_view describe(const HeldRecords& held);
/// For programs: "lost-clock".
[[nodiscard]] std::string_view name(therapy::Hold reason);

} // namespace bridge
