// SPDX-License-Identifier: MIT
#include "value_script.hpp"

#include <algorithm>
#include <stdexcept>

#include "capture/names.hpp"

namespace capture::testing {

namespace sake = protocol::sake;
using protocol::Bytes;
using protocol::ByteView;
using protocol::Writer;

namespace {

constexpr std::uint16_t kPort = 0x0030; // of the bridge's own server

Bytes octets(std::string_view hex) {
    return *protocol::fromHex(hex);
}

Bytes reversed(std::string_view uuid) {
    std::string digits(uuid);
    std::erase(digits, '-');
    Bytes bytes = octets(digits);
    std::reverse(bytes.begin(), bytes.end());
    return bytes;
}

} // namespace

ValueScript::ValueScript(const std::vector<Place>& places, std::uint16_t mtu)
    : mtu_(mtu),
      keys_(sake::generatePair(sake::DeviceType::MobileApplication, sake::DeviceType::InsulinPump,
                               [this](std::span<std::uint8_t> out) {
                                   for (auto& each : out) each = nextOctet_ += 7;
                               })) {
    writer_.event(
        octets("3e130100"
               "4000"
               "0100563412f72300"
               "640000002c0100"));
    if (mtu_ > 23) {
        bridgeSends(octets("020502"));
        pumpSends(Writer{}.put(std::uint8_t{3}).put(mtu_).bytes());
    }
    discover(places);
    handshake();
}

/// Each place in a service of its own range: declaration, value.
void ValueScript::discover(const std::vector<Place>& places) {
    std::uint16_t handle = 0x0100;
    for (const Place& place : places) {
        const auto next = [&handle] { return handle++; };
        const std::uint16_t service = next();
        const std::uint16_t declaration = next();
        const std::uint16_t value = next();
        bridgeSends(Writer{}.put(std::uint8_t{0x10}).put(service).put(octets("ffff0028")).bytes());
        Writer found;
        found.put(octets("1114")).put(service).put(value);
        pumpSends(found.put(reversed(place.first)).bytes());
        bridgeSends(Writer{}.put(std::uint8_t{0x08}).put(service).put(octets("ffff0328")).bytes());
        Writer declared;
        declared.put(octets("0915")).put(declaration).put(std::uint8_t{0x02}).put(value);
        pumpSends(declared.put(reversed(place.second)).bytes());
        handles_[place] = value;
    }
}

void ValueScript::handshake() {
    const auto random = [this](std::span<std::uint8_t> out) {
        for (auto& each : out) each = nextOctet_ += 7;
    };
    sake::Server server(keys_.first, random);
    sake::Client client(keys_.second, random);
    Bytes notified(sake::kStartSignal.begin(), sake::kStartSignal.end());
    while (!server.done()) {
        bridgeSends(Writer{}.put(std::uint8_t{0x1b}).put(kPort).put(notified).bytes());
        const auto written = client.receive(notified);
        if (written.has_error()) throw std::logic_error("the pump does not answer");
        pumpSends(Writer{}.put(std::uint8_t{0x12}).put(kPort).put(ByteView(*written)).bytes());
        bridgeSends(octets("13"));
        const auto answer = server.receive(*written);
        if (answer.has_error()) throw std::logic_error("the bridge does not answer");
        if (*answer) notified.assign((*answer)->begin(), (*answer)->end());
    }
    pump_ = client.takeSession().sender;
    bridge_ = server.takeSession().sender;
}

void ValueScript::carry(const Place& place, Way way, ByteView value) {
    const std::uint16_t handle = handles_.at(place);
    const bool encrypted = protectionOf(place.second) == Protection::Sake;
    const auto frame = [&](std::optional<sake::Sender>& sender, ByteView plain) {
        return encrypted ? *sender->encrypt(plain) : Bytes(plain.begin(), plain.end());
    };
    if (way == Way::Read) return answerRead(handle, frame(pump_, value));
    if (way == Way::Write) {
        bridgeSends(Writer{}.put(std::uint8_t{0x12}).put(handle).put(frame(bridge_, value)).bytes());
        return pumpSends(octets("13"));
    }
    const std::size_t longest = mtu_ - 3U - (encrypted ? sake::kFrameOverhead : 0);
    for (bool first = true; first || !value.empty(); first = false) {
        const ByteView piece = value.first(std::min(longest, value.size()));
        value = value.subspan(piece.size());
        const std::uint8_t opCode = way == Way::Indication ? 0x1d : 0x1b;
        pumpSends(Writer{}.put(opCode).put(handle).put(frame(pump_, piece)).bytes());
        if (way == Way::Indication) bridgeSends(octets("1e"));
    }
}

void ValueScript::answerRead(std::uint16_t handle, const Bytes& octets) {
    ByteView rest = octets;
    bridgeSends(Writer{}.put(std::uint8_t{0x0a}).put(handle).bytes());
    for (std::uint8_t opCode = 0x0b;; opCode = 0x0d) {
        const ByteView piece = rest.first(std::min<std::size_t>(mtu_ - 1U, rest.size()));
        rest = rest.subspan(piece.size());
        pumpSends(Writer{}.put(opCode).put(piece).bytes());
        if (piece.size() + 1 < mtu_) return;
        const auto offset = static_cast<std::uint16_t>(octets.size() - rest.size());
        bridgeSends(Writer{}.put(std::uint8_t{0x0c}).put(handle).put(offset).bytes());
    }
}

void ValueScript::lose(std::size_t frames) {
    const Bytes any{0};
    while (frames-- > 0) static_cast<void>(pump_->encrypt(any));
}

} // namespace capture::testing
