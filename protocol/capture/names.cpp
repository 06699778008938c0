// SPDX-License-Identifier: MIT
#include "capture/names.hpp"

#include <algorithm>
#include <array>

namespace capture {
namespace {

constexpr std::string_view kSigTail = "-0000-1000-8000-00805f9b34fb";
constexpr std::string_view kVendorTail = "-0000-1000-0000-009132591325";
constexpr std::size_t kHeadLength = 8; // of "00002a52"

struct UuidName {
    std::string_view head;
    std::string_view tail;
    std::string_view name;
    Protection protection = Protection::Plain;
};

constexpr auto kSake = Protection::Sake;
constexpr auto kUnknown = Protection::Unknown;

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
    // Characteristics of the Bluetooth SIG.
    {"00002a00", kSigTail, "Device Name"},
    {"00002a01", kSigTail, "Appearance"},
    {"00002a04", kSigTail, "Preferred Connection Parameters"},
    {"00002a05", kSigTail, "Service Changed"},
    {"00002a19", kSigTail, "Battery Level"},
    {"00002a23", kSigTail, "System ID"},
    {"00002a24", kSigTail, "Model Number"},
    {"00002a25", kSigTail, "Serial Number"},
    {"00002a26", kSigTail, "Firmware Revision"},
    {"00002a27", kSigTail, "Hardware Revision"},
    {"00002a28", kSigTail, "Software Revision"},
    {"00002a29", kSigTail, "Manufacturer Name"},
    {"00002a2a", kSigTail, "Regulatory Certification"},
    {"00002a2b", kSigTail, "Current Time"},
    {"00002a50", kSigTail, "PnP ID"},
    {"00002a52", kSigTail, "Record Access Control Point"},
    {"00002aa6", kSigTail, "Central Address Resolution"},
    {"00002aa7", kSigTail, "CGM Measurement", kSake},
    {"00002aa8", kSigTail, "CGM Feature"},
    {"00002aa9", kSigTail, "CGM Status", kSake},
    {"00002aaa", kSigTail, "CGM Session Start Time", kSake},
    {"00002aab", kSigTail, "CGM Session Run Time"},
    {"00002aac", kSigTail, "CGM Specific Ops Control Point", kSake},
    {"00002b29", kSigTail, "Client Supported Features"},
    {"00002b2a", kSigTail, "Database Hash"},
    {"00002b3a", kSigTail, "Server Supported Features"},
    // Characteristics of the vendor.
    {"0000fe82", kVendorTail, "SAKE Port"},
    {"00000101", kVendorTail, "IDD Status Changed", kSake},
    {"00000102", kVendorTail, "IDD Status", kSake},
    {"00000103", kVendorTail, "IDD Annunciation Status", kSake},
    {"00000104", kVendorTail, "IDD Features", kSake},
    {"00000105", kVendorTail, "IDD Status Reader Control Point", kSake},
    {"00000106", kVendorTail, "IDD Command Control Point", kSake},
    {"00000107", kVendorTail, "IDD Command Data", kSake},
    {"00000108", kVendorTail, "IDD History Data", kSake},
    {"00000109", kVendorTail, "Secure Control", kUnknown},
    {"00000200", kVendorTail, "CGM Measurement Extension", kUnknown},
    {"00000201", kVendorTail, "Sensor Connected State", kUnknown},
    {"00000202", kVendorTail, "Time Of Sensor Expiration"},
    {"00000203", kVendorTail, "Sensor Calibration Time", kUnknown},
    {"00000204", kVendorTail, "Time Of Next Calibration Recommended"},
    {"00000205", kVendorTail, "Algorithm Data", kUnknown},
    {"00000350", kVendorTail, "Slice Record"},
    {"00000360", kVendorTail, "Repository and Transfer Management Control Point"},
    {"00000370", kVendorTail, "Repository Management Control Point SE"},
    {"00000400", kVendorTail, "GST Battery Level"},
    {"00000510", kVendorTail, "NOS Port", kUnknown},
    {"00000601", kVendorTail, "Certificate Control Point"},
    {"00000602", kVendorTail, "Certificate Data"},
    {"00000701", kVendorTail, "Secure Session Control Point", kUnknown},
    {"00000702", kVendorTail, "Secure Session Data", kUnknown},
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
    constexpr std::size_t kZeros = 4;
    const bool assigned = uuid.starts_with("0000") && uuid.ends_with(kSigTail);
    return std::string(assigned ? uuid.substr(kZeros, kHeadLength - kZeros) : uuid);
}

Protection protectionOf(std::string_view characteristic) {
    const UuidName* known = find(characteristic);
    return known == nullptr ? Protection::Unknown : known->protection;
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
