// SPDX-License-Identifier: MIT
// What the value of a characteristic means: the layouts of docs/protocol/services.md, on one line of a
// capture.
#pragma once

#include <optional>

#include "capture/line.hpp"

namespace capture {

/// Why a value cannot be decoded. Empty also where there is no layout. `fromServer`: read, notified or
/// indicated, not written.
std::optional<protocol::ParseError> valueError(const CapturePlace& place, bool fromServer,
                                               protocol::ByteView octets);

/// The decoded value, or the error; and the octets. `octets` must outlive the line.
CaptureLine valueLine(const CaptureStamp& stamp, std::string what, const CapturePlace& place, bool fromServer,
                      protocol::ByteView octets);

} // namespace capture
