// SPDX-License-Identifier: MIT
// How an operation on the link, on bluetoothd or on the kernel's management socket can fail.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace ble {

enum class LinkErrorKind : std::uint8_t {
    // of an operation on the pump
    Disconnected, ///< the pump, the bus or the socket has gone
    Timeout,      ///< no answer in time
    Refused,      ///< by bluetoothd or the pump; the text has the name of the D-Bus error
    NotPermitted, ///< by bluetoothd, which has none left or does not allow it
    InProgress,   ///< the same is under way
    Missing,      ///< the pump does not show this characteristic
    WriteRefused, ///< by us: not on the list of permitted writes
    NoSession,    ///< the handshake is not done
    Undecodable,  ///< the value is no frame of this session
    Protocol,     ///< the pump answered what makes no sense
    WrongPump,    ///< not the pump that is asked for
    // of bluetoothd and its adapter
    BluezMissing,  ///< bluetoothd is not on the bus
    AccessDenied,  ///< the bus does not let us
    AlreadyExists, ///< what is to be registered is registered
    Busy,          ///< bluetoothd does it itself just now
    AdapterMissing,
    AdapterBlocked,       ///< cannot be switched on
    AdapterOff,           ///< was told to, and does not come on
    HandlesUsedUp,        ///< our services find no place in bluetoothd's database
    AdvertisementsUsedUp, ///< another program advertises on all that the adapter has
    AdvertisementEnded,   ///< by bluetoothd or another program
    // of the kernel's management socket
    ManagementMissing,
    ManagementDenied,
    ManagementRefused,
    ManagementGarbled,
};
/// For logs: "write-refused".
std::string_view name(LinkErrorKind kind);

class LinkError : public std::runtime_error {
public:
    LinkError(LinkErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
    [[nodiscard]] LinkErrorKind kind() const { return kind_; }

private:
    LinkErrorKind kind_;
};

} // namespace ble
