// SPDX-License-Identifier: MIT
#include "bridge/capture_pdu.hpp"

#include <fmt/format.h>

#include "protocol/att/names.hpp"

namespace bridge {
namespace {

namespace att = protocol::att;
using att::OpCode;
using protocol::history::FieldSink;

constexpr std::string_view kPrimaryService = "00002800-0000-1000-8000-00805f9b34fb";
constexpr std::string_view kSecondaryService = "00002801-0000-1000-8000-00805f9b34fb";
constexpr std::string_view kCharacteristic = "00002803-0000-1000-8000-00805f9b34fb";

/// What the attributes of this type hold: a service's UUID; properties, value handle and UUID of a
/// characteristic; or octets.
std::string foundValue(protocol::ByteView value, std::string_view type) {
    constexpr std::size_t kDeclaration = 3;
    if (type == kPrimaryService || type == kSecondaryService) return att::uuidName(att::uuidText(value));
    if (type != kCharacteristic || value.size() <= kDeclaration) return protocol::toHex(value);
    return fmt::format("{} at {:02x}{:02x}", att::uuidName(att::uuidText(value.subspan(kDeclaration))),
                       value[2], value[1]);
}

/// "0001-0005 Generic Access, 0006-0010 Insulin Delivery", "0002 Device Name at 0003"
std::string foundText(const att::AttPdu& pdu, std::string_view type) {
    std::string text;
    for (const att::FoundAttribute& each : pdu.found) {
        if (!text.empty()) text += ", ";
        text += fmt::format("{:04x}", each.handle);
        if (each.lastHandle != 0) text += fmt::format("-{:04x}", each.lastHandle);
        if (!each.uuid.empty()) text += ' ' + att::uuidName(each.uuid);
        if (!each.value.empty()) text += ' ' + foundValue(each.value, type);
    }
    return text;
}

/// The members that the PDU has.
void describePdu(const att::AttPdu& pdu, const att::AttPdu* asked, FieldSink& sink) {
    const auto code = [](std::uint16_t value) { return fmt::format("0x{:04x}", value); };
    switch (pdu.opCode) {
        case OpCode::ErrorResponse:
            sink.text("request", att::name(static_cast<OpCode>(pdu.request)));
            sink.text("at", code(pdu.handle));
            sink.enumeration("error", pdu.error, att::attErrorName(pdu.error));
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
            if (!pdu.uuid.empty()) sink.text("type", att::uuidName(pdu.uuid));
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

CaptureLine attLine(const CaptureStamp& stamp, const att::AttPdu& pdu, const att::AttPdu* asked) {
    CaptureLine line{stamp, CaptureKind::Att, std::string(att::name(pdu.opCode))};
    line.fields = [&pdu, asked](FieldSink& sink) { describePdu(pdu, asked, sink); };
    return line;
}

} // namespace bridge
