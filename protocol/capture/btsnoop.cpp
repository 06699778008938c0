// SPDX-License-Identifier: MIT
#include "capture/btsnoop.hpp"

#include <algorithm>

namespace capture {
namespace {

constexpr std::size_t kFileHeaderSize = 16;
constexpr std::size_t kRecordHeaderSize = 24;
constexpr std::uint64_t kVersion = 1;
/// The Unix epoch in microseconds since the year 0, which the container counts from.
constexpr std::uint64_t kUnixEpoch = 0x00dcddb30f2f8000;

std::uint64_t bigEndian(ByteView octets) {
    std::uint64_t value = 0;
    for (const std::uint8_t octet : octets) value = value << 8U | octet;
    return value;
}

std::uint32_t word(ByteView octets, std::size_t offset) {
    return static_cast<std::uint32_t>(bigEndian(octets.subspan(offset, 4)));
}

} // namespace

Parsed<FileReader> FileReader::open(ByteView file) {
    using Code = ParseError::Code;
    const bool magic =
        file.size() >= kFileMagic.size() && std::equal(kFileMagic.begin(), kFileMagic.end(), file.begin());
    if (!magic) return ParseError{Code::BadValue, 0, "identification"};
    if (file.size() < kFileHeaderSize) return ParseError{Code::Truncated, kFileMagic.size(), "file header"};
    if (word(file, 8) != kVersion) return ParseError{Code::BadValue, 8, "version"};
    const auto dataLink = static_cast<DataLink>(word(file, 12));
    if (dataLink != DataLink::Hci && dataLink != DataLink::H4 && dataLink != DataLink::Monitor)
        return ParseError{Code::BadValue, 12, "data link"};
    return FileReader(file, dataLink, kFileHeaderSize);
}

Parsed<std::optional<FileRecord>> FileReader::next() {
    using Code = ParseError::Code;
    const ByteView rest = file_.subspan(at_);
    if (rest.empty()) return std::optional<FileRecord>{};
    if (rest.size() < kRecordHeaderSize) return ParseError{Code::Truncated, at_, "record header"};
    FileRecord record;
    record.originalLength = word(rest, 0);
    const std::uint32_t included = word(rest, 4);
    if (included > record.originalLength) return ParseError{Code::BadValue, at_ + 4, "included length"};
    if (included > rest.size() - kRecordHeaderSize)
        return ParseError{Code::Truncated, at_ + kRecordHeaderSize, "packet"};
    record.flags = word(rest, 8);
    const std::uint64_t time = bigEndian(rest.subspan(16, 8)) - kUnixEpoch;
    record.time = Time{std::chrono::microseconds{static_cast<std::int64_t>(time)}};
    record.octets = rest.subspan(kRecordHeaderSize, included);
    record.number = ++count_;
    at_ += kRecordHeaderSize + included;
    return std::optional{record};
}

} // namespace capture
