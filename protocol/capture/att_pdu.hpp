// SPDX-License-Identifier: MIT
// Attribute protocol PDUs as a listener reads them. Facts: Bluetooth Core Specification, vol 3 part F, 3.4.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "capture/words.hpp"

namespace capture {

enum class OpCode : std::uint8_t {
    ErrorResponse = 0x01,
    MtuRequest = 0x02,
    MtuResponse = 0x03,
    FindInformationRequest = 0x04,
    FindInformationResponse = 0x05,
    FindByTypeValueRequest = 0x06,
    FindByTypeValueResponse = 0x07,
    ReadByTypeRequest = 0x08,
    ReadByTypeResponse = 0x09,
    ReadRequest = 0x0a,
    ReadResponse = 0x0b,
    ReadBlobRequest = 0x0c,
    ReadBlobResponse = 0x0d,
    ReadByGroupTypeRequest = 0x10,
    ReadByGroupTypeResponse = 0x11,
    WriteRequest = 0x12,
    WriteResponse = 0x13,
    Notification = 0x1b,
    Indication = 0x1d,
    Confirmation = 0x1e,
    WriteCommand = 0x52,
};
std::string_view name(OpCode opCode); ///< "Read By Type Request"; "unknown PDU" for unlisted values
std::string_view attErrorName(std::uint8_t code);

/// One found attribute. Which members count follows from the response.
struct FoundAttribute {
    std::uint16_t handle = 0;
    std::uint16_t lastHandle = 0; ///< of the group: Read By Group Type, Find By Type Value
    std::string uuid;             ///< Find Information
    ByteView value;               ///< Read By Type, Read By Group Type
};

/// Members that the op code does not have keep their defaults.
struct AttPdu {
    OpCode opCode{};
    std::uint16_t handle = 0;     ///< or the first of a range; of the failed request's in an error
    std::uint16_t lastHandle = 0; ///< of a range, included
    std::uint16_t offset = 0;     ///< Read Blob
    std::uint16_t mtu = 0;
    std::uint8_t request = 0; ///< op code that an error answers
    std::uint8_t error = 0;
    std::string uuid; ///< type that is looked for
    ByteView value;   ///< or the bytes of an op code that is not decoded; into the parsed bytes
    std::vector<FoundAttribute> found;
};
Parsed<AttPdu> parseAtt(ByteView bytes);

/// 2 or 16 bytes, least significant first, as 36 lower-case characters; other lengths in hexadecimal.
std::string uuidText(ByteView bytes);

} // namespace capture
