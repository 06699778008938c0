// SPDX-License-Identifier: MIT
// A pump in software, above any transport: SAKE client, history served over the record access control point,
// live state and its indications, device information, clock. A transport (the BlueZ double on a private bus,
// or kernel sockets) carries the bytes. What a real pump does: docs/protocol/link.md 6 to 8 and 14,
// docs/protocol/history.md 2 and 3, docs/protocol/services.md, docs/protocol/sake.md 6.5.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/codec/bytes.hpp"
#include "protocol/codec/date_time.hpp"
#include "protocol/sake/handshake.hpp"
#include "protocol/sake/key_database.hpp"

namespace virtual_pump {

using protocol::Bytes;
using protocol::ByteView;

/// One characteristic of the pump's GATT server. The same UUID may stand in several services.
struct CharacteristicSpec {
    std::string_view serviceUuid;
    std::string_view uuid;
    std::vector<std::string> flags; ///< BlueZ's words: "read", "write", "notify", "indicate"
    bool encrypted = false;
};
/// The pump's table in handle order, services grouped. Index = handle for the calls below.
const std::vector<CharacteristicSpec>& characteristics();

/// ATT errors that a transport has to translate.
enum class AttError : std::uint8_t {
    ReadNotPermitted = 0x02,
    WriteNotPermitted = 0x03,
    RequestNotSupported = 0x06,
    NoSensor = 0x80, ///< seen for a request; for reads the number is not known
    CccdImproperlyConfigured = 0xfd,
    ProcedureInProgress = 0xfe,
};

struct Outgoing {
    std::size_t characteristic = 0; ///< index into characteristics()
    Bytes value;
    bool indication = false;
};

/// What goes wrong on purpose. Counts are of history notifications since the pump was made, or since it was
/// given these faults; the first is 1.
struct Faults {
    /// The transport is asked to drop the link after this many notifications.
    std::optional<unsigned> dropLinkAfter = std::nullopt;
    std::optional<unsigned> loseAt = std::nullopt;       ///< this notification is encrypted but never sent
    std::optional<unsigned> corruptMacAt = std::nullopt; ///< this one has a wrong MAC
    std::optional<unsigned> duplicateAt = std::nullopt;  ///< this one is sent twice
    std::optional<int> silentAtStage = std::nullopt;     ///< no answer in this handshake stage
    bool answerRandom = false; ///< message 3 is random bytes, as of a pump with other keys
};

struct PumpSettings {
    std::string serialNumber = "NG1234567H";
    std::string modelNumber = "MMT-1885";
    std::string firmwareRevision = "8.12.2";
    /// ATT MTU of the bearer: 184 gives one notification a record, 23 fragments of 17 plaintext bytes.
    std::uint16_t mtu = 184;
    std::uint8_t batteryPercent = 100;
    Faults faults;
};

class Pump {
public:
    /// `keys`: a client's file (local type insulin pump), or the server's file of the bridge
    /// (docs/protocol/sake.md 4.6). `clock`: the pump's own wall clock.
    Pump(PumpSettings settings, protocol::sake::KeyDatabase keys, protocol::sake::RandomSource random,
         std::function<protocol::LocalSeconds()> clock);
    /// What Current Time tells instead, whatever the records say: a life that runs faster than ours would
    /// else be dated into the future.
    void tellTime(std::function<protocol::LocalSeconds()> told);
    Pump(Pump&&) noexcept;
    ~Pump();

    /// Replaces the stored history: raw records, ascending by sequence number.
    void setHistory(std::vector<Bytes> records);
    /// A new record: raises History Event Recorded in IDD Status Changed, and what else it changes. A
    /// reference by which the clock was set or lost moves the clock.
    void append(Bytes record);
    /// The memory is full: all but the newest `count` records are overwritten. Not while a report runs.
    void keepNewest(std::size_t count);
    void setFaults(Faults faults);
    /// The clock has gone on: raises Insulin On Board when the displayed value has changed.
    void timePasses();
    /// What its clock shows.
    [[nodiscard]] protocol::LocalSeconds shown() const;
    [[nodiscard]] const std::vector<Bytes>& history() const;

    // --- link ---
    void connected();
    void disconnected(); ///< wipes session, subscriptions and running procedures
    /// The bridge's SAKE port has notified; what comes back is to be written to it.
    std::optional<Bytes> portNotified(ByteView value);
    [[nodiscard]] bool sessionUp() const;

    // --- GATT server ---
    boost::system::result<Bytes, AttError> read(std::size_t characteristic);
    /// Empty: accepted.
    std::optional<AttError> write(std::size_t characteristic, ByteView value);
    void subscribe(std::size_t characteristic, bool on);
    /// The next notification or indication to put on the air, encrypted at this moment (so that frames leave
    /// in the order of their counters); empty when there is nothing to say.
    std::optional<Outgoing> nextOutgoing();
    /// A fault wants the link dropped now.
    [[nodiscard]] bool wantsDisconnect() const;

    /// For progress and tests.
    struct Counters {
        std::uint64_t handshakes = 0;
        std::uint64_t recordsSent = 0;
        std::uint64_t reports = 0;
    };
    [[nodiscard]] const Counters& counters() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace virtual_pump
