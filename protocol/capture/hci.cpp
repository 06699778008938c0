// SPDX-License-Identifier: MIT
#include "capture/hci.hpp"

#include <algorithm>

#include "capture/hci_codes.hpp"
#include "protocol/codec/cursor.hpp"

namespace capture {
namespace {

using Messages = std::vector<HciMessage>;

Packet monitorPacket(const FileRecord& record) {
    using Kind = Packet::Kind;
    Packet packet{Kind::Other, false, static_cast<std::uint16_t>(record.flags >> 16U), record.octets};
    switch (record.flags & 0xffffU) {
        case 0:
            packet.kind = Kind::AdapterAdded;
            break;
        case 2:
            packet.kind = Kind::Command;
            packet.sent = true;
            break;
        case 3:
            packet.kind = Kind::Event;
            break;
        case 4:
            packet.kind = Kind::Data;
            packet.sent = true;
            break;
        case 5:
            packet.kind = Kind::Data;
            break;
        case 10:
            packet.kind = Kind::AdapterInfo;
            break;
        case 16:
            packet.kind = Kind::ManagementCommand;
            packet.sent = true;
            break;
        case 17:
            packet.kind = Kind::ManagementEvent;
            break;
        default:
            break;
    }
    return packet;
}

Packet::Kind h4Kind(std::uint8_t type) {
    switch (type) {
        case 1:
            return Packet::Kind::Command;
        case 2:
            return Packet::Kind::Data;
        case 4:
            return Packet::Kind::Event;
        default:
            return Packet::Kind::Other;
    }
}

Address readAddress(Reader& reader) {
    Address address{};
    const ByteView octets = reader.take(address.size(), "address");
    std::copy(octets.begin(), octets.end(), address.begin());
    return address;
}

/// Subevents 0x01 and 0x0a; the latter has the two resolvable addresses in between.
Parsed<Messages> parseConnection(Reader reader, bool enhanced) {
    const auto status = reader.get<std::uint8_t>("status");
    Connected link;
    link.handle = reader.get<std::uint16_t>("connection handle");
    link.central = reader.get<std::uint8_t>("role") == 0;
    reader.get<std::uint8_t>("peer address type");
    link.peer = readAddress(reader);
    if (enhanced) reader.take(2 * link.peer.size(), "resolvable addresses");
    link.interval = reader.get<std::uint16_t>("interval");
    link.latency = reader.get<std::uint16_t>("latency");
    link.timeout = reader.get<std::uint16_t>("supervision timeout");
    reader.get<std::uint8_t>("clock accuracy");
    const HciMessage message = status == 0 ? HciMessage{link} : HciMessage{ConnectionFailed{status}};
    return reader.finish(Messages{message});
}

Parsed<Messages> parseReports(Reader reader) {
    Messages reports;
    const auto count = reader.get<std::uint8_t>("number of reports");
    for (unsigned i = 0; i < count && !reader.failed(); ++i) {
        AdvertisingReport report;
        reader.get<std::uint8_t>("event type");
        reader.get<std::uint8_t>("address type");
        report.address = readAddress(reader);
        report.data = reader.take(reader.get<std::uint8_t>("data length"), "data");
        report.rssi = reader.getSigned<std::int8_t>("rssi");
        reports.emplace_back(report);
    }
    return reader.finish(std::move(reports));
}

Parsed<Messages> parseExtendedReports(Reader reader) {
    constexpr std::size_t kUpToTxPower = 4; // two PHYs, set identifier, TX power
    constexpr std::size_t kPeriodicAndDirect = 2 + 1 + 6;
    Messages reports;
    const auto count = reader.get<std::uint8_t>("number of reports");
    for (unsigned i = 0; i < count && !reader.failed(); ++i) {
        AdvertisingReport report;
        reader.get<std::uint16_t>("event type");
        reader.get<std::uint8_t>("address type");
        report.address = readAddress(reader);
        reader.take(kUpToTxPower, "radio");
        report.rssi = reader.getSigned<std::int8_t>("rssi");
        reader.take(kPeriodicAndDirect, "periodic and direct");
        report.data = reader.take(reader.get<std::uint8_t>("data length"), "data");
        reports.emplace_back(report);
    }
    return reader.finish(std::move(reports));
}

Parsed<Messages> parseMeta(Reader reader) {
    switch (reader.get<std::uint8_t>("subevent")) {
        case hci::kConnectionComplete:
            return parseConnection(reader, false);
        case hci::kEnhancedConnectionComplete:
            return parseConnection(reader, true);
        case hci::kAdvertisingReport:
            return parseReports(reader);
        case hci::kExtendedAdvertisingReport:
            return parseExtendedReports(reader);
        default:
            return Messages{};
    }
}

Parsed<Messages> parseSetData(Reader reader, bool scanResponse) {
    const auto length = reader.get<std::uint8_t>("data length");
    const ByteView data = reader.take(length, "data");
    reader.take(reader.remaining(), "padding");
    return reader.finish(Messages{AdvertisingData{scanResponse, data}});
}

std::uint32_t readInterval24(Reader& reader, std::string_view field) {
    const std::uint32_t low = reader.get<std::uint16_t>(field);
    return low | static_cast<std::uint32_t>(reader.get<std::uint8_t>(field)) << 16U;
}

Parsed<Messages> parseParameters(Reader reader, bool extended) {
    AdvertisingParameters parameters;
    if (extended) {
        reader.take(3, "set and properties");
        parameters.minimum = readInterval24(reader, "minimum interval");
        parameters.maximum = readInterval24(reader, "maximum interval");
    } else {
        parameters.minimum = reader.get<std::uint16_t>("minimum interval");
        parameters.maximum = reader.get<std::uint16_t>("maximum interval");
    }
    reader.take(reader.remaining(), "others");
    return reader.finish(Messages{parameters});
}

Parsed<Messages> parseEnable(Reader reader) {
    const bool on = reader.get<std::uint8_t>("enable") != 0;
    reader.take(reader.remaining(), "sets");
    return reader.finish(Messages{AdvertisingEnabled{on}});
}

} // namespace

Parsed<Packet> classify(DataLink dataLink, const FileRecord& record) {
    constexpr std::uint32_t kReceived = 1U;
    constexpr std::uint32_t kCommandOrEvent = 2U;
    if (dataLink == DataLink::Monitor) return monitorPacket(record);
    Packet packet{Packet::Kind::Data, (record.flags & kReceived) == 0, 0, record.octets};
    if (dataLink == DataLink::H4) {
        if (record.octets.empty()) return ParseError{ParseError::Code::Truncated, 0, "packet type"};
        packet.kind = h4Kind(record.octets[0]);
        packet.body = record.octets.subspan(1);
    } else if ((record.flags & kCommandOrEvent) != 0) {
        packet.kind = packet.sent ? Packet::Kind::Command : Packet::Kind::Event;
    }
    return packet;
}

std::string toString(const Address& address) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string text;
    for (auto octet = address.rbegin(); octet != address.rend(); ++octet) {
        if (!text.empty()) text += ':';
        text += kDigits[*octet >> 4U];
        text += kDigits[*octet & 0xfU];
    }
    return text;
}

