// SPDX-License-Identifier: MIT
// Names for the numbers of a capture. Facts: docs/protocol/link.md 4.1 and 7.1; numbers of the Bluetooth SIG.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace capture {

/// "IDD History Data"; for unlisted ones "2a37" or the whole UUID.
std::string uuidName(std::string_view uuid);

std::string_view smpName(std::uint8_t code); ///< "Pairing Request"; "unknown SMP PDU"
std::string_view pairingFailureName(std::uint8_t reason);
std::string_view hciErrorName(std::uint8_t code); ///< also of disconnect reasons

} // namespace capture
