// SPDX-License-Identifier: MIT
// Values that ATT cut where the MTU ends. Facts: docs/protocol/services.md 1, docs/protocol/history.md 3.
// Records of history and glucose have assemblers of their own, which need no end to know where one ends.
#pragma once

#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

#include "protocol/codec/bytes.hpp"

namespace protocol {

/// Plaintext bytes of a full notification at an ATT MTU of 23: 3 go to ATT, 3 to SAKE. More may follow one of
/// this size, whatever the MTU; a longer piece proves a larger one.
inline constexpr std::size_t kSmallestFullPiece = 17;

/// Joins the pieces of one value after the other.
class CutValue {
public:
    /// The outcome of `parse` over all pieces so far; empty while the rest has to come: the piece fills its
    /// notification and what there is is truncated. `parse`: ByteView -> Parsed<T>.
    template <typename Parse>
    auto add(ByteView piece, bool full, Parse&& parse)
        -> std::optional<std::invoke_result_t<Parse, ByteView>> {
        if (whole_) joined_.clear();
        joined_.insert(joined_.end(), piece.begin(), piece.end());
        auto parsed = std::forward<Parse>(parse)(ByteView(joined_));
        whole_ = !full || parsed.has_value() || parsed.error().code != ParseError::Code::Truncated;
        if (!whole_) return std::nullopt;
        return parsed;
    }
    /// All pieces of the value that was added to last.
    [[nodiscard]] ByteView bytes() const { return joined_; }
    /// Whether a value is waiting for its rest.
    [[nodiscard]] bool pending() const { return !whole_; }
    /// A piece is missing: forgets what was waiting.
    void clear() {
        joined_.clear();
        whole_ = true;
    }

private:
    Bytes joined_;
    bool whole_ = true;
};

} // namespace protocol
