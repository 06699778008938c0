// SPDX-License-Identifier: MIT
// Recognises the failures of docs/protocol/link.md 12 that show in the order and timing of what happens on
// the link, and names each in the user's words. A pure state machine: time is an argument, nothing is done
// here.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "ble/link_state.hpp"
#include "ble/pump_link.hpp"
#include "protocol/sake/handshake.hpp"

namespace bridge {

enum class LinkFault : std::uint8_t {
    DiscoveryAnswersTooLong, ///< connected, discovery, silence, gone: the MTU problem
                             ///< (docs/protocol/link.md 5.3)
    BondOrRadio,             ///< the same after sessions that worked: bond lost on one side, or weak radio
    PairingFailed,           ///< came to pair, went without a bond
    NoSubscription,          ///< stays connected, but never asks for a handshake
    WantsToPair,             ///< came to pair while pairing is closed
    LeavesHandshake,         ///< goes in the middle of the handshake
    SilentInHandshake,       ///< stays, and says nothing more in the middle of the handshake
    WrongKeys,               ///< the pump's third message does not fit the key database
    HandshakeFailed,         ///< any other error of the handshake
    OutOfStep,               ///< the handshake succeeds, what follows cannot be decrypted
    NobodyPairs,             ///< advertised for pairing, nobody came
    NeverCameBack,           ///< paired, and since then never seen again
    HeldElsewhere,           ///< was here, and does not come back for long
    PairingClosed,           ///< there is no bond, and the time to pair is over
    ServicesNotFound,        ///< the handshake succeeds, the pump's services do not show
    WrongPump,               ///< another pump than the configuration asks for
    // in the way on this computer
    BluetoothdMissing,
    AdapterMissing,
    AdapterBlocked,
    AdapterOff,
    BusDenied,
    HandlesUsedUp,
    AdvertisementsUsedUp,
    AdvertisementEnded,
    BluetoothdRefuses,
};
/// "discovery-answers-too-long"
std::string_view name(LinkFault fault);

class LinkDiagnosis {
public:
    using Time = std::chrono::sys_seconds;

    struct Finding {
        LinkFault fault{};
        std::string sentence;
        std::string remedy;
        Time since;         ///< first seen in this row
        unsigned times = 1; ///< in this row
    };

    // Those with a result return what is news: a fault that has just become certain enough to be reported.
    void link(ble::LinkState state, Time now);
    /// What keeps the link from advertising; empty when nothing does any more.
    std::optional<Finding> problem(const std::optional<ble::LinkProblem>& problem, Time now);
    std::optional<Finding> event(const ble::LinkEvent& event, Time now);
    std::optional<Finding> handshakeFailed(protocol::sake::HandshakeError error, Time now);
    /// Frames of a session cannot be decrypted; the session will be dropped.
    std::optional<Finding> outOfStep(Time now);
    void handshakeDone();
    /// Records were read: all is well, and what was found is forgotten.
    void worked();

    /// What is the matter now; also what only the time that has passed shows (nobody comes).
    [[nodiscard]] std::optional<Finding> current(Time now) const;

private:
    enum class Progress : std::uint8_t { None, Connected, Subscribed, Handshaked };
    /// Connections that ended with the same fault, one after the other.
    struct Row {
        LinkFault fault{};
        unsigned certainAt = 1; ///< so many make it certain
        unsigned length = 0;
        Time since;
    };

    std::optional<Finding> connectionEnded(const ble::Disconnected& end, Time now);
    std::optional<Finding> lostEarly(const ble::Disconnected& end, Time now);
    std::optional<Finding> note(LinkFault fault, unsigned certainAt, Time now);
    [[nodiscard]] Finding findingOf(const Row& row) const;

    bool pairing_ = false; ///< what is advertised, or was last
    std::optional<Time> advertisingSince_;
    Progress progress_ = Progress::None;
    bool explained_ = false;  ///< the fault of this connection was noted before its end
    bool everWorked_ = false; ///< a session of this process read records
    bool freshBond_ = false;  ///< the last handshake was that of a pairing
    std::optional<Row> row_;
    std::optional<Finding> obstacle_;                              ///< on this computer
    std::optional<Time> closedSince_;                              ///< pairing
    std::optional<protocol::sake::HandshakeError> handshakeError_; ///< the last one
};

} // namespace bridge
