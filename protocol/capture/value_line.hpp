// SPDX-License-Identifier: MIT
// What the value of a characteristic means: the layouts of docs/protocol/services.md, on one line of a
// capture.
#pragma once

#include <optional>

#include "capture/line.hpp"

namespace capture {

/// A value, described once.
struct DescribedValue {
    std::optional<Fields> fields;              ///< what it means; empty without a layout, or on an error
    std::optional<protocol::ParseError> error; ///< why it cannot be decoded
};
/// `fromServer`: read, notified or indicated, not written.
DescribedValue describeValue(const Place& place, bool fromServer, protocol::ByteView bytes);

/// The decoded value, or the error; and the bytes.
Line valueLine(const Stamp& stamp, std::string what, const Place& place, DescribedValue value,
               protocol::ByteView bytes);

} // namespace capture
