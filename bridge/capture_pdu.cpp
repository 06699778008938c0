// SPDX-License-Identifier: MIT
#include "bridge/capture_pdu.hpp"

#include <fmt/format.h>

#include "protocol/att/names.hpp"

namespace bridge {
namespace {

namespace att = protocol::att;
using att::OpCode;
using protocol::history::FieldSink;

/// "0001-0005 Generic Access, 0003 Device Name"
std::string foundText(const att::AttPdu& pdu) {
    std::string text;
    for (const att::FoundAttribute& each : pdu.found) {
        if (!text.empty()) text += ", ";
        text += fmt::format("{:04x}", each.handle);
        if (each.lastHandle != 0) text += fmt::format("-{:04x}", each.lastHandle);
        if (!each.uuid.empty()) text += ' ' + att::uuidName(each.uuid);
        if (!each.value.empty()) text += ' ' + protocol::toHex(each.value);
    }
    return text;
}

/// The members that the PDU has.
void describePdu(const att::AttPdu& pdu, FieldSink& sink) {
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
            sink.text("found", foundText(pdu));
            return;
        case OpCode::ReadBlobRequest:
            sink.integer("offset", pdu.offset);
            return;
        default:
            if (!pdu.value.empty()) sink.text("raw", protocol::toHex(pdu.value));
    }
}

} // namespace

CaptureLine attLine(const CaptureStamp& stamp, const att::AttPdu& pdu) {
    CaptureLine line{stamp, CaptureKind::Att, std::string(att::name(pdu.opCode)), {}, {}, {}, false};
    line.fields = [&pdu](FieldSink& sink) { describePdu(pdu, sink); };
    return line;
}

} // namespace bridge
