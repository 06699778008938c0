// SPDX-License-Identifier: MIT
// What is known of the characteristics that travel on the link: name, protection, what may be written, and
// the layout of the values, for showing whatever travels. Facts: docs/protocol/link.md 4.1 and 7.1,
// docs/protocol/services.md 1. History records have their own decoder (history/record.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "protocol/codec/bytes.hpp"
#include "protocol/history/record.hpp"

namespace protocol {

enum class Direction : std::uint8_t { FromPump, ToPump };
enum class Protection : std::uint8_t { Plain, Sake, Unknown };

/// Describes one value (plaintext, joined); on an error nothing.
using DescribeValue = std::optional<ParseError> (*)(ByteView value, history::FieldSink& sink);

/// All that this program may write to a characteristic, op code by op code.
struct PermittedWrites {
    std::size_t opCodeSize = 0; ///< bytes, 1 or 2, least significant first
    std::span<const std::uint16_t> opCodes{};
};

struct Characteristic {
    std::string_view service;                  ///< empty: in more than one, or not known in which
    std::string_view uuid;                     ///< 36 characters, as are services
    std::string_view name;                     ///< "IDD History Data"
    Protection protection = Protection::Plain; ///< of its values, both ways
    DescribeValue fromPump = nullptr;
    DescribeValue toPump = nullptr;
    PermittedWrites permitted{};
    std::string_view fullName{}; ///< where `name` alone is not enough: "IDD Record Access Control Point"
};

/// nullptr for what is not listed. With an empty `service`, what is listed for any.
const Characteristic* findCharacteristic(std::string_view service, std::string_view uuid);
/// Unknown for what is not listed.
Protection protectionOf(std::string_view uuid);

/// Whether the bytes (before encryption) are on the list of what may be written: to three control points, and
/// only op codes that read, abort a reading, or reset what is indicated (docs/architecture.md 1).
bool isPermittedWrite(std::string_view service, std::string_view uuid, ByteView value);

/// Whether there is a layout for what travels in this direction.
bool hasLayout(std::string_view service, std::string_view uuid, Direction direction);
/// Describes one value in the form of the published examples. What has no layout is shown as "raw".
std::optional<ParseError> describeCharacteristic(std::string_view service, std::string_view uuid,
                                                 Direction direction, ByteView value,
                                                 history::FieldSink& sink);

} // namespace protocol
