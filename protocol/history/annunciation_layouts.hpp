// SPDX-License-Identifier: MIT
// Alarms, alerts, reminders: docs/protocol/history.md 11.
#pragma once

#include <bit>
#include <optional>

#include "protocol/codec/layout.hpp"
#include "protocol/history/events.hpp"
#include "protocol/history/record.hpp"

namespace protocol::history {

inline void describeFaultName(FieldSink& sink, std::optional<std::uint16_t> faultId) {
    const std::string_view published = faultId ? faultName(*faultId) : std::string_view{};
    if (published.empty()) {
        sink.null("fault_name");
    } else {
        sink.text("fault_name", published);
    }
}

/// Empty for the SIG's own types, whose numbers collide with fault ids (docs/protocol/history.md 11.5).
inline std::optional<std::uint16_t> vendorFault(const AnnunciationConsolidated& e) {
    constexpr std::uint16_t kVendorTypes = 0xf000;
    if ((e.annunciationType & kVendorTypes) != kVendorTypes) return std::nullopt;
    return e.faultId();
}

void layout(auto& c, Is<AnnunciationConsolidated> auto& e) {
    using Event = AnnunciationConsolidated;
    c.field("flags", e.flags);
    c.derived([&e](FieldSink& sink) { sink.boolean("silenced", (e.flags & Event::Silenced) != 0); });
    c.field("instance_id", e.instanceId);
    c.field("annunciation_type", e.annunciationType);
    c.derived([&e](FieldSink& sink) {
        const auto fault = vendorFault(e);
        if (fault) {
            sink.integer("fault_id", *fault);
        } else {
            sink.null("fault_id");
        }
        describeFaultName(sink, fault);
    });
    c.field("status", e.status);
    // The time stamp takes the place of AuxInfo 1 and 2; both bits are always set by a 780G (11.1).
    constexpr unsigned kTimestamp = Event::Aux1 | Event::Aux2;
    c.timestamp("timestamp", (e.flags & kTimestamp) == kTimestamp, e.timestamp);
    constexpr unsigned kFollowing = Event::Aux3 | Event::Aux4 | Event::Aux5 | Event::Aux6;
    c.aux(2 * static_cast<std::size_t>(std::popcount(e.flags & kFollowing)), vendorFault(e), e.aux);
}

void layout(auto& c, Is<AnnunciationCleared> auto& e) {
    c.field("fault_id", e.faultId);
    c.field("instance_id", e.instanceId);
    c.derived([&e](FieldSink& sink) { describeFaultName(sink, e.faultId); });
}

void layout(auto& c, Is<AnnunciationStatusChangedPart1> auto& e) {
    using Event = AnnunciationStatusChangedPart1;
    c.field("flags", e.flags);
    c.field("instance_id", e.instanceId);
    c.field("annunciation_type", e.annunciationType);
    c.field("status", e.status);
    c.auxPair("aux1", (e.flags & Event::Aux1) != 0, e.aux[0]);
    c.auxPair("aux2", (e.flags & Event::Aux2) != 0, e.aux[1]);
}

void layout(auto& c, Is<AnnunciationStatusChangedPart2> auto& e) {
    using Event = AnnunciationStatusChangedPart2;
    c.field("flags", e.flags);
    c.auxPair("aux3", (e.flags & Event::Aux3) != 0, e.aux[0]);
    c.auxPair("aux4", (e.flags & Event::Aux4) != 0, e.aux[1]);
    c.auxPair("aux5", (e.flags & Event::Aux5) != 0, e.aux[2]);
}

} // namespace protocol::history
