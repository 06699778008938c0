// SPDX-License-Identifier: MIT
#include "ble/bluez/link_machine.hpp"

#include <fmt/format.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include "ble/bluez/advertiser.hpp"
#include "ble/mgmt/advertiser.hpp"
#include "ble/preferred_advertiser.hpp"

namespace ble {

using Clock = Condition::Clock;

asio::awaitable<void> BluezLink::Machine::run() {
    std::exception_ptr failure;
    startBus();
    try {
        co_await serve();
    } catch (const boost::system::system_error& error) {
        if (error.code() != asio::error::operation_aborted) failure = std::current_exception();
    } catch (...) {
        failure = std::current_exception();
    }
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation()); // clean up in peace
    co_await withdraw();
    advertiser_.reset(); // its socket would keep the executor busy
    co_await stopBus();
    enter(LinkState::Stopped, "stopped");
    if (failure) std::rethrow_exception(failure);
}

void BluezLink::Machine::startBus() {
    bus_ = std::make_shared<BluezBus>(executor_, settings_.busAddress, *this, log_);
    agent_ =
        std::make_unique<Agent>(bus_, log_, [this](const std::string& path) { return acceptsPairing(path); });
    application_ = std::make_unique<GattApplication>(bus_, log_, *this);
    pump_ = std::make_unique<PumpClient>(bus_, executor_, events_, settings_.limits.operation);
    auto drive = [](std::shared_ptr<BluezBus> bus) -> asio::awaitable<void> { co_await bus->pump().run(); };
    busRuns_ = true;
    asio::co_spawn(executor_, drive(bus_),
                   asio::bind_cancellation_slot(stopBus_.slot(),
                                                [self = shared_from_this()](const std::exception_ptr& error) {
                                                    self->busRuns_ = false;
                                                    self->busError_ = error;
                                                    self->changes_.announce();
                                                }));
}

asio::awaitable<void> BluezLink::Machine::stopBus() {
    if (!busRuns_) co_return;
    stopBus_.emit(asio::cancellation_type::terminal);
    co_await changes_.until([this] { return !busRuns_; }, Clock::now() + settings_.limits.withdrawal);
}

asio::awaitable<void> BluezLink::Machine::serve() {
    co_await bus_->watch(settings_.limits.call);
    for (;;) {
        if (!bus_->bluezRuns()) {
            problem_ = "bluetoothd is not running: systemctl enable --now bluetooth";
            enter(LinkState::BluezMissing, problem_);
        }
        co_await until([this] { return bus_->bluezRuns(); }, Condition::kNever);
        std::string trouble;
        servedStart_ = bluezStarts_;
        try {
            co_await serveBluez();
        } catch (const Restart&) {
            trouble.clear();
        } catch (const LinkError& error) {
            trouble = error.what();
        }
        const bool refused = serving() && !trouble.empty();
        co_await takeBack();
        forget("bluetoothd or the adapter has gone");
        if (advertiser_) co_await advertiser_->stop(settings_.limits.withdrawal);
        if (!refused) continue;
        if (std::exchange(problem_, trouble) != trouble) log_.error("ble: {}", trouble);
        const auto start = bluezStarts_;
        co_await until([this, start] { return bluezStarts_ != start; },
                       Clock::now() + settings_.limits.retry);
    }
}

bool BluezLink::Machine::serving() const {
    if (!busRuns_ || !bus_->bluezRuns() || servedStart_ != bluezStarts_) return false;
    if (!adapter_.empty() && !bus_->tree().has(adapter_, bluez::kAdapter)) return false;
    return !adapterReady_ || bus_->tree().flag(adapter_, bluez::kAdapter, "Powered");
}

asio::awaitable<void> BluezLink::Machine::takeBack() {
    const bool gone = !busRuns_ || !bus_->bluezRuns() || servedStart_ != bluezStarts_ || adapter_.empty() ||
                      !bus_->tree().has(adapter_, bluez::kAdapter);
    if (gone) co_return;
    if (advertiser_) co_await advertiser_->stop(settings_.limits.withdrawal);
    if (std::exchange(applicationRegistered_, false))
        co_await application_->unregisterAt(adapter_, settings_.limits.withdrawal);
}

