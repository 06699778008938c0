// SPDX-License-Identifier: MIT
// Captures of any kind: every parser below the ATT layer takes what it is given, and a redacted copy has as
// many packets of the same lengths.
#include <cstdlib>

#include "capture/att_pdu.hpp"
#include "capture/btsnoop.hpp"
#include "capture/gatt_map.hpp"
#include "capture/hci.hpp"
#include "capture/l2cap.hpp"
#include "capture/redact.hpp"

namespace {

void follow(capture::DataLink dataLink, const capture::FileRecord& record, capture::Reassembler& reassembler,
            capture::GattMap& map) {
    const auto packet = capture::classify(dataLink, record);
    if (packet.has_error()) return;
    (void)capture::parseCommand(packet->body);
    (void)capture::parseEvent(packet->body);
    (void)capture::parseAdvertisingData(packet->body);
    if (packet->kind != capture::Packet::Kind::Data) return;
    const auto result = reassembler.add(*packet);
    if (result.has_error() || !result->frame) return;
    const protocol::Bytes payload = result->frame->payload();
    const auto pdu = capture::parseAtt(payload);
    if (pdu.has_error()) return;
    map.learn(*pdu, *pdu);
    (void)map.find(pdu->handle);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const protocol::ByteView file(data, size);
    auto reader = capture::FileReader::open(file);
    const auto redaction = capture::redact(file);
    if (reader.has_error() != redaction.has_error()) std::abort();
    if (reader.has_error()) return 0;
    auto copy = capture::FileReader::open(redaction->file);
    if (copy.has_error()) std::abort();

    capture::Reassembler reassembler;
    capture::GattMap map;
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
