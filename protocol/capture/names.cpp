// SPDX-License-Identifier: MIT
#include "capture/names.hpp"

#include <algorithm>
#include <array>

#include "protocol/characteristics.hpp"

namespace capture {
namespace {

constexpr std::string_view kSigTail = "-0000-1000-8000-00805f9b34fb";
constexpr std::string_view kVendorTail = "-0000-1000-0000-009132591325";
constexpr std::size_t kHeadLength = 8; // of "00002a52"

struct UuidName {
    std::string_view head;
    std::string_view tail;
    std::string_view name;
};

/// Of services, declarations and descriptors.
constexpr std::array kNames = std::to_array<UuidName>({
    // Services.
    {"00001800", kSigTail, "Generic Access"},
    {"00001801", kSigTail, "Generic Attribute"},
    {"00001805", kSigTail, "Current Time"},
    {"0000180a", kSigTail, "Device Information"},
    {"0000180f", kSigTail, "Battery"},
    {"0000181f", kSigTail, "Continuous Glucose Monitoring"},
    {"0000fe81", kSigTail, "Reconnect"},
    {"0000fe82", kSigTail, "SAKE Service"},
    {"00000100", kVendorTail, "Insulin Delivery"},
    {"00000300", kVendorTail, "History and Trace"},
    {"00000500", kVendorTail, "Network Operational State"},
    {"00000600", kVendorTail, "Certificate Management"},
    {"00000700", kVendorTail, "Secure Session Establishment"},
    {"00000800", kVendorTail, "Firmware Update"},
    {"00000900", kVendorTail, "Mobile Device Information"},
    // Declarations and descriptors.
    {"00002800", kSigTail, "Primary Service"},
    {"00002801", kSigTail, "Secondary Service"},
    {"00002802", kSigTail, "Include"},
    {"00002803", kSigTail, "Characteristic"},
    {"00002900", kSigTail, "Characteristic Extended Properties"},
    {"00002901", kSigTail, "Characteristic User Description"},
    {"00002902", kSigTail, "Client Characteristic Configuration"},
});

const UuidName* find(std::string_view uuid) {
    if (uuid.size() < kHeadLength) return nullptr;
    const auto entry = std::find_if(kNames.begin(), kNames.end(), [uuid](const UuidName& each) {
        return each.head == uuid.substr(0, kHeadLength) && each.tail == uuid.substr(kHeadLength);
    });
    return entry == kNames.end() ? nullptr : &*entry;
}

template <std::size_t N>
std::string_view at(const std::array<std::string_view, N>& names, std::uint8_t code,
                    std::string_view otherwise) {
    return code < N && !names[code].empty() ? names[code] : otherwise;
}

} // namespace

std::string uuidName(std::string_view uuid) {
    if (const UuidName* known = find(uuid)) return std::string(known->name);
    if (const auto* known = protocol::findCharacteristic({}, uuid)) return std::string(known->name);
    constexpr std::size_t kZeros = 4;
    const bool assigned = uuid.starts_with("0000") && uuid.ends_with(kSigTail);
    return std::string(assigned ? uuid.substr(kZeros, kHeadLength - kZeros) : uuid);
}

std::string_view smpName(std::uint8_t code) {
    static constexpr std::array<std::string_view, 15> kSmp{
        "",
        "Pairing Request",
        "Pairing Response",
        "Pairing Confirm",
        "Pairing Random",
        "Pairing Failed",
        "Encryption Information",
        "Central Identification",
        "Identity Information",
        "Identity Address Information",
        "Signing Information",
        "Security Request",
        "Pairing Public Key",
        "Pairing DHKey Check",
        "Pairing Keypress Notification",
    };
    return at(kSmp, code, "unknown SMP PDU");
}

std::string_view pairingFailureName(std::uint8_t reason) {
    static constexpr std::array<std::string_view, 12> kReasons{
        "",
        "passkey entry failed",
        "no out-of-band data",
        "authentication requirements",
        "confirm value failed",
        "pairing not supported",
        "encryption key size",
        "command not supported",
        "unspecified reason",
        "repeated attempts",
        "invalid parameters",
        "DHKey check failed",
    };
    return at(kReasons, reason, "unknown reason");
}

std::string_view hciErrorName(std::uint8_t code) {
    switch (code) {
        case 0x00:
            return "success";
        case 0x02:
            return "unknown connection";
        case 0x05:
            return "authentication failure";
        case 0x06:
            return "key missing";
        case 0x08:
            return "supervision timeout";
        case 0x13:
            return "ended by the remote user";
        case 0x14:
            return "remote device low on resources";
        case 0x15:
            return "remote device powers off";
        case 0x16:
            return "ended by this host";
        case 0x22:
            return "link layer response timeout";
        case 0x3b:
            return "unacceptable connection parameters";
        case 0x3d:
            return "MIC failure";
        case 0x3e:
            return "connection failed to be established";
        default:
            return "unknown reason";
    }
}

} // namespace capture
