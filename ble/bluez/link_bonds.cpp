// SPDX-License-Identifier: MIT
// Bonds and pairing, by the one rule of docs/architecture.md 4.
#include <fmt/format.h>

#include "ble/bluez/link_machine.hpp"
#include "protocol/pump_serial.hpp"

namespace ble {

namespace {

constexpr std::string_view kPumpName = "Pump";

} // namespace

bool BluezLink::Machine::isBonded(const std::string& path) const {
    const auto& tree = bus_->tree();
    return tree.get<bool>(path, bluez::kDevice, "Bonded").value_or(tree.flag(path, bluez::kDevice, "Paired"));
}

BluezLink::Machine::Bond BluezLink::Machine::bondOf(const std::string& path) const {
    if (!isBonded(path)) return Bond::None;
    const auto address = bus_->tree().text(path, bluez::kDevice, "Address");
    const auto name = bus_->tree().text(path, bluez::kDevice, "Name");
    if (settings_.bonds->isProven(address, name)) return Bond::Proven;
    return settings_.bonds->isCandidate(address) || name.starts_with(kPumpName) ? Bond::Candidate
                                                                                : Bond::Other;
}

bool BluezLink::Machine::hasBond(Bond kind) const {
    for (const auto& path : bus_->tree().pathsWith(bluez::kDevice))
        if (path.starts_with(adapter_ + "/") && bondOf(path) == kind) return true;
    return false;
}

bool BluezLink::Machine::pairingOpen() const {
    return pairingUntil_ && changes_.now() < *pairingUntil_;
}

BluezLink::Machine::Mode BluezLink::Machine::modeNow() const {
    if (hasBond(Bond::Proven)) return pairingOpen() ? Mode::Both : Mode::Reconnect;
    if (hasBond(Bond::Candidate)) return Mode::Both;
    return pairingOpen() ? Mode::Pairing : Mode::Closed;
}

bool BluezLink::Machine::acceptsPairing(const std::string& devicePath) {
    if (!current_ || current_->path != devicePath) return false;
    noteRequest();
    const auto name = bus_->tree().text(devicePath, bluez::kDevice, "Name");
    // Unknown is not wrong: the name comes from the pump's own services. The session checks the serial
    // number.
    const bool accepted =
        pairingOpen() && (name.empty() || protocol::nameFitsSerial(name, settings_.pumpSerial));
    current_->pairingRefused = !accepted;
    return accepted;
}

asio::awaitable<void> BluezLink::Machine::reviewBonds() {
    const bool atStart = !std::exchange(bondsRead_, true);
    if (atStart && settings_.forgetBonds)
        co_await removeBonds([this](const std::string& path) { return bondOf(path) != Bond::Other; });
    const bool proven = hasBond(Bond::Proven);
    if (atStart && settings_.openPairing) openPairing();
    // Whoever may remove a bond from bluetoothd may let another pump pair.
    const bool removed = std::exchange(bondRemoved_, false);
    const bool lastIsGone = removed && !proven && !hasBond(Bond::Candidate);
    if (lastIsGone) openedForRemovalAt_ = changes_.now();
    if ((atStart && !proven) || lastIsGone) pairingUntil_ = changes_.now() + settings_.limits.pairing;
    noteBonds();
    if (std::exchange(removeCandidates_, false))
        co_await removeBonds([this](const std::string& path) {
            return bondOf(path) == Bond::Candidate && !(current_ && current_->path == path);
        });
    const auto now = changes_.now();
    co_await removeBonds([this, now](const std::string& path) {
        if (bondOf(path) != Bond::Candidate || (current_ && current_->path == path)) return false;
        const auto since =
            candidateSince_.try_emplace(bus_->tree().text(path, bluez::kDevice, "Address"), now);
        return now - since.first->second >= settings_.limits.candidate;
    });
}

void BluezLink::Machine::noteBonds() {
    bondedPaths_.clear();
    for (const auto& path : bus_->tree().pathsWith(bluez::kDevice)) {
        const Bond bond = path.starts_with(adapter_ + "/") ? bondOf(path) : Bond::None;
        if (bond == Bond::Proven || bond == Bond::Candidate) bondedPaths_.insert(path);
    }
}

asio::awaitable<void> BluezLink::Machine::removeBonds(std::function<bool(const std::string& path)> which) {
    for (const auto& path : bus_->tree().pathsWith(bluez::kDevice)) {
        if (!path.starts_with(adapter_ + "/") || !isBonded(path) || !which(path)) continue;
        const auto address = bus_->tree().text(path, bluez::kDevice, "Address");
        log_.info("ble: removing the bond with peer={}", address);
        settings_.bonds->forget(address);
        candidateSince_.erase(address);
        bondedPaths_.erase(path);
        try {
            co_await bus_->call<NoResult>(adapter_, bluez::kAdapter, "RemoveDevice", settings_.limits.call,
                                          sdbus::ObjectPath(path));
        } catch (const LinkError& error) {
            log_.warn("ble: {}", error.what());
        }
    }
}

// Without a default agent of ours bluetoothd asks nobody: other programs on this computer may have one.
asio::awaitable<void> BluezLink::Machine::applyPairing() {
    const bool open = pairingOpen();
    if (pairable_ != open) co_await allowPairing(open);
    pairable_ = open;
    if (agentRegistered_ == open) co_return;
    if (open)
        co_await agent_->registerAgent(settings_.limits.call);
    else
        co_await agent_->unregisterAgent(settings_.limits.call);
    agentRegistered_ = open;
    log_.info("ble: pairing is {}", open ? "open" : "closed");
}

// A failure is no obstacle for advertising; the kernel may have it right already.
asio::awaitable<void> BluezLink::Machine::allowPairing(bool allowed) {
    try {
        if (allowed) {
            co_await set(adapter_, bluez::kAdapter, "PairableTimeout", sdbus::Variant(std::uint32_t{0}));
            co_await set(adapter_, bluez::kAdapter, "DiscoverableTimeout", sdbus::Variant(std::uint32_t{0}));
        }
        co_await set(adapter_, bluez::kAdapter, "Pairable", sdbus::Variant(allowed));
        co_await set(adapter_, bluez::kAdapter, "Discoverable", sdbus::Variant(allowed));
    } catch (const LinkError& error) {
        if (serving()) log_.warn("ble: {}", error.what());
    }
}

} // namespace ble
