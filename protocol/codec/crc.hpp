// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "protocol/codec/bytes.hpp"

namespace protocol {

/// E2E-CRC as the pump computes it: CRC-16/CCITT-FALSE, not the reflected variant that the specification
/// describes (docs/protocol/numbers.md 6). Travels least significant byte first.
std::uint16_t e2eCrc(ByteView bytes);

/// CRC-32 of IEEE 802.3 (zlib), used by the key database.
std::uint32_t crc32(ByteView bytes);

/// Checks and removes the E2E-CRC at the end of `bytes`.
Parsed<ByteView> stripE2eCrc(ByteView bytes);

} // namespace protocol
