// SPDX-License-Identifier: MIT
#include "nightscout/upload/api_secret.hpp"

#include <openssl/sha.h>

#include <array>

namespace nightscout {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kLowerAndDigits = "abcdefghijklmnopqrstuvwxyz0123456789";

bool consistsOf(std::string_view text, std::string_view alphabet) {
    return text.find_first_not_of(alphabet) == std::string_view::npos;
}

/// "<name>-<16 hex digits>" (docs/nightscout/api.md 3.3), or the same after "token=".
bool isAccessToken(std::string_view text) {
    if (text.starts_with("token=")) return true;
    const auto dash = text.rfind('-');
    if (dash == std::string_view::npos || dash == 0 || dash > 10) return false;
    return text.size() - dash - 1 == 16 && consistsOf(text.substr(dash + 1), kHexDigits) &&
           consistsOf(text.substr(0, dash), kLowerAndDigits);
}

} // namespace

std::string secretHeader(std::string_view apiSecret) {
    const bool hashed = apiSecret.size() == 40 && consistsOf(apiSecret, kHexDigits);
    if (hashed || isAccessToken(apiSecret)) return std::string(apiSecret);
    std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
    const std::string secret(apiSecret);
    SHA1(reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), digest.data());
    std::string hex;
    for (const unsigned char byte : digest) {
        hex += kHexDigits[byte >> 4U];
        hex += kHexDigits[byte & 0x0fU];
    }
    return hex;
}

} // namespace nightscout
