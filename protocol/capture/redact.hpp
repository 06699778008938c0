// SPDX-License-Identifier: MIT
// A copy of a capture fit to be shown to others. What is not known to be harmless is blanked, so that a new
// kind of packet hides rather than tells.
#pragma once

#include <optional>

#include "capture/words.hpp"

namespace capture {

struct Redaction {
    Bytes file; ///< ends before the first packet that could not be read
    std::size_t packets = 0;
    std::optional<ParseError> damage;
};

/// Same number and length of packets. Zeroed: link keys and all else of key exchanges (SMP, HCI,
/// management), channels other than ATT and signalling, log messages, unknown packets, what others
/// advertise but flags and UUIDs. Replaced, the same by the same: addresses, and every run of six or more
/// ASCII digits (serial numbers, names made of them). SAKE frames stay, so that they can be decrypted by who
/// has the keys. Refuses what is no capture.
Parsed<Redaction> redact(ByteView file);

} // namespace capture
