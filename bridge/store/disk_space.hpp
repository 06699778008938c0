// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace bridge {

/// A record takes about a hundred bytes, a day of them less than one mebibyte.
inline constexpr std::uint64_t kLittleSpace = std::uint64_t{100} << 20U;
/// SQLite's log and a few pages still fit.
inline constexpr std::uint64_t kNoSpace = std::uint64_t{10} << 20U;

/// Bytes that this user may still write at `path`; empty when that cannot be learnt.
inline std::optional<std::uint64_t> bytesFreeAt(const std::filesystem::path& path) {
    std::error_code error;
    const auto space = std::filesystem::space(path, error);
    if (error) return std::nullopt;
    return space.available;
}

} // namespace bridge