void BluezLink::Machine::forget(const std::string& reason) {
    endConnection(reason);
    adapter_.clear();
    adapterReady_ = false;
    applicationRegistered_ = false;
    if (advertiser_) advertiser_->forget();
}

asio::awaitable<bool> BluezLink::Machine::until(std::function<bool()> holds, Clock::time_point deadline) {
    const bool met = co_await changes_.until([&] { return !busRuns_ || holds(); }, deadline);
    if (busRuns_) co_return met;
    if (busError_) throwLinkError(busError_, "the system bus is lost");
    throw LinkError("disconnected", "the system bus is lost");
}

asio::awaitable<bool> BluezLink::Machine::whileServing(std::function<bool()> holds,
                                                       Clock::time_point deadline) {
    const bool met = co_await until([&] { return !serving() || holds(); }, deadline);
    if (!serving()) throw Restart{};
    co_return met;
}

asio::awaitable<void> BluezLink::Machine::set(std::string path, const char* interface, const char* name,
                                              sdbus::Variant value) {
    co_await bus_->setProperty(std::move(path), interface, name, std::move(value), settings_.limits.call);
}

asio::awaitable<void> BluezLink::Machine::serveBluez() {
    co_await bus_->load(settings_.limits.call);
    co_await chooseAdapter();
    co_await powerAdapter();
    co_await bus_->load(
        settings_.limits.call); // an adapter that has just come shows its bonds a little later
    mode_ = modeNow();
    co_await agent_->registerAgent(settings_.limits.call);
    co_await chooseAdvertiser();
    co_await serveAdapter();
}

// The kernel's management socket gives the exact bytes and the interval (docs/protocol/link.md 3.5); not
// everywhere is it there and permitted.
asio::awaitable<void> BluezLink::Machine::chooseAdvertiser() {
    // Named, as is the address: GCC 12 destroys temporaries of the call below twice.
    const std::function<void()> onEnded = [this] { changes_.announce(); };
    const auto address = bus_->tree().text(adapter_, bluez::kAdapter, "Address");
    advertiser_.reset();
    std::unique_ptr<Advertiser> management;
    std::string way = "through the management socket, every 31 to 38 ms";
    try {
        auto descriptor = settings_.openManagement(executor_);
        management = co_await openManagementAdvertiser(std::move(descriptor), settings_.limits.management,
                                                       adapter_, address, log_, onEnded);
    } catch (const LinkError& error) {
        way = fmt::format("over D-Bus: {}", error.what());
    }
    advertiser_ = std::make_unique<PreferredAdvertiser>(
        std::move(management),
        std::make_unique<BluezAdvertiser>(bus_, log_, adapter_, settings_.limits.call, onEnded),
        settings_.limits.withdrawal, log_);
    if (std::exchange(advertisingWay_, way) != way) log_.info("ble: advertising {}", way);
}

std::string BluezLink::Machine::findAdapter() const {
    for (const auto& path : bus_->tree().pathsWith(bluez::kAdvertisingManager)) {
        if (!bus_->tree().has(path, bluez::kAdapter) || !bus_->tree().has(path, bluez::kGattManager))
            continue;
        if (settings_.adapter.empty() || path.ends_with("/" + settings_.adapter)) return path;
    }
    return {};
}

asio::awaitable<void> BluezLink::Machine::chooseAdapter() {
    auto found = findAdapter();
    if (found.empty()) {
        problem_ =
            fmt::format("no Bluetooth adapter{}{} with Low Energy: plug one in, or see 'bluetoothctl list'",
                        settings_.adapter.empty() ? "" : " ", settings_.adapter);
        enter(LinkState::AdapterMissing, problem_);
        co_await whileServing([&] { return !(found = findAdapter()).empty(); }, Condition::kNever);
    }
    adapter_ = found;
}

asio::awaitable<std::optional<LinkError>> BluezLink::Machine::switchOn() {
    std::optional<LinkError> refusal;
    try {
        co_await set(adapter_, bluez::kAdapter, "Powered", sdbus::Variant(true));
    } catch (const LinkError& error) {
        refusal = error;
    }
    co_return refusal;
}

