// SPDX-License-Identifier: MIT
// Annunciations: alarms, alerts, reminders. The layouts, with offsets and evidence, are in
// docs/protocol/history.md 11; fields stand here in wire order.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "protocol/codec/bytes.hpp"

namespace protocol::history {

enum class AnnunciationStatus : std::uint8_t {
    Undetermined = 0x0f,
    Pending = 0x33,
    Snoozed = 0x3c,
    Confirmed = 0x55
};

// The names of the published examples; "unknown" for unlisted values.
std::string_view name(AnnunciationStatus value);

/// Up to eight bytes that follow an annunciation's time stamp; their meaning depends on the fault.
struct AuxInfo {
    std::array<std::uint8_t, 8> bytes{};
    std::uint8_t size = 0;
    [[nodiscard]] ByteView view() const { return ByteView(bytes).first(size); }
    friend bool operator==(const AuxInfo&, const AuxInfo&) = default;
};
struct AnnunciationConsolidated {
    enum Flag : std::uint8_t { Aux1 = 1, Aux2 = 2, Aux3 = 4, Aux4 = 8, Aux5 = 16, Aux6 = 32, Silenced = 64 };
    std::uint8_t flags = 0;
    std::uint16_t instanceId = 0;
    std::uint16_t annunciationType = 0; ///< 0xf000 + fault id
    AnnunciationStatus status{};
    std::optional<std::uint32_t>
        timestamp; ///< seconds since 2000-01-01 of the pump's clock; with flags Aux1 and Aux2
    AuxInfo aux;
    [[nodiscard]] std::uint16_t faultId() const { return annunciationType & 0x0fffU; }
    friend bool operator==(const AnnunciationConsolidated&, const AnnunciationConsolidated&) = default;
};
struct AnnunciationCleared {
    std::uint16_t faultId = 0;
    std::uint16_t instanceId = 0;
    friend bool operator==(const AnnunciationCleared&, const AnnunciationCleared&) = default;
};
struct AnnunciationStatusChangedPart1 {
    enum Flag : std::uint8_t { Aux1 = 1, Aux2 = 2 };
    std::uint8_t flags = 0;
    std::uint16_t instanceId = 0;
    std::uint16_t annunciationType = 0; ///< a SIG type; its numbers collide with the vendor's fault ids
    AnnunciationStatus status{};
    std::array<std::optional<std::array<std::uint8_t, 2>>, 2> aux; ///< AuxInfo 1 and 2
    friend bool operator==(const AnnunciationStatusChangedPart1&,
                           const AnnunciationStatusChangedPart1&) = default;
};
struct AnnunciationStatusChangedPart2 {
    enum Flag : std::uint8_t { Aux3 = 1, Aux4 = 2, Aux5 = 4 };
    std::uint8_t flags = 0;
    std::array<std::optional<std::array<std::uint8_t, 2>>, 3> aux; ///< AuxInfo 3 to 5
    friend bool operator==(const AnnunciationStatusChangedPart2&,
                           const AnnunciationStatusChangedPart2&) = default;
};

/// "lost_sensor_signal_alert"; empty when the fault has no published name.
std::string_view faultName(std::uint16_t faultId);

} // namespace protocol::history
