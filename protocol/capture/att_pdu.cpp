// SPDX-License-Identifier: MIT
#include "capture/att_pdu.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "protocol/codec/cursor.hpp"

namespace capture {
namespace {

constexpr std::size_t kShortUuid = 2;
constexpr std::size_t kLongUuid = 16;

void readRange(Reader& reader, AttPdu& pdu) {
    pdu.handle = reader.get<std::uint16_t>("first handle");
    pdu.lastHandle = reader.get<std::uint16_t>("last handle");
}

void readUuid(Reader& reader, AttPdu& pdu) {
    const ByteView uuid = reader.take(reader.remaining(), "uuid");
    if (uuid.size() != kShortUuid && uuid.size() != kLongUuid)
        reader.fail(ParseError::Code::BadValue, "uuid");
    pdu.uuid = uuidText(uuid);
}

void readInformation(Reader& reader, AttPdu& pdu) {
    const auto format = reader.get<std::uint8_t>("format");
    if (format != 1 && format != 2) reader.fail(ParseError::Code::BadValue, "format");
    const std::size_t width = format == 1 ? kShortUuid : kLongUuid;
    while (reader.remaining() > 0) {
        FoundAttribute attribute;
        attribute.handle = reader.get<std::uint16_t>("handle");
        attribute.uuid = uuidText(reader.take(width, "uuid"));
        pdu.found.push_back(std::move(attribute));
    }
}

void readHandleRanges(Reader& reader, AttPdu& pdu) {
    while (reader.remaining() > 0) {
        FoundAttribute attribute;
        attribute.handle = reader.get<std::uint16_t>("handle");
        attribute.lastHandle = reader.get<std::uint16_t>("group end handle");
        pdu.found.push_back(std::move(attribute));
    }
}

void readTypeList(Reader& reader, AttPdu& pdu, bool groups) {
    const std::size_t fixed = groups ? 4 : 2;
    const auto length = reader.get<std::uint8_t>("entry length");
    if (length < fixed) reader.fail(ParseError::Code::BadValue, "entry length");
    while (reader.remaining() > 0) {
        FoundAttribute attribute;
        attribute.handle = reader.get<std::uint16_t>("handle");
        if (groups) attribute.lastHandle = reader.get<std::uint16_t>("group end handle");
        attribute.value = reader.take(length - fixed, "value");
        pdu.found.push_back(std::move(attribute));
    }
}

void readError(Reader& reader, AttPdu& pdu) {
    pdu.request = reader.get<std::uint8_t>("request");
    pdu.handle = reader.get<std::uint16_t>("handle");
    pdu.error = reader.get<std::uint8_t>("error");
}

void readValue(Reader& reader, AttPdu& pdu) {
    pdu.value = reader.take(reader.remaining(), "value");
}

void readHandleAndValue(Reader& reader, AttPdu& pdu) {
    pdu.handle = reader.get<std::uint16_t>("handle");
    readValue(reader, pdu);
}

void readBody(Reader& reader, AttPdu& pdu) {
    switch (pdu.opCode) {
        case OpCode::ErrorResponse:
            return readError(reader, pdu);
        case OpCode::MtuRequest:
        case OpCode::MtuResponse:
            pdu.mtu = reader.get<std::uint16_t>("mtu");
            return;
        case OpCode::FindInformationRequest:
            return readRange(reader, pdu);
        case OpCode::FindInformationResponse:
            return readInformation(reader, pdu);
        case OpCode::FindByTypeValueRequest:
            readRange(reader, pdu);
            pdu.uuid = uuidText(reader.take(kShortUuid, "uuid"));
            return readValue(reader, pdu);
        case OpCode::FindByTypeValueResponse:
            return readHandleRanges(reader, pdu);
        case OpCode::ReadByTypeRequest:
        case OpCode::ReadByGroupTypeRequest:
            readRange(reader, pdu);
            return readUuid(reader, pdu);
        case OpCode::ReadByTypeResponse:
            return readTypeList(reader, pdu, false);
        case OpCode::ReadByGroupTypeResponse:
            return readTypeList(reader, pdu, true);
        case OpCode::ReadRequest:
            pdu.handle = reader.get<std::uint16_t>("handle");
            return;
        case OpCode::ReadBlobRequest:
            pdu.handle = reader.get<std::uint16_t>("handle");
            pdu.offset = reader.get<std::uint16_t>("offset");
            return;
        case OpCode::WriteRequest:
        case OpCode::WriteCommand:
        case OpCode::Notification:
        case OpCode::Indication:
            return readHandleAndValue(reader, pdu);
        case OpCode::WriteResponse:
        case OpCode::Confirmation:
            return;
        default:
            return readValue(reader, pdu);
    }
}

struct CodeName {
    std::uint8_t code;
    std::string_view name;
};

template <std::size_t N>
std::string_view find(const std::array<CodeName, N>& table, std::uint8_t code, std::string_view otherwise) {
    const auto entry =
        std::find_if(table.begin(), table.end(), [code](const CodeName& each) { return each.code == code; });
    return entry == table.end() ? otherwise : entry->name;
}

} // namespace

Parsed<AttPdu> parseAtt(ByteView bytes) {
    Reader reader(bytes);
    AttPdu pdu;
    pdu.opCode = static_cast<OpCode>(reader.get<std::uint8_t>("op code"));
    readBody(reader, pdu);
    return reader.finish(std::move(pdu));
}

std::string uuidText(ByteView bytes) {
    const Bytes reversed(bytes.rbegin(), bytes.rend());
    std::string digits = toHex(reversed);
    if (bytes.size() == kShortUuid) return "0000" + digits + "-0000-1000-8000-00805f9b34fb";
    if (bytes.size() != kLongUuid) return digits;
    for (const std::size_t dash : {8U, 13U, 18U, 23U}) digits.insert(dash, 1, '-');
    return digits;
}

std::string_view name(OpCode opCode) {
    static constexpr std::array<CodeName, 28> kNames{{
        {0x01, "Error Response"},
        {0x02, "Exchange MTU Request"},
        {0x03, "Exchange MTU Response"},
        {0x04, "Find Information Request"},
        {0x05, "Find Information Response"},
        {0x06, "Find By Type Value Request"},
        {0x07, "Find By Type Value Response"},
        {0x08, "Read By Type Request"},
        {0x09, "Read By Type Response"},
        {0x0a, "Read Request"},
        {0x0b, "Read Response"},
        {0x0c, "Read Blob Request"},
        {0x0d, "Read Blob Response"},
        {0x0e, "Read Multiple Request"},
        {0x0f, "Read Multiple Response"},
        {0x10, "Read By Group Type Request"},
        {0x11, "Read By Group Type Response"},
        {0x12, "Write Request"},
        {0x13, "Write Response"},
        {0x16, "Prepare Write Request"},
        {0x17, "Prepare Write Response"},
        {0x18, "Execute Write Request"},
        {0x19, "Execute Write Response"},
        {0x1b, "Notification"},
        {0x1d, "Indication"},
        {0x1e, "Confirmation"},
        {0x52, "Write Command"},
        {0xd2, "Signed Write Command"},
    }};
    return find(kNames, static_cast<std::uint8_t>(opCode), "unknown PDU");
}

std::string_view attErrorName(std::uint8_t code) {
    static constexpr std::array<CodeName, 20> kNames{{
        {0x01, "invalid handle"},
        {0x02, "read not permitted"},
        {0x03, "write not permitted"},
        {0x04, "invalid PDU"},
        {0x05, "insufficient authentication"},
        {0x06, "request not supported"},
        {0x07, "invalid offset"},
        {0x08, "insufficient authorization"},
        {0x09, "prepare queue full"},
        {0x0a, "attribute not found"},
        {0x0b, "attribute not long"},
        {0x0c, "encryption key too short"},
        {0x0d, "invalid value length"},
        {0x0e, "unlikely error"},
        {0x0f, "insufficient encryption"},
        {0x10, "unsupported group type"},
        {0x11, "insufficient resources"},
        {0xfd, "CCCD improperly configured"},
        {0xfe, "procedure already in progress"},
        {0xff, "out of range"},
    }};
    return find(kNames, code, "unknown error");
}

} // namespace capture
