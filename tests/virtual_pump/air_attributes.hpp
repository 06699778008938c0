// SPDX-License-Identifier: MIT
// The pump's GATT server as bytes: its attribute table, and the answer to each ATT request of the bridge.
// Facts: docs/protocol/link.md 7.1; ATT as in the Bluetooth Core Specification 5.3, volume 3, part F.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "virtual_pump/pump.hpp"

namespace virtual_pump::air {

constexpr std::uint16_t kDefaultMtu = 23;

/// ATT's opcodes, as far as pump and bridge use them.
enum AttOpcode : std::uint8_t {
    ErrorResponse = 0x01,
    ExchangeMtuRequest = 0x02,
    ExchangeMtuResponse = 0x03,
    FindInformationRequest = 0x04,
    FindInformationResponse = 0x05,
    ReadByTypeRequest = 0x08,
    ReadByTypeResponse = 0x09,
    ReadRequest = 0x0a,
    ReadResponse = 0x0b,
    ReadByGroupTypeRequest = 0x10,
    ReadByGroupTypeResponse = 0x11,
    WriteRequest = 0x12,
    WriteResponse = 0x13,
    HandleValueNotification = 0x1b,
    HandleValueIndication = 0x1d,
    HandleValueConfirmation = 0x1e,
    WriteCommand = 0x52,
};

/// "0000fe82-0000-1000-8000-00805f9b34fb" as two bytes, any other base as sixteen; little-endian.
Bytes uuidBytes(std::string_view uuid);

class AttributeServer {
public:
    /// `largestMtu`: what the pump answers to Exchange MTU; the real one says 184.
    AttributeServer(Pump& pump, std::string deviceName, std::uint16_t largestMtu);

    /// The answer to one request or command; nothing to a command, and to what is none.
    std::optional<Bytes> answer(ByteView pdu);

    /// The bearer's MTU. Both sides may exchange: it only ever grows.
    [[nodiscard]] std::uint16_t mtu() const { return mtu_; }
    void exchanged(std::uint16_t peerMtu);

    /// The handle of a characteristic's value: index into characteristics().
    [[nodiscard]] std::uint16_t valueHandle(std::size_t characteristic) const;

private:
    struct Attribute {
        std::uint16_t handle = 0;
        Bytes type;
        Bytes value;
        std::uint16_t groupEnd = 0;                               ///< of a service
        std::optional<std::size_t> characteristic = std::nullopt; ///< the value is the pump's
        std::optional<std::size_t> configures = std::nullopt;     ///< a CCCD
    };

    void addDeviceName(const std::string& name);
    void addCharacteristic(std::size_t index);
    Attribute& add(Bytes type, Bytes value);
    Attribute* find(std::uint16_t handle);

    Bytes findInformation(std::uint16_t first, std::uint16_t last) const;
    Bytes readByType(std::uint8_t opcode, std::uint16_t first, std::uint16_t last, ByteView type) const;
    Bytes read(std::uint16_t handle);
    Bytes write(std::uint16_t handle, ByteView value);

    Pump& pump_;
    std::uint16_t largestMtu_;
    std::uint16_t mtu_ = kDefaultMtu;
    std::vector<Attribute> table_;
};

} // namespace virtual_pump::air