asio::awaitable<void> BluezLink::Machine::powerAdapter() {
    constexpr int kAttempts = 3;
    const auto powered = [this] { return bus_->tree().flag(adapter_, bluez::kAdapter, "Powered"); };
    if (!powered()) enter(LinkState::AdapterMissing, "the adapter is off, and is switched on");
    for (int attempt = 1; !powered(); ++attempt) {
        const auto refusal = co_await switchOn();
        const bool busy = refusal && refusal->name() == bluez::kBusy; // bluetoothd does it itself
        if (refusal && !busy)
            throw LinkError("adapter-off", fmt::format("the adapter cannot be switched on ({}): rfkill "
                                                       "unblock bluetooth",
                                                       refusal->what()));
        if (co_await whileServing(powered, Clock::now() + settings_.limits.call)) break;
        if (attempt == kAttempts || !busy)
            throw LinkError("adapter-off", "the adapter does not come on: see 'journalctl -u bluetooth'");
    }
    adapterReady_ = true;
}

asio::awaitable<void> BluezLink::Machine::serveAdapter() {
    if (mode_ == AdvertisingMode::Pairing)
        co_await removeOldBonds(); // before one of them counts as connected
    for (const auto& path : bus_->tree().pathsWith(bluez::kDevice)) considerDevice(path);
    for (;;) {
        mode_ = modeNow();
        pairingDone_ = false;
        co_await renewApplication();
        if (!current_) {
            const bool pairing = mode_ == AdvertisingMode::Pairing;
            if (pairing) co_await removeOldBonds();
            co_await allowPairing(pairing);
            co_await awaitConnection();
        }
        if (current_) co_await guardConnection();
        if (!current_) co_await pump_->dropSubscriptions(settings_.limits.withdrawal);
        if (!current_ && failedConnections_ > 1)
            co_await whileServing([this] { return current_.has_value(); },
                                  Clock::now() + settings_.limits.backOff);
    }
}

bool BluezLink::Machine::hasBond() const {
    for (const auto& path : bus_->tree().pathsWith(bluez::kDevice))
        if (path.starts_with(adapter_ + "/") && isBonded(path) && isPump(path)) return true;
    return false;
}

