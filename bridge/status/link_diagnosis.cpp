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
constexpr std::array<FaultTexts, 11> kTexts{{
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
    {LinkFault::LeavesHandshake, "leaves-handshake", "The pump goes in the middle of the handshake.",
     "Bring pump and computer closer together. If it goes on, the key database is probably not one that this "
     "pump accepts: look at it with 'pump-bridge keydb show'."},
    {LinkFault::WrongKeys, "wrong-keys", "The pump does not know the keys of the key database.",
     "Use the key database that belongs to this kind of pump (pump.key_database in the configuration), in "
     "the bridge's view: 'pump-bridge keydb show' tells which view a file has."},
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
}};

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

} // namespace

std::string_view name(LinkFault fault) {
    return textsOf(fault).name;
}

// A connection that comes to nothing does not end the wait for the pump; one that is subscribed does.
void LinkDiagnosis::link(ble::LinkState state, Time now) {
    const bool pairing = state == ble::LinkState::AdvertisingPairing;
    if (pairing || state == ble::LinkState::AdvertisingReconnect) {
        if (!advertisingSince_ || pairing_ != pairing) advertisingSince_ = now;
        pairing_ = pairing;
    } else if (state != ble::LinkState::Connected) {
        advertisingSince_.reset();
    }
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
    const Progress reached = std::exchange(progress_, Progress::None);
    if (explained_ || end.cause == ble::Disconnected::Cause::Host) return std::nullopt;
    if (reached == Progress::Subscribed) return note(LinkFault::LeavesHandshake, kRepeated, now);
    if (reached != Progress::Connected) return std::nullopt; // a session that ends is nothing unusual
    if (!pairing_ && !end.bonded) return std::nullopt;       // a stranger
    if (end.cause == ble::Disconnected::Cause::Us) return note(LinkFault::NoSubscription, kRepeated, now);
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
    if (row_ && row_->fault != LinkFault::OutOfStep) row_.reset();
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
    if (row_ && row_->length >= row_->certainAt) return findingOf(*row_);
    if (!advertisingSince_) return std::nullopt;
    const auto waited = now - *advertisingSince_;
    if (pairing_ && waited >= kNobodyPairs) return makeFinding(LinkFault::NobodyPairs, *advertisingSince_, 1);
    if (pairing_ || waited < kAwayForLong) return std::nullopt;
    return makeFinding(freshBond_ ? LinkFault::NeverCameBack : LinkFault::HeldElsewhere, *advertisingSince_,
                       1);
}

} // namespace bridge
