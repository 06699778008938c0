// SPDX-License-Identifier: MIT
// The btsnoop container of Bluetooth captures, as `btmon -w` and Android write it. Everything big-endian.
//
//   file    "btsnoop\0", u32 version (1), u32 data link, records
//   record  u32 original length, u32 included length, u32 flags, u32 drops, i64 time, octets
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "capture/words.hpp"

namespace capture {

inline constexpr std::string_view kFileMagic{"btsnoop\0", 8};

enum class DataLink : std::uint32_t {
    Hci = 1001,     ///< HCI without packet type; the flags tell it
    H4 = 1002,      ///< HCI after an octet with the packet type
    Monitor = 2001, ///< btmon: the flags carry adapter and kind of packet
};

using Time = std::chrono::sys_time<std::chrono::microseconds>;

struct FileRecord {
    std::size_t number = 0; ///< the first is 1
    Time time{};
    std::uint32_t flags = 0;
    std::uint32_t originalLength = 0; ///< more than `octets` holds when the capture was cut at a size
    ByteView octets;                  ///< into the file
};

/// Reads records in order. The offsets of its errors count from the start of the file.
class FileReader {
public:
    /// Refuses another container, version or data link.
    static Parsed<FileReader> open(ByteView file);

    [[nodiscard]] DataLink dataLink() const { return dataLink_; }
    /// Empty at the end of the file. After an error the rest cannot be read.
    Parsed<std::optional<FileRecord>> next();
    /// Where the next record begins.
    [[nodiscard]] std::size_t position() const { return at_; }

private:
    FileReader(ByteView file, DataLink dataLink, std::size_t at)
        : file_(file), dataLink_(dataLink), at_(at) {}

    ByteView file_;
    DataLink dataLink_;
    std::size_t at_;
    std::size_t count_ = 0;
};

} // namespace capture
