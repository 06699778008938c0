// SPDX-License-Identifier: MIT
// Joins records that arrive in several notifications (small MTU). Each notification was decrypted on its own;
// this works on the plaintext pieces. Facts: docs/protocol/history.md 3, docs/protocol/link.md 8.3.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>

#include "protocol/codec/bytes.hpp"

namespace protocol::history {

/// One per report procedure. A piece that fills its notification may be continued by the next one; a shorter
/// piece ends the record, as does reaching the length that the layout of a known event demands, as does a
/// next piece that begins a record of a known type with the following sequence number.
class Assembler {
public:
    /// `fullPiece`: plaintext bytes of a notification that is filled to the MTU (MTU - 3 - SAKE overhead of
    /// 3; 17 at MTU 23). Empty: not known, every piece is whole unless its layout says that bytes are
    /// missing.
    explicit Assembler(std::optional<std::size_t> fullPiece) : fullPiece_(fullPiece) {}

    using Sink = std::function<void(Bytes record)>;
    /// Calls `sink` for each record that this piece completes (two when it shows that the pending one had
    /// ended).
    void add(ByteView piece, const Sink& sink);
    /// The terminating control-point indication has come: what is pending is a whole record.
    void flush(const Sink& sink);
    void clear() { pending_.clear(); }
    [[nodiscard]] bool hasPending() const { return !pending_.empty(); }

private:
    std::optional<std::size_t> fullPiece_;
    Bytes pending_;
};

/// Whether `bytes` are the beginning of a known record, all of it, or neither.
enum class Completeness { Prefix, Whole, Neither };
Completeness completeness(ByteView bytes);

} // namespace protocol::history
