// SPDX-License-Identifier: MIT
#include "capture/decoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <variant>

#include "capture/connection.hpp"
#include "capture/hci.hpp"
#include "capture/l2cap.hpp"
#include "capture/names.hpp"

namespace capture {
namespace {

using protocol::ByteView;
using protocol::history::FieldSink;

std::string uuidList(ByteView bytes, std::size_t width) {
    std::string text;
    for (; bytes.size() >= width; bytes = bytes.subspan(width))
        text += (text.empty() ? "" : ", ") + uuidName(uuidText(bytes.first(width)));
    return text;
}

std::string printable(ByteView bytes) {
    std::string text;
    for (const std::uint8_t byte : bytes) text += byte >= ' ' && byte <= '~' ? static_cast<char>(byte) : '.';
    return text;
}

/// Flags, service UUIDs, name, manufacturer data (docs/protocol/link.md 3.1).
void describeAdvertising(ByteView data, FieldSink& sink) {
    if (const auto structures = parseAdvertisingData(data); structures.has_value()) {
        for (const auto& [type, bytes] : *structures) {
            if (type == 0x01 && !bytes.empty()) sink.text("flags", protocol::toHex(bytes));
            if (type == 0x02 || type == 0x03) sink.text("services", uuidList(bytes, 2));
            if (type == 0x06 || type == 0x07) sink.text("services", uuidList(bytes, 16));
            if (type == 0x08 || type == 0x09) sink.text("name", printable(bytes));
            if (type == 0xff) sink.text("manufacturer_data", protocol::toHex(bytes));
        }
    }
    sink.text("raw", protocol::toHex(data));
}

std::string_view ioCapabilityName(std::uint8_t value) {
    constexpr std::array<std::string_view, 5> kNames{"display only", "display yes/no", "keyboard only",
                                                     "no input, no output", "keyboard and display"};
    return value < kNames.size() ? kNames[value] : "unknown";
}

class Decoder {
public:
    Decoder(const protocol::sake::KeyDatabase* keys, const LineSink& sink) : keys_(keys), sink_(sink) {}

    void packet(DataLink dataLink, const FileRecord& record);
    void end() {
        for (auto& [key, link] : links_) link.connection.end();
    }

private:
    using Key = std::pair<std::uint16_t, std::uint16_t>; ///< adapter, connection handle
    struct Link {
        Connection connection;
        std::optional<Address> peer;
    };

    void hci(const Packet& packet, const protocol::Parsed<std::vector<HciMessage>>& messages);
    void data(const Packet& packet);
    void smp(ByteView pdu);
    Link& linkOf(const Key& key);
    void close(const Key& key);

    void report(std::uint16_t adapter, const Connected& event);
    void report(std::uint16_t adapter, const ConnectionFailed& event);
    void report(std::uint16_t adapter, const Disconnected& event);
    void report(std::uint16_t adapter, const EncryptionChanged& event);
    void report(std::uint16_t adapter, const AdvertisingReport& event);
    void report(std::uint16_t adapter, const AdvertisingData& event);
    void report(std::uint16_t adapter, const AdvertisingParameters& event);
    void report(std::uint16_t adapter, const AdvertisingEnabled& event);

    void line(Line::Kind kind, std::string what, const Describe& describe = {}, bool problem = false) {
        sink_({stamp_, kind, std::move(what), {}, describe ? Fields(describe) : Fields(), problem});
    }

