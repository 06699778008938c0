// SPDX-License-Identifier: MIT
#include "ble/bluez/link.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>

#include "ble/bluez/link_machine.hpp"

namespace ble {

namespace {

// docs/protocol/link.md 3.1
bool isMobileName(std::string_view name) {
    constexpr std::string_view kStart = "Mobile ";
    return name.starts_with(kStart) && name.size() <= kStart.size() + 7 &&
           std::all_of(name.begin(), name.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

} // namespace

BluezLink::BluezLink(const asio::any_io_executor& executor, BluezLinkSettings settings,
                     LinkListener& listener, spdlog::logger& log) {
    if (!isMobileName(settings.mobileName))
        throw std::invalid_argument("the name must be \"Mobile \" and at most seven printable characters");
    machine_ = std::make_shared<Machine>(executor, std::move(settings), listener, log);
}

BluezLink::~BluezLink() = default;

// The machine is kept by its tasks: they may end after the link.
asio::awaitable<void> BluezLink::run() {
    const auto machine = machine_;
    co_await machine->run();
}
asio::awaitable<LinkEvent> BluezLink::nextEvent() {
    const auto machine = machine_;
    co_return co_await machine->events().next();
}
asio::awaitable<Bytes> BluezLink::read(PumpCharacteristic characteristic) {
    const auto machine = machine_;
    co_return co_await machine->pump().read(characteristic);
}
asio::awaitable<void> BluezLink::write(PumpCharacteristic characteristic, Bytes value) {
    const auto machine = machine_;
    co_await machine->pump().write(characteristic, std::move(value));
}
asio::awaitable<void> BluezLink::subscribe(PumpCharacteristic characteristic) {
    const auto machine = machine_;
    co_await machine->pump().subscribe(characteristic);
}
asio::awaitable<void> BluezLink::disconnect(EndReason reason) {
    const auto machine = machine_;
    co_await machine->disconnect(reason);
}
LinkState BluezLink::state() const {
    return machine_->state();
}
std::optional<Peer> BluezLink::peer() const {
    return machine_->peer();
}
std::optional<LinkProblem> BluezLink::problem() const {
    return machine_->problem();
}
void BluezLink::setDecoder(ValueDecoder decoder) {
    machine_->events().setDecoder(std::move(decoder));
}
void BluezLink::setEncoder(ValueEncoder encoder) {
    machine_->events().setEncoder(std::move(encoder));
}
void BluezLink::notifyPort(ByteView value) {
    machine_->notifyPort(value);
}
void BluezLink::confirmHandshake() {
    machine_->confirmHandshake();
}
void BluezLink::openPairing() {
    machine_->openPairing();
}

BluezLink::Machine::Machine(const asio::any_io_executor& executor, BluezLinkSettings settings,
                            LinkListener& listener, spdlog::logger& log)
    : executor_(executor),
      settings_(std::move(settings)),
      log_(log),
      listener_(listener),
      changes_(executor, settings_.clock),
      events_(executor, settings_.clock) {}

std::optional<Peer> BluezLink::Machine::peer() const {
    return current_ ? std::optional(current_->peer) : std::nullopt;
}

PumpClient& BluezLink::Machine::pump() {
    if (!pump_) throw LinkError(LinkErrorKind::Disconnected, "the pump is not connected");
    return *pump_;
}

// --- what the session does ---

void BluezLink::Machine::notifyPort(ByteView value) {
    if (!current_) return;
    portQueue_.emplace_back(value.begin(), value.end());
    if (std::exchange(portSending_, true)) return;
    auto task = [](std::shared_ptr<Machine> self) -> asio::awaitable<void> { co_await self->sendPort(); };
    asio::co_spawn(executor_, task(shared_from_this()),
                   [self = shared_from_this()](const std::exception_ptr& error) {
                       self->portSending_ = false;
                       if (error) self->log_.error("ble: the SAKE port could not be notified");
                   });
}

asio::awaitable<void> BluezLink::Machine::sendPort() {
    while (!portQueue_.empty()) {
        const auto lost = [this] { return portQueue_.empty(); };
        co_await changes_.until(lost, lastPortWrite_ + settings_.limits.portSettle);
        if (portQueue_.empty()) break;
        application_->notifyPort(portQueue_.front());
        portQueue_.pop_front();
    }
    portSending_ = false;
}

asio::awaitable<void> BluezLink::Machine::disconnect(EndReason reason) {
    if (!current_) co_return;
    co_await drop(reason);
}

void BluezLink::Machine::informationRead(const std::string& devicePath) {
    if (!current_ || (!devicePath.empty() && devicePath != current_->path)) return;
    noteRequest();
}

void BluezLink::Machine::confirmHandshake() {
    if (!current_) return;
    current_->handshaken = true;
    failedConnections_ = 0;
    patience_.succeeded(current_->peer.address);
    if (!isBonded(current_->path)) { // nothing to come back with
        log_.warn("ble: the handshake is done, but there is no bond");
        changes_.announce();
        return;
    }
    if (!std::exchange(current_->proven, true)) log_.info("ble: the bond is proven");
    settings_.bonds->setProven(current_->peer.address);
    candidateSince_.erase(current_->peer.address);
    pairingUntil_.reset();
    removeCandidates_ = true;
    changes_.announce();
}

void BluezLink::Machine::openPairing() {
    pairingUntil_ = changes_.now() + settings_.limits.pairing;
    removeCandidates_ = true;
    patience_.clear();
    changes_.announce();
}

} // namespace ble
