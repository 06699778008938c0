// SPDX-License-Identifier: MIT
// A conversation between the bridge and the virtual pump, as a capture on the bridge's host would show it.
#pragma once

#include <string>

#include "capture_writer.hpp"
#include "protocol/sake/handshake.hpp"
#include "virtual_pump/pump.hpp"

namespace capture::testing {

class CaptureScript {
public:
    static constexpr std::uint16_t kLink = 0x0040;
    static constexpr std::uint16_t kPort = 0x0030; ///< value handle of the bridge's SAKE port

    struct Settings {
        DataLink dataLink = DataLink::Monitor;
        std::uint16_t mtu = 184;
        std::size_t fragment = 251; ///< octets of an ACL packet
        std::uint16_t link = kLink;
        std::uint8_t seed = 1;
    };
    explicit CaptureScript(Settings settings);
    CaptureScript(const CaptureScript&) = delete; // the pump draws from nextOctet_
    CaptureScript& operator=(const CaptureScript&) = delete;

    /// Both files of the pair.
    [[nodiscard]] const std::pair<protocol::sake::KeyDatabase, protocol::sake::KeyDatabase>& keys() const {
        return keys_;
    }
    virtual_pump::Pump& pump() { return pump_; }
    CaptureWriter& writer() { return writer_; }

    // --- steps, in the order of docs/protocol/link.md 10 ---
    void advertise();
    void connect();
    void pair();
    void exchangeMtu();
    void discover();
    void handshake();
    void read(std::string_view service, std::string_view characteristic);
    void subscribe(std::string_view service, std::string_view characteristic, bool indications);
    void requestHistory(protocol::ByteView request); ///< until the pump has nothing more to say
    void disconnect();
    /// All of them, with every record.
    void wholeSession();

    [[nodiscard]] static std::uint16_t handleOf(std::string_view service, std::string_view characteristic);

private:
    void bridgeSends(protocol::ByteView pdu) {
        writer_.l2cap(true, settings_.link, 4, pdu, settings_.fragment);
    }
    void pumpSends(protocol::ByteView pdu) {
        writer_.l2cap(false, settings_.link, 4, pdu, settings_.fragment);
    }
    void discoverPump();
    void discoverBridge();

    Settings settings_;
    std::uint8_t nextOctet_;
    std::pair<protocol::sake::KeyDatabase, protocol::sake::KeyDatabase> keys_;
    virtual_pump::Pump pump_;
    CaptureWriter writer_;
};

/// Contiguous records of many types.
std::vector<protocol::Bytes> sampleRecords();

} // namespace capture::testing
