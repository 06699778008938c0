// SPDX-License-Identifier: MIT
// Serial numbers of pumps, however they are written: "NG1234567H" on the pump and in its Device Information,
// "1234567H" at the end of its name (docs/protocol/link.md 1).
#pragma once

#include <string>
#include <string_view>

#include "protocol/codec/bytes.hpp"

namespace protocol {

/// In capitals, without blanks, hyphens and the zeros that pad it. What is left must be 4 to 20 letters and
/// digits, so that nothing from the air or from a file reaches logs, names of files or documents unseen.
Parsed<std::string> parsePumpSerial(std::string_view text);

/// Of two results of parsePumpSerial, with or without the "NG" in front.
bool sameSerial(std::string_view a, std::string_view b);

/// Whether a device of this name is a pump, and the one with this serial number (as parsePumpSerial gives it;
/// empty: any).
bool nameFitsSerial(std::string_view deviceName, std::string_view serial);

} // namespace protocol
