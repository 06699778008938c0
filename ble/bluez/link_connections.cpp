// SPDX-License-Identifier: MIT
// Connections as bluetoothd reports them: which count, how long they may take, how they end.
#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>

#include "ble/bluez/link_machine.hpp"

namespace ble {

Peer BluezLink::Machine::peerAt(const std::string& path) const {
    const auto& tree = bus_->tree();
    return {.address = tree.text(path, bluez::kDevice, "Address"),
            .name = tree.text(path, bluez::kDevice, "Name"),
            .bonded = isBonded(path)};
}

void BluezLink::Machine::considerDevice(const std::string& path) {
    if (stopping_ || adapter_.empty() || !path.starts_with(adapter_ + "/") ||
        !bus_->tree().has(path, bluez::kDevice))
        return;
    const bool connected = bus_->tree().flag(path, bluez::kDevice, "Connected");
    if (current_ && current_->path == path) {
        const bool bondedBefore = current_->peer.bonded;
        current_->peer = peerAt(path);
        if (current_->peer.bonded && !bondedBefore) {
            noteRequest();
            settings_.bonds->addCandidate(current_->peer.address);
        }
        if (!connected) endConnection(std::nullopt);
        return;
    }
    if (!connected) return;
    const Bond bond = bondOf(path);
    if (bond == Bond::Other) return; // another device of this computer
    if (bond != Bond::Proven && patience_.ignores(peerAt(path).address, changes_.now()))
        return sendAway(path);
    if (current_ && bond == Bond::Proven && !current_->proven) { // nobody keeps the pump out
        const std::string other = current_->path;
        current_->dropReason = EndReason::MadeRoom;
        endConnection(std::nullopt);
        sendAway(other);
    }
    if (current_)
        sendAway(path);
    else
        beginConnection(path);
}

void BluezLink::Machine::beginConnection(const std::string& path) {
    current_ = Connection{
        .path = path, .peer = peerAt(path), .proven = bondOf(path) == Bond::Proven, .since = changes_.now()};
    pump_->attach(path);
    events_.push(Connected{current_->peer});
    enter(LinkState::Connected, fmt::format("connected peer={} bonded={} proven={}", current_->peer.address,
                                            current_->peer.bonded, current_->proven));
    checkDiscovered();
    changes_.announce();
}

// `reason`: what happened to bluetoothd; empty when it only says that the device is not connected any more.
void BluezLink::Machine::endConnection(std::optional<EndReason> reason) {
    if (!current_) return;
    const auto ended = *std::exchange(current_, std::nullopt);
    portQueue_.clear();
    pump_->detach();
    const auto gone = ended.pairingRefused ? EndReason::PairingRefused : EndReason::LinkLost;
    const auto why = ended.dropReason ? *ended.dropReason : reason.value_or(gone);
    log_.info("ble: disconnected peer={} bonded={} subscribed={} reason={}", ended.peer.address,
              ended.peer.bonded, ended.subscribed, describe(why));
    const bool failed = !ended.handshaken && causeOf(why) != EndCause::Host && why != EndReason::MadeRoom;
    if (failed) {
        ++failedConnections_;
        if (!ended.subscribed) log_.info("ble: from connecting: {}", timesOf(ended));
    }
    if (failed && !ended.proven) {
        const auto silence = patience_.failed(ended.peer.address, changes_.now());
        if (silence.count() > 0)
            log_.warn("ble: peer={} came {} times without a handshake, and is ignored for {} min",
                      ended.peer.address, patience_.failures(ended.peer.address), silence.count());
    }
    events_.push(Disconnected{why, ended.peer.bonded});
    changes_.announce();
}

// What real pumps give up on is the time to their last discovery request (docs/protocol/link.md 16).
std::string BluezLink::Machine::timesOf(const Connection& connection) const {
    const auto seconds = [&](std::optional<Condition::Time> at) {
        if (!at) return std::string("none");
        return fmt::format("{:.1f} s", std::chrono::duration<double>(*at - connection.since).count());
    };
    return fmt::format("first request {}, last request of discovery {}", seconds(connection.firstRequest),
                       seconds(connection.lastRequest));
}

void BluezLink::Machine::noteRequest() {
    if (!current_) return;
    if (!current_->firstRequest) current_->firstRequest = changes_.now();
    if (!current_->subscribed) current_->lastRequest = changes_.now();
    changes_.announce();
}

void BluezLink::Machine::sendAway(const std::string& path) {
    log_.info("ble: peer={} is sent away", peerAt(path).address);
    auto task = [](std::shared_ptr<Machine> self, std::string device) -> asio::awaitable<void> {
        co_await self->bus_->call<NoResult>(device, bluez::kDevice, "Disconnect",
                                            self->settings_.limits.call);
    };
    asio::co_spawn(executor_, task(shared_from_this(), path),
                   [self = shared_from_this()](const std::exception_ptr& error) {
                       if (error) self->log_.warn("ble: a device could not be sent away");
                   });
}

void BluezLink::Machine::checkDiscovered() {
    if (!current_ || current_->resolved || !pump_->discovered() ||
        !bus_->tree().flag(current_->path, bluez::kDevice, "ServicesResolved"))
        return;
    current_->resolved = true;
    events_.push(ServicesResolved{});
    if (current_ && current_->subscribed) enter(LinkState::Ready, "pump services found");
    changes_.announce();
}

// How long the handshake may take is for the session to watch.
asio::awaitable<void> BluezLink::Machine::guardConnection() {
    const auto& limits = settings_.limits;
    setProblem({});
    if (!current_) co_return;
    const std::string path = current_->path;
    const auto since = current_->since;
    const auto gone = [this, path, since] {
        return !current_ || current_->path != path || current_->since != since;
    };
    // Of a pump that is known, what it answers is a sign of life too: its requests for our attributes do not
    // show over D-Bus.
    const auto requested = [this, gone] {
        return gone() || current_->firstRequest || current_->subscribed ||
               (current_->peer.bonded && current_->resolved);
    };
    const auto subscribed = [this, gone] { return gone() || current_->subscribed; };
    if (!co_await whileServing(requested, since + limits.request)) {
        co_await drop(EndReason::NoRequest);
        co_return;
    }
    if (!co_await whileServing(subscribed, since + limits.subscription)) {
        co_await drop(EndReason::NotSubscribed);
        co_return;
    }
    const auto proven = [this, gone] {
        return gone() || removeCandidates_;
    }; // named: GCC 12 destroys it twice in place
    co_await whileServing(proven, Condition::kNever);
    if (gone()) co_return;
    co_await reviewBonds();
    co_await applyPairing();
    co_await whileServing(gone, Condition::kNever);
}

asio::awaitable<void> BluezLink::Machine::drop(EndReason reason) {
    if (!current_) co_return;
    if (!current_->dropReason) current_->dropReason = reason;
    const std::string path = current_->path;
    const auto since = current_->since;
    try {
        co_await bus_->call<NoResult>(path, bluez::kDevice, "Disconnect", settings_.limits.call);
    } catch (const LinkError& error) {
        log_.warn("ble: {}", error.what());
    }
    const auto gone = [this, path, since] {
        return !current_ || current_->path != path || current_->since != since;
    };
    if (!co_await changes_.within(settings_.limits.disconnection, gone)) endConnection(reason);
}

} // namespace ble
