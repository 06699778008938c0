// SPDX-License-Identifier: MIT
#pragma once

#include <zlib.h>

#include <stdexcept>
#include <string>

namespace nightscout::testing {

/// As a server would send it.
inline std::string gzipped(std::string content) {
    constexpr int gzip = 16 + MAX_WBITS;
    constexpr int memory = 8;
    z_stream stream{};
    if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, gzip, memory, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::runtime_error("cannot begin to compress");
    std::string packed(deflateBound(&stream, content.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(content.data());
    stream.avail_in = static_cast<uInt>(content.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    const int result = deflate(&stream, Z_FINISH);
    packed.resize(packed.size() - stream.avail_out);
    deflateEnd(&stream);
    if (result != Z_STREAM_END) throw std::runtime_error("cannot compress");
    return packed;
}

} // namespace nightscout::testing
