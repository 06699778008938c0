// SPDX-License-Identifier: MIT
// From a characteristic to the layout of its values, for showing whatever travels, as the capture decoder
// does. History records have their own decoder (history/record.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "protocol/codec/bytes.hpp"
#include "protocol/history/record.hpp"

namespace protocol {

enum class Direction : std::uint8_t { FromPump, ToPump };

/// Whether there is a layout for what travels in this direction.
bool hasLayout(std::string_view service, std::string_view characteristic, Direction direction);

/// Describes one value (plaintext, joined) in the form of the published examples. What has no layout is shown
/// as "raw". On an error nothing is described.
std::optional<ParseError> describeCharacteristic(std::string_view service, std::string_view characteristic,
                                                 Direction direction, ByteView value,
                                                 history::FieldSink& sink);

} // namespace protocol
