// SPDX-License-Identifier: MIT
#include "capture/pdu_line.hpp"

#include <fmt/format.h>

#include "capture/names.hpp"

namespace capture {
namespace {

using protocol::history::FieldSink;

constexpr std::string_view kPrimaryService = "00002800-0000-1000-8000-00805f9b34fb";
constexpr std::string_view kSecondaryService = "00002801-0000-1000-8000-00805f9b34fb";
constexpr std::string_view kCharacteristic = "00002803-0000-1000-8000-00805f9b34fb";

/// What the attributes of this type hold: a service's UUID; properties, value handle and UUID of a
/// characteristic; or octets.
std::string foundValue(protocol::ByteView value, std::string_view type) {
    constexpr std::size_t kDeclaration = 3;
    if (type == kPrimaryService || type == kSecondaryService) return uuidName(uuidText(value));
    if (type != kCharacteristic || value.size() <= kDeclaration) return protocol::toHex(value);
    return fmt::format("{} at {:02x}{:02x}", uuidName(uuidText(value.subspan(kDeclaration))), value[2],
                       value[1]);
}

/// "0001-0005 Generic Access, 0006-0010 Insulin Delivery", "0002 Device Name at 0003"
std::string foundText(const AttPdu& pdu, std::string_view type) {
    std::string text;
    for (const FoundAttribute& each : pdu.found) {
        if (!text.empty()) text += ", ";
        text += fmt::format("{:04x}", each.handle);
        if (each.lastHandle != 0) text += fmt::format("-{:04x}", each.lastHandle);
        if (!each.uuid.empty()) text += ' ' + uuidName(each.uuid);
        if (!each.value.empty()) text += ' ' + foundValue(each.value, type);
    }
    return text;
}

/// The members that the PDU has.
void describePdu(const AttPdu& pdu, const AttPdu* asked, FieldSink& sink) {
    const auto code = [](std::uint16_t value) { return fmt::format("0x{:04x}", value); };
    switch (pdu.opCode) {
        case OpCode::ErrorResponse:
            sink.text("request", name(static_cast<OpCode>(pdu.request)));
            sink.text("at", code(pdu.handle));
            sink.enumeration("error", pdu.error, attErrorName(pdu.error));
            return;
        case OpCode::MtuRequest:
        case OpCode::MtuResponse:
            sink.integer("mtu", pdu.mtu);
            return;
        case OpCode::FindInformationRequest:
        case OpCode::FindByTypeValueRequest:
        case OpCode::ReadByTypeRequest:
        case OpCode::ReadByGroupTypeRequest:
            sink.text("range", code(pdu.handle) + "-" + code(pdu.lastHandle));
            if (!pdu.uuid.empty()) sink.text("type", uuidName(pdu.uuid));
            return;
        case OpCode::FindInformationResponse:
        case OpCode::FindByTypeValueResponse:
        case OpCode::ReadByTypeResponse:
        case OpCode::ReadByGroupTypeResponse:
            sink.text("found", foundText(pdu, asked ? asked->uuid : ""));
            return;
        case OpCode::ReadBlobRequest:
            sink.integer("offset", pdu.offset);
            return;
        default:
            if (!pdu.value.empty()) sink.text("raw", protocol::toHex(pdu.value));
    }
}

} // namespace

Line attLine(const Stamp& stamp, const AttPdu& pdu, const AttPdu* asked) {
    Line line{stamp, Line::Kind::Att, std::string(name(pdu.opCode))};
    line.fields = Fields([&](FieldSink& sink) { describePdu(pdu, asked, sink); });
    return line;
}

} // namespace capture
