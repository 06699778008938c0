// SPDX-License-Identifier: MIT
#include "ble/bluez/link.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>

#include "ble/bluez/link_machine.hpp"

namespace ble {

namespace {

constexpr std::string_view kPumpName = "Pump";

// "Pump 1234567H" belongs to "NG1234567H" (docs/protocol/link.md 1).
bool nameFits(std::string_view name, std::string_view serial) {
    if (serial.starts_with("NG")) serial.remove_prefix(2);
    return name.starts_with(kPumpName) && (serial.empty() || name.ends_with(serial));
}

// docs/protocol/link.md 3.1
bool isMobileName(std::string_view name) {
    constexpr std::string_view kStart = "Mobile ";
    return name.starts_with(kStart) && name.size() <= kStart.size() + 7 &&
           std::all_of(name.begin(), name.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

} // namespace

std::string_view toString(LinkState state) {
    switch (state) {
        case LinkState::BluezMissing:
            return "bluetoothd-missing";
        case LinkState::AdapterMissing:
            return "adapter-missing";
        case LinkState::AdvertisingPairing:
            return "advertising-pairing";
        case LinkState::AdvertisingReconnect:
            return "advertising-reconnect";
        case LinkState::Connected:
            return "connected";
        case LinkState::Subscribed:
            return "subscribed";
        case LinkState::Ready:
            return "ready";
        case LinkState::Stopped:
            break;
    }
    return "stopped";
}

BluezLink::BluezLink(asio::any_io_executor executor, BluezLinkSettings settings, spdlog::logger& log,
                     std::function<void(LinkState)> onState) {
    if (!isMobileName(settings.mobileName))
        throw std::invalid_argument("the name must be \"Mobile \" and at most seven printable characters");
    machine_ = std::make_shared<Machine>(std::move(executor), std::move(settings), log, std::move(onState));
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
asio::awaitable<void> BluezLink::disconnect() {
    const auto machine = machine_;
    co_await machine->disconnect();
}
LinkState BluezLink::state() const {
    return machine_->state();
}
std::optional<Peer> BluezLink::peer() const {
    return machine_->peer();
}
std::string BluezLink::problem() const {
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
void BluezLink::confirmPaired() {
    machine_->confirmPaired();
}

BluezLink::Machine::Machine(asio::any_io_executor executor, BluezLinkSettings settings, spdlog::logger& log,
                            std::function<void(LinkState)> onState)
    : executor_(executor),
      settings_(std::move(settings)),
      log_(log),
      onState_(std::move(onState)),
      changes_(executor),
      events_(executor),
      forcePairing_(settings_.forcePairing) {}

std::optional<Peer> BluezLink::Machine::peer() const {
    return current_ ? std::optional(current_->peer) : std::nullopt;
}

PumpClient& BluezLink::Machine::pump() {
    if (!pump_) throw LinkError("disconnected", "the pump is not connected");
    return *pump_;
}

void BluezLink::Machine::enter(LinkState state, const std::string& text) {
    if (std::exchange(state_, state) == state) return;
    log_.info("ble: {}", text);
    if (onState_) onState_(state);
}

// --- what bluetoothd tells ---

void BluezLink::Machine::bluezOwnerChanged() {
    ++bluezStarts_;
    endConnection("bluetoothd has stopped");
    changes_.announce();
}

void BluezLink::Machine::objectAdded(const std::string& path) {
    considerDevice(path);
    if (pump_) pump_->treeChanged();
    checkDiscovered();
    changes_.announce();
}

void BluezLink::Machine::objectRemoved(const std::string& path) {
    if (current_ && current_->path == path && !bus_->tree().has(path, bluez::kDevice))
        endConnection("device removed");
    if (path == adapter_ && !bus_->tree().has(path, bluez::kAdapter)) endConnection("adapter removed");
    if (pump_) pump_->treeChanged();
    changes_.announce();
}

void BluezLink::Machine::propertiesChanged(const std::string& path, const std::string& interface,
                                           const Properties& changed) {
    if (interface == bluez::kGattCharacteristic) {
        if (pump_) pump_->propertiesChanged(path, changed);
        return;
    }
    if (interface == bluez::kDevice) {
        considerDevice(path);
        checkDiscovered();
    }
    changes_.announce();
}

void BluezLink::Machine::portSubscribed() {
    if (!current_) {
        log_.warn("ble: port subscribed by nobody that is connected");
        return;
    }
    current_->subscribed = true;
    failedConnections_ = 0;
    events_.push(PortSubscribed{});
    enter(LinkState::Subscribed, "the pump listens to the SAKE port");
    if (current_->resolved) enter(LinkState::Ready, "pump services found");
    changes_.announce();
}

void BluezLink::Machine::portUnsubscribed() {
    if (!current_) return;
    portQueue_.clear();
    events_.push(PortUnsubscribed{});
}

bool BluezLink::Machine::portWritten(const std::string& devicePath, Bytes value) {
    if (!current_ || (!devicePath.empty() && devicePath != current_->path)) return false;
    lastPortWrite_ = Condition::Clock::now();
    events_.push(PortWritten{std::move(value)});
    return true;
}

// --- connections ---

bool BluezLink::Machine::isBonded(const std::string& path) const {
    const auto& tree = bus_->tree();
    return tree.get<bool>(path, bluez::kDevice, "Bonded").value_or(tree.flag(path, bluez::kDevice, "Paired"));
}

bool BluezLink::Machine::isPump(const std::string& path) const {
    return path == pairedPath_ ||
           nameFits(bus_->tree().text(path, bluez::kDevice, "Name"), settings_.pumpSerial);
}

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
        current_->peer = peerAt(path);
        if (!connected) endConnection({});
        return;
    }
    if (!connected) return;
    if (isBonded(path) && !isPump(path)) return; // another device of this computer
    if (current_)
        refuseConnection(path);
    else
        beginConnection(path);
}

void BluezLink::Machine::beginConnection(const std::string& path) {
    current_ = Connection{.path = path, .peer = peerAt(path), .pairing = mode_ == AdvertisingMode::Pairing};
    pump_->attach(path);
    events_.push(Connected{current_->peer});
    enter(LinkState::Connected,
          fmt::format("connected peer={} bonded={}", current_->peer.address, current_->peer.bonded));
    checkDiscovered();
    changes_.announce();
}

void BluezLink::Machine::endConnection(const std::string& reason) {
    if (!current_) return;
    const auto ended = *std::exchange(current_, std::nullopt);
    portQueue_.clear();
    pump_->detach();
    std::string why = !ended.dropReason.empty() ? ended.dropReason : reason;
    if (why.empty()) why = ended.pairingRefused ? "pairing refused" : "link lost";
    log_.info("ble: disconnected peer={} reason={}", ended.peer.address, why);
    if (!ended.subscribed) {
        ++failedConnections_;
        if (ended.dropReason.empty() && reason.empty()) explainLoss(ended);
    }
    if (ended.pairing && ended.peer.bonded &&
        ended.subscribed) { // a bond that came up counts, although the session did not
        forcePairing_ = false;
        pairedPath_ = ended.path;
    }
    const auto cause = !ended.dropReason.empty() ? Disconnected::Cause::Us
                       : !reason.empty()         ? Disconnected::Cause::Host
                                                 : Disconnected::Cause::Link;
    events_.push(Disconnected{std::move(why), cause, ended.peer.bonded});
    changes_.announce();
}

// What can be behind a link that is lost before the pump subscribes: docs/protocol/link.md 12.
void BluezLink::Machine::explainLoss(const Connection& ended) {
    if (ended.pairingRefused) return; // the agent has said why
    if (!ended.pairing && !ended.peer.bonded) {
        log_.warn("ble: a device without a bond came and went. If it was the pump, pair anew: run --pair");
        return;
    }
    log_.warn(
        "ble: the link was lost before the pump had found our services. If this repeats, {}bluetoothd's "
        "discovery answers are too long for it: use the patched bluetoothd or ExchangeMTU = 23",
        ended.peer.bonded ? "the pump has forgotten us (pair anew: run --pair), or " : "");
}

void BluezLink::Machine::refuseConnection(const std::string& path) {
    log_.warn("ble: a second device connected and is sent away");
    auto task = [](std::shared_ptr<Machine> self, std::string device) -> asio::awaitable<void> {
        co_await self->bus_->call<NoResult>(device, bluez::kDevice, "Disconnect",
                                            self->settings_.limits.call);
    };
    asio::co_spawn(executor_, task(shared_from_this(), path),
                   [self = shared_from_this()](const std::exception_ptr& error) {
                       if (error) self->log_.warn("ble: the second device could not be sent away");
                   });
}

void BluezLink::Machine::checkDiscovered() {
    if (!current_ || current_->resolved || !pump_->discovered() ||
        !bus_->tree().flag(current_->path, bluez::kDevice, "ServicesResolved"))
        return;
    current_->resolved = true;
    events_.push(ServicesResolved{});
    if (current_->subscribed) enter(LinkState::Ready, "pump services found");
    changes_.announce();
}

bool BluezLink::Machine::acceptsPairing(const std::string& devicePath) {
    if (!current_ || current_->path != devicePath) return false;
    const auto name = bus_->tree().text(devicePath, bluez::kDevice, "Name");
    // Unknown is not wrong: the name comes from the pump's own services. The session checks the serial
    // number.
    const bool accepted = current_->pairing && (name.empty() || nameFits(name, settings_.pumpSerial));
    current_->pairingRefused = !accepted;
    return accepted;
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

asio::awaitable<void> BluezLink::Machine::disconnect() {
    if (!current_) co_return;
    co_await drop("ended by the session");
}

void BluezLink::Machine::confirmPaired() {
    if (!current_) return;
    forcePairing_ = false;
    if (!current_->pairing) return;
    current_->pairing = false;
    pairedPath_ = current_->path;
    pairingDone_ = true;
    changes_.announce();
}

} // namespace ble
