// SPDX-License-Identifier: MIT
#include "bridge/status/link_diagnosis.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

namespace bridge {

using namespace std::chrono_literals;
using protocol::sake::HandshakeError;

namespace {

/// The pump's own pairing screen gives up after about 90 s (docs/protocol/link.md 8.4).
constexpr auto kNobodyPairs = 60s;
/// Reconnecting takes one to two minutes when the pump is near (docs/protocol/link.md 3.4, 9).
constexpr auto kAwayForLong = 15min;
/// Once may be chance: the pump was carried out of range, or somebody else's phone looked at us.
constexpr unsigned kRepeated = 2;

struct FaultTexts {
    LinkFault fault;
    std::string_view name;
    std::string_view sentence;
    std::string_view remedy;
};
constexpr auto kTexts = std::to_array<FaultTexts>({
    {LinkFault::DiscoveryAnswersTooLong, "discovery-answers-too-long",
     "The pump connects, looks at this computer's services, falls silent and goes: bluetoothd's answers are "
     "too long for it.",
     "Install the preload library or the patched bluetoothd of patches/README.md, restart bluetoothd, and "
     "let 'pump-bridge check' confirm it."},
    {LinkFault::BondOrRadio, "bond-or-radio",
     "The pump connects and is lost again before it asks for anything, although it has worked before.",
     "Bring pump and computer closer together. If it goes on, one side has lost the bond: remove this "
     "computer in the pump's menu and start 'pump-bridge run --pair'. If bluetoothd was updated meanwhile, "
     "run 'pump-bridge check'."},
    {LinkFault::PairingFailed, "pairing-failed", "The pump came to pair, and went without having paired.",
     "On the pump remove this computer if it is listed, choose Paired Devices > Pair New Device again, and "
     "confirm the name. If it fails again, 'pump-bridge check' looks at bluetoothd's settings."},
    {LinkFault::NoSubscription, "no-subscription", "The pump stays connected but never asks for a handshake.",
     "Restart bluetoothd (systemctl restart bluetooth). If it goes on, remove this computer in the pump's "
     "menu and start 'pump-bridge run --pair'."},
    {LinkFault::WantsToPair, "wants-to-pair",
     "A device came to pair, and pairing is closed. If it was the pump, it has forgotten this computer.",
     "Stop the service and start 'pump-bridge run --pair', then choose Paired Devices > Pair New Device on "
     "the "
     "pump."},
    {LinkFault::LeavesHandshake, "leaves-handshake", "The pump goes in the middle of the handshake.",
     "Bring pump and computer closer together. If it goes on, the key database is probably not one that this "
     "pump accepts: look at it with 'pump-bridge keydb show'."},
    {LinkFault::SilentInHandshake, "silent-in-handshake",
     "The pump stays connected, and falls silent in the middle of the handshake.",
     "Most likely the key database is not one that this pump accepts: look at it with 'pump-bridge keydb "
     "show', and use the one that belongs to this kind of pump (pump.key_database in the configuration)."},
    {LinkFault::WrongKeys, "wrong-keys", "The pump does not know the keys of the key database.",
     "Use the key database that belongs to this kind of pump (pump.key_database in the configuration), in "
     "the bridge's view: 'pump-bridge keydb show' says which view a file has."},
    {LinkFault::HandshakeFailed, "handshake-failed", "The handshake with the pump fails.",
     "Restart bluetoothd (systemctl restart bluetooth). If it goes on, remove this computer in the pump's "
     "menu and start 'pump-bridge run --pair'."},
    {LinkFault::OutOfStep, "out-of-step",
     "The handshake succeeds, but what the pump sends afterwards cannot be decrypted.",
     "The link is built anew by itself. If it goes on, take a capture (btmon -w FILE), look at it with "
     "'pump-bridge decode FILE', and report what it says."},
    {LinkFault::NobodyPairs, "nobody-pairs", "No pump has come to pair.",
     "On the pump choose Paired Devices > Pair New Device. Another phone must be removed there first: a pump "
     "keeps only one."},
    {LinkFault::NeverCameBack, "never-came-back", "The pump was paired and has not come back since.",
     "It comes back only to a computer with Bluetooth privacy on and frequent advertisements: 'pump-bridge "
     "check' looks at both. After a change of privacy, pair anew."},
    {LinkFault::HeldElsewhere, "held-elsewhere", "The pump has not come back for a long time.",
     "Is it near? If another phone was paired with it meanwhile, remove that one in the pump's menu and pair "
     "this computer anew ('pump-bridge run --pair')."},
    {LinkFault::PairingClosed, "pairing-closed", "There is no paired pump, and pairing has been closed.",
     "Start the service anew (systemctl restart pump-bridge): pairing is then open for 10 minutes. On the "
     "pump choose Paired Devices > Pair New Device."},
    {LinkFault::ServicesNotFound, "services-not-found",
     "The handshake succeeds, but bluetoothd does not show the pump's services.",
     "ReverseServiceDiscovery must not be false in /etc/bluetooth/main.conf. Restart bluetoothd (systemctl "
     "restart bluetooth)."},
    {LinkFault::WrongPump, "wrong-pump", "The pump that came is not the one of the configuration.",
     "Correct pump.serial in the configuration, or PUMP_SERIAL_NUMBER, or pair the other pump."},
    {LinkFault::BluetoothdMissing, "bluetoothd-missing", "bluetoothd is not running.",
     "Start it: systemctl enable --now bluetooth."},
    {LinkFault::AdapterMissing, "adapter-missing", "There is no Bluetooth adapter with Low Energy.",
     "Plug one in, or look at bluetooth.adapter in the configuration and at 'bluetoothctl list'."},
    {LinkFault::AdapterBlocked, "adapter-blocked", "The Bluetooth adapter cannot be switched on.",
     "Unblock it: rfkill unblock bluetooth."},
    {LinkFault::AdapterOff, "adapter-off", "The Bluetooth adapter does not come on.",
     "See 'journalctl -u bluetooth'."},
    {LinkFault::BusDenied, "bus-denied", "The system bus does not let this process talk to bluetoothd.",
     "Run it by its unit, as root, or as a member of the group bluetooth."},
    {LinkFault::HandlesUsedUp, "handles-used-up",
     "bluetoothd has no place for our services: its attribute handles are taken or used up.",
     "Restart bluetoothd (systemctl restart bluetooth). If it goes on, another program has registered GATT "
     "services on this adapter."},
    {LinkFault::AdvertisementsUsedUp, "advertisements-used-up", "The adapter has no advertisement left.",
     "Stop the other program that advertises on it."},
    {LinkFault::AdvertisementEnded, "advertisement-ended",
     "bluetoothd or another program has ended our advertisement.",
     "If it goes on, stop the other program that uses the adapter, or restart bluetoothd."},
    {LinkFault::BluetoothdRefuses, "bluetoothd-refuses", "bluetoothd refuses what the link needs.",
     "See 'journalctl -u bluetooth', and let 'pump-bridge check' look at its settings."},
});

LinkFault faultOf(ble::LinkErrorKind kind) {
    switch (kind) {
        case ble::LinkErrorKind::BluezMissing:
            return LinkFault::BluetoothdMissing;
        case ble::LinkErrorKind::AdapterMissing:
            return LinkFault::AdapterMissing;
        case ble::LinkErrorKind::AdapterBlocked:
            return LinkFault::AdapterBlocked;
        case ble::LinkErrorKind::AdapterOff:
            return LinkFault::AdapterOff;
        case ble::LinkErrorKind::AccessDenied:
            return LinkFault::BusDenied;
        case ble::LinkErrorKind::HandlesUsedUp:
            return LinkFault::HandlesUsedUp;
        case ble::LinkErrorKind::AdvertisementsUsedUp:
            return LinkFault::AdvertisementsUsedUp;
        case ble::LinkErrorKind::AdvertisementEnded:
            return LinkFault::AdvertisementEnded;
        default:
            return LinkFault::BluetoothdRefuses;
    }
}

const FaultTexts& textsOf(LinkFault fault) {
    return *std::ranges::find(kTexts, fault, &FaultTexts::fault);
}

LinkDiagnosis::Finding makeFinding(LinkFault fault, LinkDiagnosis::Time since, unsigned times) {
    const auto& texts = textsOf(fault);
    return {.fault = fault,
            .sentence = std::string(texts.sentence),
            .remedy = std::string(texts.remedy),
            .since = since,
            .times = times};
}

/// A handshake that is done says nothing against it.
bool comesAfterHandshake(LinkFault fault) {
    return fault == LinkFault::OutOfStep || fault == LinkFault::ServicesNotFound ||
           fault == LinkFault::WrongPump;
}

} // namespace

std::string_view name(LinkFault fault) {
    return textsOf(fault).name;
}

// A connection that comes to nothing does not end the wait for the pump; one that is subscribed does.
void LinkDiagnosis::link(ble::LinkState state, Time now) {
    using State = ble::LinkState;
    const bool pairing = state == State::AdvertisingPairing || state == State::AdvertisingBoth;
    if (state == State::PairingClosed && !closedSince_) closedSince_ = now;
    if (pairing || state == State::AdvertisingReconnect) {
        if (!advertisingSince_ || pairing_ != pairing) advertisingSince_ = now;
        pairing_ = pairing;
        closedSince_.reset();
    } else if (state != State::Connected) {
        advertisingSince_.reset();
    }
}

std::optional<LinkDiagnosis::Finding> LinkDiagnosis::problem(const std::optional<ble::LinkProblem>& problem,
                                                             Time now) {
    const auto before = std::exchange(obstacle_, std::nullopt);
    if (!problem) return std::nullopt;
    obstacle_ = makeFinding(faultOf(problem->kind), now, 1);
    if (!problem->detail.empty()) obstacle_->sentence += " (" + problem->detail + ")";
    if (before && before->sentence == obstacle_->sentence) return std::nullopt;
    return obstacle_;
}

std::optional<LinkDiagnosis::Finding> LinkDiagnosis::event(const ble::LinkEvent& event, Time now) {
    if (std::holds_alternative<ble::Connected>(event)) {
        progress_ = Progress::Connected;
        explained_ = false;
    } else if (std::holds_alternative<ble::PortSubscribed>(event)) {
        progress_ = Progress::Subscribed;
    } else if (const auto* end = std::get_if<ble::Disconnected>(&event)) {
        return connectionEnded(*end, now);
    }
    return std::nullopt;
}

std::optional<LinkDiagnosis::Finding> LinkDiagnosis::connectionEnded(const ble::Disconnected& end, Time now) {
    using Reason = ble::EndReason;
    const Progress reached = std::exchange(progress_, Progress::None);
    if (explained_) return std::nullopt;
    const bool stranger = !pairing_ && !end.bonded;
    switch (end.reason) {
        case Reason::LinkLost:
            if (reached == Progress::Subscribed) return note(LinkFault::LeavesHandshake, kRepeated, now);
            if (reached != Progress::Connected) return std::nullopt; // a session that ends is nothing unusual
            return stranger ? std::nullopt : lostEarly(end, now);
        case Reason::PairingRefused:
            return pairing_ ? note(LinkFault::PairingFailed, kRepeated, now)
                            : note(LinkFault::WantsToPair, 1, now);
        case Reason::NoRequest:
        case Reason::NotSubscribed:
            return stranger ? std::nullopt : note(LinkFault::NoSubscription, kRepeated, now);
        case Reason::HandshakeTimeout:
            return note(LinkFault::SilentInHandshake, kRepeated, now);
        case Reason::ServicesNotFound:
            return note(LinkFault::ServicesNotFound, kRepeated, now);
        case Reason::WrongPump:
            return note(LinkFault::WrongPump, 1, now);
        default:
            return std::nullopt; // noted before, or no fault of the link
    }
}

std::optional<LinkDiagnosis::Finding> LinkDiagnosis::lostEarly(const ble::Disconnected& end, Time now) {
    if (pairing_ && !end.bonded) return note(LinkFault::PairingFailed, kRepeated, now);
    if (everWorked_) return note(LinkFault::BondOrRadio, kRepeated + 1, now);
    return note(LinkFault::DiscoveryAnswersTooLong, kRepeated, now);
}

std::optional<LinkDiagnosis::Finding> LinkDiagnosis::handshakeFailed(HandshakeError error, Time now) {
    explained_ = true;
    handshakeError_ = error;
    switch (error) {
        case HandshakeError::TagMismatch:
        case HandshakeError::NoKeyForDevice:
            return note(LinkFault::WrongKeys, 1, now);
        case HandshakeError::FrameMac: // may be a disturbance, once
        case HandshakeError::PermitTag:
        case HandshakeError::PermitDevice:
            return note(LinkFault::WrongKeys, kRepeated, now);
        default:
            return note(LinkFault::HandshakeFailed, kRepeated, now);
    }
}

std::optional<LinkDiagnosis::Finding> LinkDiagnosis::outOfStep(Time now) {
    explained_ = true;
    return note(LinkFault::OutOfStep, kRepeated, now);
}

void LinkDiagnosis::handshakeDone() {
    progress_ = Progress::Handshaked;
    freshBond_ = pairing_;
    if (row_ && !comesAfterHandshake(row_->fault)) row_.reset();
}

void LinkDiagnosis::worked() {
    everWorked_ = true;
    row_.reset();
}

std::optional<LinkDiagnosis::Finding> LinkDiagnosis::note(LinkFault fault, unsigned certainAt, Time now) {
    if (!row_ || row_->fault != fault)
        row_ = Row{.fault = fault, .certainAt = certainAt, .length = 0, .since = now};
    row_->certainAt = std::min(row_->certainAt, certainAt);
    const bool wasCertain = row_->length >= row_->certainAt;
    ++row_->length;
    if (wasCertain || row_->length < row_->certainAt) return std::nullopt;
    return findingOf(*row_);
}

LinkDiagnosis::Finding LinkDiagnosis::findingOf(const Row& row) const {
    Finding finding = makeFinding(row.fault, row.since, row.length);
    if (row.fault == LinkFault::HandshakeFailed && handshakeError_)
        finding.sentence = protocol::sake::explain(*handshakeError_);
    return finding;
}

std::optional<LinkDiagnosis::Finding> LinkDiagnosis::current(Time now) const {
    if (obstacle_) return obstacle_;
    if (row_ && row_->length >= row_->certainAt) return findingOf(*row_);
    if (closedSince_) return makeFinding(LinkFault::PairingClosed, *closedSince_, 1);
    if (!advertisingSince_) return std::nullopt;
    const auto waited = now - *advertisingSince_;
    if (pairing_ && waited >= kNobodyPairs) return makeFinding(LinkFault::NobodyPairs, *advertisingSince_, 1);
    if (pairing_ || waited < kAwayForLong) return std::nullopt;
    return makeFinding(freshBond_ ? LinkFault::NeverCameBack : LinkFault::HeldElsewhere, *advertisingSince_,
                       1);
}

} // namespace bridge
