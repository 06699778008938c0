// SPDX-License-Identifier: MIT
#include "ble/advertising_data.hpp"

#include "protocol/codec/cursor.hpp"

namespace ble {

namespace {

// Bluetooth Assigned Numbers, "Common Data Types".
constexpr std::uint8_t kFlags = 0x01;
constexpr std::uint8_t kCompleteList16 = 0x03;
constexpr std::uint8_t kCompleteName = 0x09;

constexpr std::uint8_t kGeneralDiscoverableLeOnly = 0x06;
constexpr std::uint16_t kSakeService = 0xfe82;
constexpr std::uint16_t kReconnectService = 0xfe81;

} // namespace

protocol::Bytes advertisingData(AdvertisingMode mode, std::string_view name) {
    const bool pairing = mode == AdvertisingMode::Pairing;
    protocol::Writer out;
    out.put(std::uint8_t{2}).put(kFlags).put(kGeneralDiscoverableLeOnly);
    out.put(std::uint8_t{3}).put(kCompleteList16).put(pairing ? kSakeService : kReconnectService);
    if (pairing) {
        out.put(static_cast<std::uint8_t>(1 + name.size())).put(kCompleteName);
        for (const char c : name) out.put(static_cast<std::uint8_t>(c));
    }
    return std::move(out).bytes();
}

} // namespace ble
