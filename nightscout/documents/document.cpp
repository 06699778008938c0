// SPDX-License-Identifier: MIT
#include "nightscout/documents/document.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "protocol/codec/bytes.hpp"

namespace nightscout {
namespace {

constexpr std::array<std::string_view, kCollections> kCollectionNames{"entries", "treatments",
                                                                      "devicestatus"};
constexpr std::array<std::string_view, 7> kFeatureNames{"BASAL", "BOLUS",      "PUMP_EVENTS",  "PROFILES",
                                                        "CGM",   "CGM_ALERTS", "DEVICE_STATUS"};
constexpr std::array<std::string_view, 16> kKindNames{
    "sgv",   "bolus", "carbs",   "autobasal", "basal",  "suspend", "note", "bg",
    "alarm", "site",  "insulin", "battery",   "sensor", "tt",      "gap",  "status"};

/// 7c1f6a52-3f0e-4d57-9b7a-8e2d10b4c6a3: the name space of all our identities
/// (docs/nightscout/mapping.md 6.1).
constexpr std::array<std::uint8_t, 16> kNamespace{0x7c, 0x1f, 0x6a, 0x52, 0x3f, 0x0e, 0x4d, 0x57,
                                                  0x9b, 0x7a, 0x8e, 0x2d, 0x10, 0xb4, 0xc6, 0xa3};

constexpr char upper(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

/// Without the padding that a device information string may carry, in upper case.
std::string normalisedSerial(std::string_view serial) {
    constexpr std::string_view kPadding{" \t\r\n\0", 5};
    const auto first = serial.find_first_not_of(kPadding);
    if (first == std::string_view::npos) return {};
    serial = serial.substr(first, serial.find_last_not_of(kPadding) - first + 1);
    std::string text(serial);
    std::transform(text.begin(), text.end(), text.begin(), upper);
    return text;
}

std::array<std::uint8_t, EVP_MAX_MD_SIZE> sha1(std::string_view text) {
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
    if (EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha1(), nullptr) != 1) {
        throw std::runtime_error("SHA-1 is not available in libcrypto");
    }
    return digest;
}

} // namespace

std::string_view name(Collection collection) {
    return kCollectionNames.at(static_cast<std::size_t>(collection));
}

std::string_view name(Feature feature) {
    return kFeatureNames.at(static_cast<std::size_t>(feature));
}

std::optional<Feature> featureByName(std::string_view name) {
    const auto found = std::find(kFeatureNames.begin(), kFeatureNames.end(), name);
    if (found == kFeatureNames.end()) return std::nullopt;
    return static_cast<Feature>(found - kFeatureNames.begin());
}

std::string_view name(Kind kind) {
    return kKindNames.at(static_cast<std::size_t>(kind));
}

std::string identifier(std::string_view serial, Kind kind, std::string_view key) {
    std::string text(kNamespace.begin(), kNamespace.end());
    text.append("minimed780g|").append(normalisedSerial(serial)).append("|");
    text.append(name(kind)).append("|").append(key);

    auto digest = sha1(text);
    digest[6] = static_cast<std::uint8_t>((digest[6] & 0x0fU) | 0x50U); // version 5
    digest[8] = static_cast<std::uint8_t>((digest[8] & 0x3fU) | 0x80U); // variant of RFC 4122
    std::string uuid = protocol::toHex(protocol::ByteView(digest).first(16));
    for (const std::size_t hyphen : {8U, 13U, 18U, 23U}) uuid.insert(hyphen, 1, '-');
    return uuid;
}

std::string toIso(UtcMilliseconds time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    std::array<char, 40> text{};
    const int size = std::snprintf(
        text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
        static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
        static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
    return {text.data(), static_cast<std::size_t>(size)};
}

std::optional<std::string> readServerId(const nlohmann::json& document) {
    const auto found = document.is_object() ? document.find("_id") : document.end();
    if (found == document.end() || !found->is_string()) return std::nullopt;
    auto id = found->get<std::string>();
    if (id.empty()) return std::nullopt;
    return id;
}

} // namespace nightscout
