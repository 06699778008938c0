// SPDX-License-Identifier: MIT
// The link to a pump as the rest of the program sees it: what happens on it, in order, and what can be done
// with it. Nothing here names D-Bus or BlueZ; the implementation on BlueZ is bluez_link.hpp.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>

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
struct Disconnected {
    enum class Cause : std::uint8_t {
        Link, ///< the pump went, or was lost
        Us,   ///< ended by the session, or because the pump did not do its part in time
        Host, ///< bluetoothd or the adapter has gone, or we stop
    };
    std::string reason;
    Cause cause = Cause::Link;
    bool bonded = false; ///< at the end; a pairing that succeeded shows here
};
using LinkEvent = std::variant<Connected, PortSubscribed, PortUnsubscribed, PortWritten, ServicesResolved,
                               ValueArrived, Disconnected>;

/// An operation on the link failed: the D-Bus error name or a word of ours, and a sentence.
class LinkError : public std::runtime_error {
public:
    LinkError(std::string name, const std::string& message)
        : std::runtime_error(message), name_(std::move(name)) {}
    [[nodiscard]] const std::string& name() const {
        return name_;
    } ///< "org.bluez.Error.NotPermitted", "timeout", "disconnected"

private:
    std::string name_;
};

/// Applied to every value from the pump (read, notification, indication) in the order of arrival on the bus,
/// before anybody sees it: SAKE's counter runs over all of them, so decryption may not be reordered. Empty:
/// drop the value (a read then fails with LinkError "undecodable"). Must not throw.
using ValueDecoder = std::function<std::optional<Bytes>(PumpCharacteristic, Bytes)>;

/// Makes the frame of a permitted write to a control point that is encrypted. Empty: there is no session, the
/// write then fails with LinkError "no-session". Must not throw.
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
    /// With response. `value` is plain: it is looked at first, and refused with LinkError "refused" unless it
    /// is a permitted write.
    virtual asio::awaitable<void> write(PumpCharacteristic characteristic, Bytes value) = 0;
    virtual asio::awaitable<void> subscribe(PumpCharacteristic characteristic) = 0;
    virtual asio::awaitable<void> disconnect() = 0;

    /// The handshake is done: a pairing that was going on has succeeded.
    virtual void confirmPaired() = 0;
};

} // namespace ble
