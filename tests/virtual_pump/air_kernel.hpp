// SPDX-License-Identifier: MIT
// The kernel's Bluetooth sockets, as far as a virtual pump on a controller of its own needs them: the
// management channel and LE connections on the ATT channel. Facts: docs/protocol/bluez-lab.md; the layouts
// are the kernel's (include/net/bluetooth/), written out because Debian's headers would be one more package.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "protocol/codec/bytes.hpp"

namespace virtual_pump::air {

using protocol::Bytes;
using protocol::ByteView;
using Clock = std::chrono::steady_clock;

/// Something that the visit needs has failed; the text is for the person who reads the log.
class AirError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

class Descriptor {
public:
    explicit Descriptor(int number = -1) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~Descriptor();
    [[nodiscard]] int number() const { return number_; }

private:
    int number_;
};

enum class AddressType : std::uint8_t { Public = 1, Random = 2 }; ///< as sockets and management count

struct Address {
    std::array<std::uint8_t, 6> bytes{}; ///< little-endian, as on the wire
    AddressType type = AddressType::Public;
};
std::string toString(const Address& address); ///< "00:23:F7:12:34:56"

struct ManagementEvent {
    std::uint16_t code = 0;
    Bytes parameters;
};

/// The management channel, restricted to one controller.
class Management {
public:
    enum Command : std::uint16_t {
        ReadControllerInformation = 0x0004,
        SetPowered = 0x0005,
        SetBondable = 0x0009,
        SetLowEnergy = 0x000d,
        Disconnect = 0x0014,
        SetIoCapability = 0x0018,
        PairDevice = 0x0019,
        UnpairDevice = 0x001b,
        ConfirmReply = 0x001c,
        StartDiscovery = 0x0023,
        StopDiscovery = 0x0024,
        SetBredr = 0x002a,
        SetSecureConnections = 0x002d,
        SetPrivacy = 0x002f,
    };
    enum Event : std::uint16_t {
        CommandComplete = 0x0001,
        CommandStatus = 0x0002,
        NewLongTermKey = 0x000a,
        ConfirmRequest = 0x000f,
        AuthenticationFailed = 0x0011,
        DeviceFound = 0x0012,
    };

    /// `index`: 1 for hci1. Throws AirError.
    explicit Management(std::uint16_t index);

    /// Sends without waiting for the answer, which comes as an event.
    void send(Command command, ByteView parameters);
    /// The status of the command, 0 for success; events that come meanwhile are kept for next().
    std::uint8_t command(Command command, ByteView parameters);
    std::uint8_t command(Command command, std::uint8_t parameter);
    /// The next event of this controller, nothing when the deadline passes first.
    std::optional<ManagementEvent> next(Clock::time_point deadline);

    /// The controller's public address; waits while the kernel sets the controller up.
    Address controllerAddress();
    [[nodiscard]] int descriptor() const { return socket_.number(); }

private:
    std::optional<ManagementEvent> receive(Clock::time_point deadline);

    std::uint16_t index_;
    Descriptor socket_;
    std::deque<ManagementEvent> kept_;
};

/// Management's address block: six bytes and the type.
Bytes addressBlock(const Address& address);

/// The first advertiser that lists one of the 16-bit UUIDs (SIG fe82 or fe81). Scans in short rounds, since
/// btvirt reports an advertiser only when a scan starts (docs/protocol/bluez-lab.md). A bonded advertiser
/// comes with its identity address.
std::optional<Address> findAdvertiser(Management& management, const std::vector<std::uint16_t>& uuids,
                                      Clock::time_point deadline);

/// An LE connection from `local` to `peer` with a socket on the ATT channel, not encrypted yet. Throws
/// AirError.
Descriptor connectAtt(const Address& local, const Address& peer);

/// The link below an ATT socket has a key.
bool isEncrypted(const Descriptor& att);

/// Keeps bluetoothd off a controller: it drops one on which it cannot bind the BR/EDR ATT channel. To be
/// called before bluetoothd starts, and lasts as long as the descriptor. Throws AirError.
Descriptor reserveController(const Address& local);

/// The HCI monitor channel of all controllers, with arrival times. Throws AirError.
Descriptor openMonitor();

} // namespace virtual_pump::air