AdvertisingMode BluezLink::Machine::modeNow() const {
    return forcePairing_ || !hasBond() ? AdvertisingMode::Pairing : AdvertisingMode::Reconnect;
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

// A stale bond makes bluetoothd refuse the new pairing (docs/protocol/link.md 2.3).
asio::awaitable<void> BluezLink::Machine::removeOldBonds() {
    if (forcePairing_) pairedPath_.clear();
    for (const auto& path : bus_->tree().pathsWith(bluez::kDevice)) {
        if (!path.starts_with(adapter_ + "/")) continue;
        if (!bus_->tree().text(path, bluez::kDevice, "Name").starts_with("Pump")) continue;
        if (current_ && current_->path == path) continue;
        if (!forcePairing_ && isBonded(path) && isPump(path)) continue; // the good one has just turned up
        log_.info("ble: removing an old bond");
        try {
            co_await bus_->call<NoResult>(adapter_, bluez::kAdapter, "RemoveDevice", settings_.limits.call,
                                          sdbus::ObjectPath(path));
        } catch (const LinkError& error) {
            log_.warn("ble: {}", error.what());
        }
    }
}

// Also after each disconnect: a bonded pump's subscription is otherwise swallowed
// (docs/protocol/link.md 4.3).
asio::awaitable<void> BluezLink::Machine::renewApplication() {
    if (std::exchange(applicationRegistered_, false))
        co_await application_->unregisterAt(adapter_, settings_.limits.call);
    co_await application_->registerAt(adapter_, settings_.limits.call);
    applicationRegistered_ = true;
}

asio::awaitable<void> BluezLink::Machine::awaitConnection() {
    if (current_) co_return;
    const bool pairing = mode_ == AdvertisingMode::Pairing;
    co_await advertiser_->start(mode_, settings_.mobileName);
    problem_.clear();
    if (!current_)
        enter(
            pairing ? LinkState::AdvertisingPairing : LinkState::AdvertisingReconnect,
            pairing ? "advertising mode=pairing name=" + settings_.mobileName : "advertising mode=reconnect");
    const auto changed = [this] { return current_ || !advertiser_->active() || modeNow() != mode_; };
    const auto hint = pairing ? settings_.limits.pairingHint : settings_.limits.reconnectHint;
    if (!co_await whileServing(changed, Clock::now() + hint)) {
        problem_ =
            pairing ? "no pump has connected: on the pump choose Paired Devices > Pair New Device; another "
                      "phone must be removed there first"
                    : "the pump does not come back: is it near? If another phone was paired with it, remove "
                      "that one in the pump's menu and pair this bridge anew";
        log_.warn("ble: {}", problem_);
        co_await whileServing(changed, Condition::kNever);
    }
    const bool ended = !current_ && !advertiser_->active();
    co_await advertiser_->stop(settings_.limits.call);
    if (!ended) co_return;
    const auto never = [] { return false; }; // named: GCC 12 destroys it twice in place
    co_await whileServing(never, Clock::now() + settings_.limits.powerNews);
    throw LinkError("released", "the advertisement was ended by bluetoothd or another program");
}

asio::awaitable<void> BluezLink::Machine::guardConnection() {
    const auto& limits = settings_.limits;
    problem_.clear();
    const std::string path = current_->path;
    const auto gone = [this, path] { return !current_ || current_->path != path; };
    const auto subscribed = [this, gone] { return gone() || current_->subscribed; };
    const auto resolved = [this, gone] { return gone() || current_->resolved; };
    const auto limit = current_->pairing ? limits.pairingSubscription : limits.subscription;
    if (!co_await whileServing(subscribed, Clock::now() + limit)) {
        co_await drop(
            fmt::format("not subscribed within {} s", std::chrono::duration<double>(limit).count()));
        co_return;
    }
    if (!co_await whileServing(resolved, Clock::now() + limits.discovery)) {
        co_await drop("the pump's services were not found");
        co_return;
    }
    const auto paired = [this, gone] {
        return gone() || pairingDone_;
    }; // named: GCC 12 destroys it twice in place
    co_await whileServing(paired, Condition::kNever);
    if (gone()) co_return;
    log_.info("ble: paired");
    mode_ = AdvertisingMode::Reconnect;
    co_await allowPairing(false);
    co_await whileServing(gone, Condition::kNever);
}

asio::awaitable<void> BluezLink::Machine::drop(std::string reason) {
    if (!current_) co_return;
    current_->dropReason = std::move(reason);
    const std::string path = current_->path;
    try {
        co_await bus_->call<NoResult>(path, bluez::kDevice, "Disconnect", settings_.limits.call);
    } catch (const LinkError& error) {
        log_.warn("ble: {}", error.what());
    }
    const auto gone = [this, path] { return !current_ || current_->path != path; };
    if (!co_await changes_.until(gone, Clock::now() + settings_.limits.disconnection))
        endConnection("bluetoothd did not end the connection");
}

asio::awaitable<void> BluezLink::Machine::withdraw() {
    stopping_ = true;
    const auto limit = settings_.limits.withdrawal;
    const auto connected = current_ ? std::optional(current_->path) : std::nullopt;
    endConnection("stopped");
    const bool reachable = busRuns_ && !adapter_.empty() && bus_->bluezRuns();
    if (advertiser_ && !reachable) advertiser_->forget();
    if (advertiser_) co_await advertiser_->stop(limit);
    if (!reachable) co_return;
    if (connected) { // it would wait in vain for an answer of the next run
        try {
            co_await bus_->call<NoResult>(*connected, bluez::kDevice, "Disconnect", limit);
        } catch (const LinkError& error) {
            log_.debug("ble: {}", error.what());
        }
    }
    if (applicationRegistered_) co_await application_->unregisterAt(adapter_, limit);
}

} // namespace ble
