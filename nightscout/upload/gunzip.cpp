// SPDX-License-Identifier: MIT
#include "nightscout/upload/gunzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>

namespace nightscout {

boost::system::result<std::string, GunzipError> gunzip(std::string_view packed, std::size_t limit) {
    constexpr int gzipOnly = 16 + MAX_WBITS;
    z_stream stream{};
    if (inflateInit2(&stream, gzipOnly) != Z_OK) throw std::bad_alloc();
    const std::unique_ptr<z_stream, decltype(&inflateEnd)> guard(&stream, inflateEnd);
    std::string in(packed); // zlib's interface wants it writable
    stream.next_in = reinterpret_cast<Bytef*>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    std::string content;
    std::array<char, std::size_t{16} * 1024> piece{};
    for (;;) {
        stream.next_out = reinterpret_cast<Bytef*>(piece.data());
        stream.avail_out = static_cast<uInt>(piece.size());
        const int result = inflate(&stream, Z_NO_FLUSH);
        const std::size_t count = piece.size() - stream.avail_out;
        if (content.size() + count > limit) return GunzipError::TooLong;
        content.append(piece.data(), count);
        if (result == Z_STREAM_END) break;
        if (result != Z_OK || (count == 0 && stream.avail_in == 0)) return GunzipError::Damaged;
    }
    if (stream.avail_in > 0) return GunzipError::Damaged;
    return content;
}

} // namespace nightscout
