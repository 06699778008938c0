// SPDX-License-Identifier: MIT
// What the value of a characteristic means: the layouts of docs/protocol/services.md, on one line of a
// capture.
#pragma once

#include <optional>

#include "capture/line.hpp"
#include "capture/words.hpp"

namespace capture {

/// What a value means, described once; empty without a layout.
using DescribedValue = Parsed<std::optional<Fields>>;
/// `fromServer`: read, notified or indicated, not written.
DescribedValue describeValue(const Place& place, bool fromServer, protocol::ByteView bytes);

/// The decoded value, or the error; and the bytes.
Line valueLine(const Stamp& stamp, std::string what, const Place& place, const DescribedValue& value,
               protocol::ByteView bytes);

} // namespace capture
