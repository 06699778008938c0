// SPDX-License-Identifier: MIT
// What is on the air, byte for byte. Facts: docs/protocol/link.md 3.1, 3.2.
#pragma once

#include <string_view>

#include "ble/advertiser.hpp"
#include "protocol/codec/bytes.hpp"

namespace ble {

/// Pairing: flags, fe82, complete local name. Reconnect: flags, fe81; `name` is not sent.
/// `name`: "Mobile " and at most seven printable characters, so that at most 23 of the 31 bytes are used.
protocol::Bytes advertisingData(AdvertisingMode mode, std::string_view name);

} // namespace ble
