// SPDX-License-Identifier: MIT
#include "protocol/history/assembler.hpp"

#include <utility>

#include "protocol/history/record.hpp"
#include "protocol/history/record_length.hpp"

namespace protocol::history {
namespace {

using Width = MedFloat::Width;

/// Whether `piece` begins a record of its own although `pending` may go on: six bytes that say so.
bool beginsNextRecord(ByteView pending, ByteView piece) {
    const auto before = parseHeader(pending);
    const auto next = parseHeader(piece);
    if (!before.has_value() || !next.has_value() || !isKnown(next->eventType)) return false;
    const bool corruption = next->eventType == static_cast<std::uint16_t>(EventType::DataCorruption) &&
                            next->sequenceNumber == kCorruptionSequenceNumber;
    return corruption || next->sequenceNumber == before->sequenceNumber + 1;
}

/// Whether the layout wants bytes after those, or takes them: amounts may have been widened.
bool mayContinue(ByteView bytes) {
    return fit(bytes, Width::Sfloat) == Fit::Short || fit(bytes, Width::Float) == Fit::Short;
}

/// Whether `pending` is all of a record and `piece` is not what its widened form wants.
bool exceedsLayout(ByteView pending, ByteView piece) {
    if (completeness(pending) != Completeness::Whole) return false;
    Bytes joined(pending.begin(), pending.end());
    joined.insert(joined.end(), piece.begin(), piece.end());
    return completeness(joined) == Completeness::Neither;
}

} // namespace

void Assembler::add(ByteView piece, const Sink& sink) {
    if (piece.empty()) { // marks the end of a record that filled its notifications exactly
        flush(sink);
        return;
    }
    if (beginsNextRecord(pending_, piece) || exceedsLayout(pending_, piece)) flush(sink);
    pending_.insert(pending_.end(), piece.begin(), piece.end());

    const Completeness reached = completeness(pending_);
    bool more = false;
    if (!fullPiece_) {
        more = reached == Completeness::Prefix;
    } else if (piece.size() >= *fullPiece_) {
        more = reached != Completeness::Whole || mayContinue(pending_);
    }
    if (!more) flush(sink);
}

void Assembler::flush(const Sink& sink) {
    // Emptied first: the sink may use this object again.
    if (!pending_.empty()) sink(std::exchange(pending_, {}));
}

Completeness completeness(ByteView bytes) {
    const auto narrow = fit(bytes, Width::Sfloat);
    const auto wide = fit(bytes, Width::Float);
    if (narrow == Fit::Exact || wide == Fit::Exact) return Completeness::Whole;
    if (narrow == Fit::Short || wide == Fit::Short) return Completeness::Prefix;
    return Completeness::Neither;
}

} // namespace protocol::history
