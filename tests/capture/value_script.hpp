// SPDX-License-Identifier: MIT
// A capture in which a pump carries chosen values of its services, encrypted where the pump would.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "capture_writer.hpp"
#include "protocol/sake/handshake.hpp"

namespace capture::testing {

class ValueScript {
public:
    /// Service and characteristic.
    using Place = std::pair<std::string, std::string>;
    enum class Way { Read, Notification, Indication, Write };

    /// Connects, discovers `places`, and goes through the handshake.
    ValueScript(const std::vector<Place>& places, std::uint16_t mtu);

    /// In as many PDUs as the MTU asks for.
    void carry(const Place& place, Way way, protocol::ByteView value);
    /// Encrypted by the pump, and not in the capture.
    void lose(std::size_t frames);

    [[nodiscard]] const protocol::sake::KeyDatabase& keys() const { return keys_.first; }
    [[nodiscard]] const protocol::Bytes& file() const { return writer_.file(); }

private:
    void discover(const std::vector<Place>& places);
    void handshake();
    void answerRead(std::uint16_t handle, const protocol::Bytes& octets);
    void bridgeSends(protocol::ByteView pdu) { writer_.l2cap(true, kLink, 4, pdu); }
    void pumpSends(protocol::ByteView pdu) { writer_.l2cap(false, kLink, 4, pdu); }

    static constexpr std::uint16_t kLink = 0x0040;

    std::uint16_t mtu_;
    std::uint8_t nextOctet_ = 1;
    std::pair<protocol::sake::KeyDatabase, protocol::sake::KeyDatabase> keys_;
    std::map<Place, std::uint16_t> handles_;
    std::optional<protocol::sake::Sender> pump_;
    std::optional<protocol::sake::Sender> bridge_;
    CaptureWriter writer_;
};

} // namespace capture::testing
