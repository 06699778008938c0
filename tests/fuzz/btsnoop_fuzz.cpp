// SPDX-License-Identifier: MIT
// Captures of any kind: every parser below the ATT layer takes what it is given, and a redacted copy has as
// many packets of the same lengths.
#include <cstdlib>

#include "protocol/att/att_pdu.hpp"
#include "protocol/att/btsnoop.hpp"
#include "protocol/att/gatt_map.hpp"
#include "protocol/att/hci.hpp"
#include "protocol/att/l2cap.hpp"
#include "protocol/att/redact.hpp"

namespace {

namespace att = protocol::att;

void follow(att::DataLink dataLink, const att::CaptureRecord& record, att::Reassembler& reassembler,
            att::GattMap& map) {
    const auto packet = att::classify(dataLink, record);
    if (packet.has_error()) return;
    (void)att::parseCommand(packet->body);
    (void)att::parseEvent(packet->body);
    (void)att::parseAdvertisingData(packet->body);
    if (packet->kind != att::Packet::Kind::Data) return;
    const auto result = reassembler.add(*packet);
    if (result.has_error() || !result->frame) return;
    const protocol::Bytes payload = result->frame->payload();
    const auto pdu = att::parseAtt(payload);
    if (pdu.has_error()) return;
    map.learn(*pdu, *pdu);
    (void)map.find(pdu->handle);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const protocol::ByteView file(data, size);
    auto reader = att::CaptureReader::open(file);
    const auto redaction = att::redact(file);
    if (reader.has_error() != redaction.has_error()) std::abort();
    if (reader.has_error()) return 0;
    auto copy = att::CaptureReader::open(redaction->file);
    if (copy.has_error()) std::abort();

    att::Reassembler reassembler;
    att::GattMap map;
    for (;;) {
        const auto record = reader->next();
        if (record.has_error() && !redaction->damage) std::abort();
        if (record.has_error() || !*record) break;
        const auto redacted = copy->next();
        if (redacted.has_error() || !*redacted) std::abort();
        if ((*redacted)->octets.size() != (*record)->octets.size()) std::abort();
        follow(reader->dataLink(), **record, reassembler, map);
    }
    const auto end = copy->next();
    if (end.has_error() || *end) std::abort();
    return 0;
}