    const protocol::sake::KeyDatabase* keys_;
    const LineSink& sink_;
    Stamp stamp_;
    Reassembler reassembler_;
    std::map<Key, Link> links_;
    std::map<Address, Connection::Maps> known_; ///< attributes of earlier connections
};

void Decoder::packet(DataLink dataLink, const FileRecord& record) {
    stamp_ = {record.number, record.time, std::nullopt};
    const auto packet = classify(dataLink, record);
    if (packet.has_error())
        return line(Line::Kind::Note, "damaged packet: " + toString(packet.error()), {}, true);
    switch (packet->kind) {
        case Packet::Kind::Command:
            return hci(*packet, parseCommand(packet->body));
        case Packet::Kind::Event:
            return hci(*packet, parseEvent(packet->body));
        case Packet::Kind::Data:
            stamp_.sent = packet->sent;
            return data(*packet);
        default:
            return;
    }
}

void Decoder::hci(const Packet& packet, const protocol::Parsed<std::vector<HciMessage>>& messages) {
    if (messages.has_error())
        return line(Line::Kind::Note, "damaged HCI packet: " + toString(messages.error()), {}, true);
    for (const HciMessage& message : *messages)
        std::visit([&](const auto& event) { report(packet.adapter, event); }, message);
}

void Decoder::data(const Packet& packet) {
    const auto result = reassembler_.add(packet);
    if (result.has_error())
        return line(Line::Kind::Note, "damaged ACL packet: " + toString(result.error()), {}, true);
    if (!result->frame) return;
    const protocol::Bytes payload = result->frame->payload();
    if (result->frame->channel == kSmpChannel) return smp(payload);
    if (result->frame->channel == kAttChannel)
        linkOf({packet.adapter, result->handle}).connection.receive(stamp_, payload);
}

/// What is agreed on, never what is exchanged: key bytes are not shown.
void Decoder::smp(ByteView pdu) {
    constexpr std::uint8_t kRequest = 0x01;
    constexpr std::uint8_t kResponse = 0x02;
    constexpr std::uint8_t kFailed = 0x05;
    constexpr std::size_t kFeaturesSize = 7;
    constexpr std::uint8_t kBonding = 0x01;
    constexpr std::uint8_t kMitm = 0x04;
    constexpr std::uint8_t kSecureConnections = 0x08;
    const std::uint8_t code = pdu.empty() ? 0 : pdu[0];
    Describe fields;
    if ((code == kRequest || code == kResponse) && pdu.size() == kFeaturesSize) {
        fields = [pdu](FieldSink& sink) {
            sink.enumeration("io_capability", pdu[1], ioCapabilityName(pdu[1]));
            sink.boolean("bonding", (pdu[3] & kBonding) != 0);
            sink.boolean("mitm", (pdu[3] & kMitm) != 0);
            sink.boolean("secure_connections", (pdu[3] & kSecureConnections) != 0);
            sink.integer("key_size", pdu[4]);
            sink.integer("initiator_keys", pdu[5]);
            sink.integer("responder_keys", pdu[6]);
        };
    } else if (code == kFailed && pdu.size() == 2) {
        fields = [reason = pdu[1]](FieldSink& sink) {
            sink.enumeration("reason", reason, pairingFailureName(reason));
        };
    }
    line(Line::Kind::Smp, std::string(smpName(code)), fields);
}

Decoder::Link& Decoder::linkOf(const Key& key) {
    const auto known = links_.find(key);
    if (known != links_.end()) return known->second;
    return links_.emplace(key, Link{Connection(false, {}, keys_, sink_), std::nullopt}).first->second;
}

void Decoder::close(const Key& key) {
    const auto link = links_.find(key);
    if (link == links_.end()) return;
    link->second.connection.end();
    if (link->second.peer) known_[*link->second.peer] = link->second.connection.maps();
    links_.erase(link);
}

void Decoder::report(std::uint16_t adapter, const Connected& event) {
    line(Line::Kind::Connection, "connected", [&](FieldSink& sink) {
        sink.integer("connection", event.handle);
        sink.text("address", toString(event.peer));
        sink.text("role", event.central ? "central" : "peripheral");
        sink.text("interval_ms", fmt::format("{}", event.interval * 1.25));
        sink.integer("latency", event.latency);
        sink.integer("timeout_ms", std::int64_t{event.timeout} * 10);
    });
    const Key key{adapter, event.handle};
    close(key);
    const auto earlier = known_.find(event.peer);
    const auto maps = earlier == known_.end() ? Connection::Maps{} : earlier->second;
    links_.emplace(key, Link{Connection(true, maps, keys_, sink_), event.peer});
}

void Decoder::report(std::uint16_t, const ConnectionFailed& event) {
    line(Line::Kind::Connection, "connection failed",
         [&](FieldSink& sink) { sink.enumeration("status", event.status, hciErrorName(event.status)); });
}

void Decoder::report(std::uint16_t adapter, const Disconnected& event) {
    close({adapter, event.handle});
    line(Line::Kind::Connection, "disconnected", [&](FieldSink& sink) {
        sink.integer("connection", event.handle);
        sink.enumeration("reason", event.reason, hciErrorName(event.reason));
    });
}

void Decoder::report(std::uint16_t, const EncryptionChanged& event) {
    line(Line::Kind::Connection, "link encryption", [&](FieldSink& sink) {
        sink.integer("connection", event.handle);
        sink.boolean("on", event.on);
        sink.enumeration("status", event.status, hciErrorName(event.status));
    });
}

void Decoder::report(std::uint16_t, const AdvertisingReport& event) {
    line(Line::Kind::Advertising, "advertising received", [&](FieldSink& sink) {
        sink.text("address", toString(event.address));
        sink.integer("rssi_dbm", event.rssi);
        describeAdvertising(event.data, sink);
    });
}

void Decoder::report(std::uint16_t, const AdvertisingData& event) {
    line(Line::Kind::Advertising, event.scanResponse ? "scan response set" : "advertising data set",
         [&](FieldSink& sink) { describeAdvertising(event.data, sink); });
}

void Decoder::report(std::uint16_t, const AdvertisingParameters& event) {
    constexpr double kUnit = 0.625; // ms
    line(Line::Kind::Advertising, "advertising interval set", [&](FieldSink& sink) {
        sink.text("minimum_ms", fmt::format("{}", event.minimum * kUnit));
        sink.text("maximum_ms", fmt::format("{}", event.maximum * kUnit));
    });
}

void Decoder::report(std::uint16_t, const AdvertisingEnabled& event) {
    line(Line::Kind::Advertising, event.on ? "advertising on" : "advertising off");
}

} // namespace

std::optional<protocol::ParseError> decode(ByteView file, const protocol::sake::KeyDatabase* keys,
                                           const LineSink& sink) {
    auto reader = FileReader::open(file);
    if (reader.has_error()) return reader.error();
    Decoder decoder(keys, sink);
    std::optional<protocol::ParseError> damage;
    for (;;) {
        const auto record = reader->next();
        if (record.has_error()) damage = record.error();
        if (record.has_error() || !*record) break;
        decoder.packet(reader->dataLink(), **record);
    }
    decoder.end();
    return damage;
}

} // namespace capture
