// SPDX-License-Identifier: MIT
#include "capture/connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "capture/names.hpp"
#include "capture/pdu_line.hpp"
#include "capture/value_line.hpp"
#include "protocol/characteristics.hpp"
#include "protocol/racp.hpp"
#include "protocol/sake/session.hpp"
#include "protocol/uuids.hpp"

namespace capture {
namespace {

namespace history = protocol::history;
namespace sake = protocol::sake;
namespace uuid = protocol::uuid;
using history::FieldSink;
using protocol::ByteView;

constexpr std::uint16_t kDefaultMtu = 23;
constexpr std::size_t kNotificationHeader = 3;
constexpr std::string_view kClientConfiguration = "00002902-0000-1000-8000-00805f9b34fb";

/// Plaintext bytes of a history notification that is filled to the MTU.
std::optional<std::size_t> fullPiece(std::optional<std::uint16_t> mtu) {
    if (!mtu) return std::nullopt;
    return *mtu - kNotificationHeader - sake::kFrameOverhead;
}

Fields rawField(ByteView bytes) {
    return Fields([bytes](FieldSink& sink) { sink.text("raw", protocol::toHex(bytes)); });
}

bool isRequest(OpCode opCode) {
    switch (opCode) {
        case OpCode::MtuRequest:
        case OpCode::FindInformationRequest:
        case OpCode::FindByTypeValueRequest:
        case OpCode::ReadByTypeRequest:
        case OpCode::ReadRequest:
        case OpCode::ReadBlobRequest:
        case OpCode::ReadByGroupTypeRequest:
        case OpCode::WriteRequest:
            return true;
        default:
            return false;
    }
}

} // namespace

Connection::Connection(bool fromStart, Maps maps, const sake::KeyDatabase* keys, const LineSink& sink)
    : maps_(std::move(maps)),
      keys_(keys),
      sink_(sink),
      session_(keys),
      mtu_(fromStart ? std::optional(kDefaultMtu) : std::nullopt),
      assembler_(fullPiece(mtu_)) {}

void Connection::receive(const Stamp& stamp, ByteView bytes) {
    lastStamp_ = stamp;
    const auto pdu = parseAtt(bytes);
    if (pdu.has_error()) {
        sink_({stamp,
               Line::Kind::Att,
               "damaged PDU: " + protocol::toString(pdu.error()),
               {},
               rawField(bytes),
               true});
        return;
    }
    const bool sent = stamp.sent.value_or(false);
    const std::size_t own = sent ? 1 : 0;
    switch (pdu->opCode) {
        case OpCode::Notification:
        case OpCode::Indication:
            finishRead(own);
            return value(
                {stamp, pdu->opCode, pdu->handle, true, own, {pdu->value.begin(), pdu->value.end()}});
        case OpCode::WriteCommand:
            return value(
                {stamp, pdu->opCode, pdu->handle, false, 1 - own, {pdu->value.begin(), pdu->value.end()}});
        case OpCode::Confirmation:
            return sink_(attLine(stamp, *pdu));
        default:
            return isRequest(pdu->opCode) ? request(stamp, 1 - own, *pdu) : response(stamp, own, *pdu);
    }
}

void Connection::request(const Stamp& stamp, std::size_t server, const AttPdu& pdu) {
    if (pdu.opCode != OpCode::ReadBlobRequest) finishRead(server);
    asked_[server] = Asked{pdu, {pdu.value.begin(), pdu.value.end()}};
    if (pdu.opCode == OpCode::WriteRequest)
        return value({stamp, pdu.opCode, pdu.handle, false, server, {pdu.value.begin(), pdu.value.end()}});
    Line line = attLine(stamp, pdu);
    if (pdu.opCode == OpCode::ReadRequest || pdu.opCode == OpCode::ReadBlobRequest)
        line.place = placeOf(server, pdu.handle);
    sink_(std::move(line));
}

void Connection::response(const Stamp& stamp, std::size_t server, const AttPdu& pdu) {
    auto open = std::exchange(asked_[server], std::nullopt);
    if (open) open->pdu.value = open->value;
    const AttPdu* const asked = open ? &open->pdu : nullptr;
    if (asked && pdu.opCode == OpCode::MtuResponse) exchangedMtu(asked->mtu, pdu.mtu);
    if (asked) maps_[server].learn(*asked, pdu);
    if (asked && (pdu.opCode == OpCode::ReadResponse || pdu.opCode == OpCode::ReadBlobResponse))
        return readAnswered(stamp, server, *asked, pdu);
    Line line = attLine(stamp, pdu, asked);
    if (asked && pdu.opCode == OpCode::WriteResponse) line.place = placeOf(server, asked->handle);
    sink_(std::move(line));
    if (pdu.opCode == OpCode::ErrorResponse) finishRead(server);
}

/// Either side may ask; BlueZ only ever raises the bearer's MTU (docs/protocol/bluez-lab.md).
void Connection::exchangedMtu(std::uint16_t one, std::uint16_t other) {
    const std::uint16_t agreed = std::max(kDefaultMtu, std::min(one, other));
    mtu_ = std::max(mtu_.value_or(kDefaultMtu), agreed);
    flushRecords();
    assembler_ = history::Assembler(fullPiece(mtu_));
}

/// A response that fills the MTU may go on with Read Blob; frames are decrypted whole.
void Connection::readAnswered(const Stamp& stamp, std::size_t server, const AttPdu& asked,
                              const AttPdu& pdu) {
    auto& pending = longRead_[server];
    if (pdu.opCode == OpCode::ReadBlobResponse) {
        const bool continues =
            pending && pending->handle == asked.handle && pending->bytes.size() == asked.offset;
        Line line = attLine(stamp, pdu);
        line.place = placeOf(server, asked.handle);
        sink_(std::move(line));
        if (!continues) return;
        pending->stamp = stamp;
        pending->bytes.insert(pending->bytes.end(), pdu.value.begin(), pdu.value.end());
    } else {
        pending = Value{stamp, pdu.opCode, asked.handle, true, server, {pdu.value.begin(), pdu.value.end()}};
    }
    if (pdu.value.size() + 1 < mtu_.value_or(kDefaultMtu)) finishRead(server);
}

void Connection::finishRead(std::size_t server) {
    if (const auto read = std::exchange(longRead_[server], std::nullopt)) value(*read);
}

void Connection::end() {
    for (std::size_t server = 0; server < longRead_.size(); ++server) finishRead(server);
    flushRecords();
    bool cut = measurements_.pending() > 0;
    for (const auto& [handle, joined] : pieces_) cut = cut || joined.pending();
    if (cut) note(lastStamp_, "a value that goes on has no end", true);
}

void Connection::value(const Value& value) {
    Place place = placeOf(value.server, value.handle);
    const bool start = value.opCode == OpCode::Notification &&
                       std::equal(value.bytes.begin(), value.bytes.end(), sake::kStartSignal.begin(),
                                  sake::kStartSignal.end());
    if (!place.attribute && start) {
        maps_[value.server].assume(value.handle,
                                   {std::string(uuid::kSakeService), std::string(uuid::kSakePort), ""});
        place = placeOf(value.server, value.handle);
    }
    if (place.attribute && !place.attribute->descriptor.empty()) return descriptor(value, place);
    const std::string characteristic = place.attribute ? place.attribute->characteristic : "";
    if (characteristic == uuid::kSakePort) return port(value, place);
    switch (protocol::protectionOf(characteristic)) {
        case protocol::Protection::Sake:
            return frame(value, std::move(place), true);
        case protocol::Protection::Unknown:
            if (session_.open() && value.server != portServer_) return frame(value, std::move(place), false);
            break;
        case protocol::Protection::Plain:
            break;
    }
    recognise(value, place, value.bytes, false);
    plain(value, place, value.bytes, 0);
}

void Connection::descriptor(const Value& value, const Place& place) {
    Line line{value.stamp, Line::Kind::Att, std::string(name(value.opCode)), place, rawField(value.bytes)};
    const bool configuration = place.attribute->descriptor == kClientConfiguration && !value.bytes.empty();
    if (configuration) {
        const unsigned flags = value.bytes[0];
        line.fields = Fields([flags](FieldSink& sink) {
            sink.boolean("notifications", (flags & 1U) != 0);
            sink.boolean("indications", (flags & 2U) != 0);
        });
        const bool off = flags == 0 && !value.fromServer;
        if (off && place.attribute->characteristic == uuid::kSakePort) session_.end();
    }
    sink_(std::move(line));
}

void Connection::port(const Value& value, const Place& place) {
    using Kind = SakeListener::Step::Kind;
    const Side from = value.fromServer ? Side::Phone : Side::Pump;
    portServer_ = value.server;
    const auto outcome = session_.handshake(from, value.bytes);
    Line line{value.stamp, Line::Kind::Sake, "SAKE start signal", place, rawField(value.bytes)};
    if (outcome.step.kind == Kind::Message) line.what = fmt::format("SAKE message {}", outcome.step.number);
    if (outcome.step.kind == Kind::Unexpected)
        line.what = "SAKE port, not part of a handshake seen from its start";
    sink_(std::move(line));
    if (outcome.problem) note(value.stamp, "the session cannot be decrypted: " + *outcome.problem, true);
    if (outcome.step.kind == Kind::Unexpected) {
        if (auto obstacle = session_.open() ? std::nullopt : session_.obstacle())
            note(value.stamp, std::move(*obstacle), keys_ != nullptr);
    }
}

/// `certain`: known to be a frame; else it is one if it can be decrypted.
void Connection::frame(const Value& value, Place place, bool certain) {
    Line line{value.stamp, Line::Kind::Value, fmt::format("{}, encrypted,", name(value.opCode)), place,
              rawField(value.bytes)};
    if (!session_.open()) {
        if (auto obstacle = session_.obstacle()) note(value.stamp, std::move(*obstacle), keys_ != nullptr);
        return sink_(std::move(line));
    }
    auto decrypted = session_.decrypt(value.fromServer ? Side::Pump : Side::Phone, value.bytes);
    if (decrypted.has_value()) {
        recognise(value, place, decrypted->plain, true);
        return plain(value, place, decrypted->plain, decrypted->lost);
    }
    if (!certain) {
        recognise(value, place, value.bytes, false);
        return plain(value, place, value.bytes, 0);
    }
    line.what =
        fmt::format("{}, cannot be decrypted ({}),", name(value.opCode), sake::toString(decrypted.error()));
    line.problem = true;
    sink_(std::move(line));
}

void Connection::plain(const Value& value, const Place& place, ByteView bytes, std::uint64_t lost) {
    if (lost > 0)
        note(value.stamp, fmt::format("{} encrypted values are missing before this one", lost), true);
    const auto& attribute = place.attribute;
    if (attribute && value.fromServer && attribute->characteristic == uuid::kIddHistoryData)
        return historyPiece(value.stamp, bytes, lost > 0);
    if (value.opCode == OpCode::Notification || value.opCode == OpCode::Indication)
        return piece(value, place, bytes, lost);
    described(value, place, bytes);
}

/// A value that is cut off where the MTU ends goes on in the next notification; one of glucose may hold
/// several (docs/protocol/services.md 1, 10.3).
void Connection::piece(const Value& value, const Place& place, ByteView bytes, std::uint64_t lost) {
    bool complete = true;
    if (place.attribute && place.attribute->characteristic == uuid::kCgmMeasurement) {
        if (lost > 0) measurements_.clear();
        const auto records = measurements_.add(bytes);
        complete = !records.empty();
        for (const auto& each : records) described(value, place, each);
    } else {
        protocol::CutValue& joined = pieces_[value.handle];
        if (lost > 0) joined.clear();
        const bool full = value.bytes.size() + kNotificationHeader >= mtu_.value_or(kDefaultMtu);
        const auto meaning =
            joined.add(bytes, full, [&](ByteView all) { return describeValue(place, true, all); });
        complete = meaning.has_value();
        if (complete) show(value, place, *meaning, joined.bytes());
    }
    if (complete) return;
    sink_({value.stamp, Line::Kind::Value, fmt::format("{}, goes on in the next,", name(value.opCode)), place,
           rawField(bytes)});
}

void Connection::described(const Value& value, const Place& place, ByteView bytes) {
    show(value, place, describeValue(place, value.fromServer, bytes), bytes);
}

void Connection::show(const Value& value, const Place& place, const DescribedValue& meaning, ByteView bytes) {
    const auto& attribute = place.attribute;
    const bool endsReport = attribute && attribute->service == uuid::kInsulinDelivery &&
                            attribute->characteristic == uuid::kRecordAccessControlPoint;
    if (endsReport) flushRecords();
    sink_(valueLine(value.stamp, std::string(name(value.opCode)), place, meaning, bytes));
}

void Connection::historyPiece(const Stamp& stamp, ByteView piece, bool gap) {
    if (gap) flushRecords(); // a record that lost its end must not take the next one's
    lastPiece_ = stamp;
    assembler_.add(piece, [&](const protocol::Bytes& raw) { record(raw); });
}

void Connection::flushRecords() {
    assembler_.flush([&](const protocol::Bytes& raw) { record(raw); });
}

void Connection::record(const protocol::Bytes& raw) {
    Line line{lastPiece_, Line::Kind::History, "record"};
    line.record = ShownRecord{raw};
    line.problem = line.record->decoded.has_error();
    sink_(std::move(line));
}

/// Without discovery in the capture, history and its control point are told by what they carry.
void Connection::recognise(const Value& value, Place& place, ByteView bytes, bool decrypted) {
    if (place.attribute) return;
    std::string_view characteristic;
    if (decrypted && value.opCode == OpCode::Notification) {
        const auto header = history::parseHeader(bytes);
        const bool record = header.has_value() && history::isKnown(header->eventType) &&
                            history::completeness(bytes) != history::Completeness::Neither;
        if (record) characteristic = uuid::kIddHistoryData;
    } else if (!decrypted && value.opCode == OpCode::Indication) {
        if (protocol::HistoryRacp::parseResponse(bytes).has_value())
            characteristic = uuid::kRecordAccessControlPoint;
    }
    if (characteristic.empty()) return;
    maps_[value.server].assume(value.handle,
                               {std::string(uuid::kInsulinDelivery), std::string(characteristic), ""});
    place = placeOf(value.server, value.handle);
}

Place Connection::placeOf(std::size_t server, std::uint16_t handle) const {
    return {handle, maps_[server].find(handle)};
}

void Connection::note(const Stamp& stamp, std::string text, bool problem) {
    sink_({stamp, Line::Kind::Note, std::move(text), {}, {}, problem});
}

} // namespace capture
