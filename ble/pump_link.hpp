// SPDX-License-Identifier: MIT
// The link to a pump as the rest of the program sees it: what happens on it, in order, and what can be done
// with it. Nothing here names D-Bus or BlueZ; the implementation on BlueZ is ble/bluez/link.hpp.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "ble/link_error.hpp"
#include "protocol/codec/bytes.hpp"

namespace ble {

namespace asio = boost::asio;
using protocol::Bytes;
using protocol::ByteView;

/// The characteristics of the pump that this program uses. What is not listed can be neither read nor
/// written: the insulin command control point is not listed.
enum class PumpCharacteristic : std::uint8_t {
    ModelNumber,
    SerialNumber,
    FirmwareRevision,
    CurrentTime,
    BatteryLevel,
    CgmMeasurement,
    CgmSessionStartTime,
    CgmSessionRunTime,
    CgmRecordAccessControlPoint,
    IddStatusChanged,
    IddStatus,
    IddAnnunciationStatus,
    IddStatusReaderControlPoint,
    IddRecordAccessControlPoint,
    IddHistoryData,
    GstBatteryLevel,
};

struct CharacteristicInfo {
    PumpCharacteristic id{};
    std::string_view name; ///< for logs: "IDD History Data"
    std::string_view serviceUuid;
    std::string_view uuid;
    bool encrypted = false; ///< what the pump sends of it is a SAKE frame
};
const CharacteristicInfo& info(PumpCharacteristic characteristic);
/// All of them, in the order of the enumeration.
std::span<const CharacteristicInfo> characteristics();

/// Whether the bytes (before encryption) are on the fixed list of what may be written
/// (protocol/characteristics.cpp). Nothing else reaches the pump (docs/architecture.md 1).
bool isPermittedWrite(PumpCharacteristic characteristic, ByteView value);

struct Peer {
    std::string address; ///< "00:23:F7:.."
    std::string name;    ///< "Pump 1234567H"; may be empty
    bool bonded = false;
};

// What happens on the link. Connected .. Disconnected enclose everything about one connection.
struct Connected {
    Peer peer;
};
struct PortSubscribed {}; ///< the pump wants a handshake, with a new session
struct PortUnsubscribed {};
struct PortWritten {
    Bytes value; ///< one SAKE message; the write has been answered
};
struct ServicesResolved {}; ///< the pump's characteristics can be used
struct ValueArrived {       ///< notification or indication, after the decoder
    PumpCharacteristic characteristic;
    Bytes value;
};
/// Why a connection ended.
enum class EndReason : std::uint8_t {
    // the pump went, or was lost
    LinkLost,
    PairingRefused, ///< it wanted to pair, and may not
    // ended by us
    NoRequest,        ///< the pump asked for nothing in time
    NotSubscribed,    ///< the pump did not subscribe to the SAKE port in time
    HandshakeTimeout, ///< the handshake was not done in time
    HandshakeFailed,
    ServicesNotFound, ///< of the pump, in time
    OutOfStep,        ///< its frames cannot be decrypted
    SessionFailed,    ///< an operation failed, or an answer made no sense
    WrongPump,        ///< not the one that is asked for
    MadeRoom,         ///< for the pump whose bond is proven
    // ended with bluetoothd, the adapter, or this program
    DeviceRemoved,
    HostGone,
    Stopped,
};
enum class EndCause : std::uint8_t { Pump, Us, Host };
EndCause causeOf(EndReason reason);
/// "handshake not done in time"
std::string_view describe(EndReason reason);

struct Disconnected {
    EndReason reason = EndReason::LinkLost;
    bool bonded = false; ///< at the end; a pairing that succeeded shows here
};
using LinkEvent = std::variant<Connected, PortSubscribed, PortUnsubscribed, PortWritten, ServicesResolved,
                               ValueArrived, Disconnected>;

/// Applied to every value from the pump (read, notification, indication) in the order of arrival on the bus,
/// before anybody sees it: SAKE's counter runs over all of them, so decryption may not be reordered. Empty:
/// drop the value (a read then fails with LinkErrorKind::Undecodable). Must not throw; may do anything else
/// with the link.
using ValueDecoder = std::function<std::optional<Bytes>(PumpCharacteristic, Bytes)>;

/// Makes the frame of a permitted write to a control point that is encrypted. Empty: there is no session, the
/// write then fails with LinkErrorKind::NoSession. Must not throw.
using ValueEncoder = std::function<std::optional<Bytes>(ByteView)>;

class PumpLink {
public:
    PumpLink() = default;
    PumpLink(const PumpLink&) = delete;
    PumpLink& operator=(const PumpLink&) = delete;
    virtual ~PumpLink() = default;

    /// The next event, in order, none lost. One caller at a time.
    virtual asio::awaitable<LinkEvent> nextEvent() = 0;

    /// For the connection that has just been announced; forgotten when the next one is.
    virtual void setDecoder(ValueDecoder decoder) = 0;
    virtual void setEncoder(ValueEncoder encoder) = 0;
    /// Notifies the SAKE port.
    virtual void notifyPort(ByteView value) = 0;

    // Each throws LinkError; each has a time limit of its own.
    virtual asio::awaitable<Bytes> read(PumpCharacteristic characteristic) = 0;
    /// With response. `value` is plain: it is looked at first, and refused (LinkErrorKind::WriteRefused)
    /// unless it is a permitted write.
    virtual asio::awaitable<void> write(PumpCharacteristic characteristic, Bytes value) = 0;
    virtual asio::awaitable<void> subscribe(PumpCharacteristic characteristic) = 0;
    virtual asio::awaitable<void> disconnect(EndReason reason) = 0;

    /// The handshake is done: the bond is proven, and a pairing that was going on has succeeded.
    virtual void confirmHandshake() = 0;
};

} // namespace ble
