// SPDX-License-Identifier: MIT
// Pieces of any kind: no byte is lost, doubled or moved. The input is the full piece (one byte, zero for
// unknown), then pieces, each after an byte with its length.
#include <algorithm>
#include <cstdlib>

#include "protocol/history/assembler.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace history = protocol::history;
    if (size == 0) return 0;
    protocol::ByteView input(data, size);
    const std::size_t fullPiece = input[0];
    input = input.subspan(1);

    history::Assembler assembler(fullPiece == 0 ? std::nullopt : std::optional(fullPiece));
    protocol::Bytes in;
    protocol::Bytes out;
    const auto sink = [&out](const protocol::Bytes& record) {
        if (record.empty()) std::abort();
        out.insert(out.end(), record.begin(), record.end());
    };
    while (!input.empty()) {
        const std::size_t length = std::min<std::size_t>(input[0], input.size() - 1);
        const auto piece = input.subspan(1, length);
        input = input.subspan(1 + length);
        in.insert(in.end(), piece.begin(), piece.end());
        assembler.add(piece, sink);
    }
    assembler.flush(sink);
    if (assembler.hasPending() || in != out) std::abort();
    return 0;
}