Parsed<std::vector<HciMessage>> parseCommand(ByteView body) {
    Reader reader(body);
    const auto opCode = reader.get<std::uint16_t>("op code");
    const ByteView parameters = reader.take(reader.get<std::uint8_t>("length"), "parameters");
    if (auto whole = reader.finish(Messages{}); !whole.has_value()) return whole;
    constexpr std::size_t kSetHandleOperationFragment = 3;
    switch (opCode) {
        case hci::kSetAdvertisingParameters:
            return parseParameters(Reader(parameters), false);
        case hci::kSetExtendedAdvertisingParameters:
            return parseParameters(Reader(parameters), true);
        case hci::kSetAdvertisingData:
            return parseSetData(Reader(parameters), false);
        case hci::kSetScanResponseData:
            return parseSetData(Reader(parameters), true);
        case hci::kSetExtendedAdvertisingData:
        case hci::kSetExtendedScanResponseData:
            if (parameters.size() < kSetHandleOperationFragment)
                return ParseError{ParseError::Code::Truncated, 0, "advertising set"};
            return parseSetData(Reader(parameters.subspan(kSetHandleOperationFragment)),
                                opCode == hci::kSetExtendedScanResponseData);
        case hci::kSetAdvertisingEnable:
        case hci::kSetExtendedAdvertisingEnable:
            return parseEnable(Reader(parameters));
        default:
            return Messages{};
    }
}

Parsed<std::vector<HciMessage>> parseEvent(ByteView body) {
    Reader reader(body);
    const auto code = reader.get<std::uint8_t>("event code");
    const ByteView octets = reader.take(reader.get<std::uint8_t>("length"), "parameters");
    if (auto whole = reader.finish(Messages{}); !whole.has_value()) return whole;
    Reader parameters(octets);
    if (code == hci::kMetaEvent) return parseMeta(parameters);
    if (code == hci::kDisconnectionComplete) {
        const auto status = parameters.get<std::uint8_t>("status");
        const auto handle = parameters.get<std::uint16_t>("connection handle");
        const auto reason = parameters.get<std::uint8_t>("reason");
        return parameters.finish(status == 0 ? Messages{Disconnected{handle, reason}} : Messages{});
    }
    if (code == hci::kEncryptionChange || code == hci::kEncryptionChangeV2) {
        EncryptionChanged change;
        change.status = parameters.get<std::uint8_t>("status");
        change.handle = parameters.get<std::uint16_t>("connection handle");
        change.on = parameters.get<std::uint8_t>("encryption enabled") != 0;
        if (code == hci::kEncryptionChangeV2) parameters.get<std::uint8_t>("key size");
        return parameters.finish(Messages{change});
    }
    return Messages{};
}

Parsed<std::vector<AdvertisingStructure>> parseAdvertisingData(ByteView data) {
    std::vector<AdvertisingStructure> structures;
    Reader reader(data);
    while (reader.remaining() > 0) {
        const auto length = reader.get<std::uint8_t>("length");
        if (length == 0) {
            reader.take(reader.remaining(), "padding");
            break;
        }
        const ByteView octets = reader.take(length, "structure");
        if (!octets.empty()) structures.push_back({octets[0], octets.subspan(1)});
    }
    return reader.finish(std::move(structures));
}

} // namespace capture
