// SPDX-License-Identifier: MIT
// The vectors of docs/protocol/sake.md 11 by the names used there, and sources of randomness that tests can
// choose. All keys are invented and useless against a real pump.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>

#include "protocol/sake/handshake.hpp"

namespace protocol::sake::vectors {

// 11.1
inline constexpr std::string_view kServerDb =
    "49e0109e0401013f6c10c6cdf82fd32c630fc8d2838afbecd79c3f9309d293cf5c4ef42ca36808949036"
    "2006a67dffb59107355cabece11c599a52068191bb142e4a1e72bd4436ecf0ac9e90567fed26dfbc2bd7"
    "04f489";
inline constexpr std::string_view kClientDb =
    "94a1c95c0101043f6c10c6cdf82fd32c630fc8d2838afbecd79c3f9309d293cf5c4ef42ca36808376824"
    "6d8af434323596105c5ea57b0ddd0f75454256f8c3554efc3e7ec508a3be056e6b8bdc8858bad7f5a29c"
    "0ef98d";
inline constexpr std::string_view kTwoEntryDb =
    "efe0cbb20402013f6c10c6cdf82fd32c630fc8d2838afbecd79c3f9309d293cf5c4ef42ca36808949036"
    "2006a67dffb59107355cabece11c599a52068191bb142e4a1e72bd4436ecf0ac9e90567fed26dfbc2bd7"
    "04f4890297282743d547282e5422115b7716df98bdef9ed3afbbb028b579ce8065910993adc59b0f5a2c"
    "6b39e8420a993984c0135b4c925a90977378b05c5dee3b985cc9975b34100a4951fde9b495c5cb45fb55";
inline constexpr std::string_view kServerDbReversed =
    "57d75f660101043f6c10c6cdf82fd32c630fc8d2838afbecd79c3f9309d293cf5c4ef42ca36808949036"
    "2006a67dffb59107355cabece11c599a52068191bb142e4a1e72bd4436ecf0ac9e90567fed26dfbc2bd7"
    "04f489";
inline constexpr std::string_view kClientDbReversed =
    "8a9686a40401013f6c10c6cdf82fd32c630fc8d2838afbecd79c3f9309d293cf5c4ef42ca36808376824"
    "6d8af434323596105c5ea57b0ddd0f75454256f8c3554efc3e7ec508a3be056e6b8bdc8858bad7f5a29c"
    "0ef98d";
inline constexpr std::string_view kD = "3f6c10c6cdf82fd32c630fc8d2838afb";
inline constexpr std::string_view kA = "ecd79c3f9309d293cf5c4ef42ca36808";
inline constexpr std::string_view kServerPe = "9490362006a67dffb59107355cabece1";
inline constexpr std::string_view kServerPm = "1c599a52068191bb142e4a1e72bd4436";
inline constexpr std::string_view kClientPe = "3768246d8af434323596105c5ea57b0d";
inline constexpr std::string_view kClientPm = "dd0f75454256f8c3554efc3e7ec508a3";
inline constexpr std::string_view kServerOpaque = "e6ffeafe612ce9a7e04e";
inline constexpr std::string_view kClientOpaque = "163227b0caf10594098d";
inline constexpr std::string_view kServerPayload = "ecf0ac9e90567fed26dfbc2bd704f489";
inline constexpr std::string_view kClientPayload = "be056e6b8bdc8858bad7f5a29c0ef98d";

/// A handshake as it travelled, and the bytes that each side drew for it, in order.
struct Handshake {
    std::array<std::string_view, 6> messages;
    std::string_view serverRandom; ///< filler of message 0, material, nonce, pad
    std::string_view clientRandom; ///< material, nonce, filler of message 1, filler of message 3, pad
    std::string_view sessionKey;
    std::string_view sessionNonce;
};

// 11.2
inline constexpr Handshake kHandshakeA{
    {
        "0401e1c7aefe03572e559e9b4139f68c10cf8c39",
        "8c91581e024e654901881dd97b00000000000000",
        "bf48eaee774d33412a0e3c5f796059d084b54292",
        "eb46f8f970c43cdae86a82d64038ab28b21dc64e",
        "f060a3b63e02dec08e0b6408cc0174baa000e0a1",
        "d9655c38b3998c46dce8c5f690dc1b8318005def",
    },
    "e1c7aefe03572e559e9b4139f68c10cf8c39 2a0e3c5f796059d0 84b54292 69",
    "8c91581e024e6549 881dd97b 00000000000000 e86a82d64038ab28b21dc64e 00",
    "040cb22665c0e2373a8833fc59cffb4c",
    "881dd97b84b54292",
};
// 11.3
inline constexpr Handshake kHandshakeB{
    {
        "0401c3587edd695813828807e4dc00d22234c280",
        "b54349474844d6d80123e0bd50a1737bf435e8d1",
        "522dda3e5fe49ac983979d74dcebce123da55dba",
        "dcb6cb9261bc77caa18fc0e2f811bc48d77cf224",
        "a6f5733bed782083b7561bddd44cff89e60028fa",
        "fd9bb988459c3d15cd438ae69e2c474e43007710",
    },
    "c3587edd695813828807e4dc00d22234c280 83979d74dcebce12 3da55dba 69",
    "b54349474844d6d8 23e0bd50 a1737bf435e8d1 a18fc0e2f811bc48d77cf224 c3",
    "93631070c84849876a11aa1bd8ae46f4",
    "23e0bd503da55dba",
};
inline constexpr std::string_view kM5Virtual = "963f9049a62ccf73ca631bbbb82fed0c18008611";
/// Of handshake B: frame and CMAC are right, but the permit names device type 2.
inline constexpr std::string_view kM5OtherDevice = "46c5a6b1c66e71548ca7e709f8d763d543009c94";

inline Bytes fromDigits(std::string_view hex) {
    const auto bytes = fromHex(hex);
    if (!bytes) throw std::invalid_argument(toString(bytes.error()));
    return *bytes;
}

template <std::size_t Size>
std::array<std::uint8_t, Size> fixed(std::string_view hex) {
    const Bytes bytes = fromDigits(hex);
    std::array<std::uint8_t, Size> array{};
    if (bytes.size() != Size) throw std::invalid_argument("vector of another size");
    std::copy(bytes.begin(), bytes.end(), array.begin());
    return array;
}

inline KeyDatabase database(std::string_view hex) {
    const auto parsed = parseKeyDatabase(fromDigits(hex));
    if (!parsed) throw std::invalid_argument(toString(parsed.error()));
    return *parsed;
}

inline std::shared_ptr<const SessionKeys> sessionOf(const Handshake& handshake) {
    return std::make_shared<const SessionKeys>(fixed<16>(handshake.sessionKey),
                                               fixed<8>(handshake.sessionNonce));
}

/// Gives these bytes, and throws when more are drawn.
inline RandomSource scripted(std::string_view hex) {
    return [left = fromDigits(hex)](std::span<std::uint8_t> out) mutable {
        if (out.size() > left.size()) throw std::out_of_range("more random bytes drawn than scripted");
        const auto end = left.begin() + static_cast<std::ptrdiff_t>(out.size());
        std::copy(left.begin(), end, out.begin());
        left.erase(left.begin(), end);
    };
}

inline RandomSource seeded(std::uint64_t seed) {
    return [engine = std::mt19937_64{seed}](std::span<std::uint8_t> out) mutable {
        for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(engine());
    };
}

} // namespace protocol::sake::vectors
