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
namespace {

/// Between the first of its objects that bluetoothd takes back and its end.
constexpr auto kDaemonTakesLeave = std::chrono::seconds(5);

} // namespace

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
    pump_ =
        std::make_unique<PumpClient>(bus_, executor_, events_, settings_.limits.operation, settings_.clock);
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
    co_await changes_.until([this] { return !busRuns_; }, changes_.now() + settings_.limits.withdrawal);
}

asio::awaitable<void> BluezLink::Machine::serve() {
    co_await bus_->watch(settings_.limits.call);
    for (;;) {
        if (!bus_->bluezRuns()) {
            setProblem(LinkProblem{LinkErrorKind::BluezMissing, {}});
            enter(LinkState::BluezMissing, "bluetoothd is not running");
        }
        co_await until([this] { return bus_->bluezRuns(); }, Condition::kNever);
        std::optional<LinkProblem> refusal;
        servedStart_ = bluezStarts_;
        try {
            co_await serveBluez();
        } catch (const Restart&) {
            refusal.reset();
        } catch (const LinkError& error) {
            refusal = LinkProblem{error.kind(), error.what()};
        }
        const bool refused = serving() && refusal;
        co_await takeBack();
        forget();
        if (advertiser_) co_await advertiser_->stop(settings_.limits.withdrawal);
        if (!refused) continue;
        setProblem(refusal);
        const auto start = bluezStarts_;
        co_await until([this, start] { return bluezStarts_ != start; },
                       changes_.now() + settings_.limits.retry);
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

void BluezLink::Machine::forget() {
    endConnection(EndReason::HostGone);
    adapter_.clear();
    adapterReady_ = false;
    applicationRegistered_ = false;
    bondedPaths_.clear(); // they went with the adapter
    bondRemoved_ = false;
    // A bluetoothd that ends takes its objects back one by one: the bond was not removed by anybody.
    if (openedForRemovalAt_ && changes_.now() - *openedForRemovalAt_ < kDaemonTakesLeave)
        pairingUntil_.reset();
    openedForRemovalAt_.reset();
    pairable_.reset();
    if (advertiser_) advertiser_->forget();
}

asio::awaitable<bool> BluezLink::Machine::until(std::function<bool()> holds, Condition::Time deadline) {
    const bool met = co_await changes_.until([&] { return !busRuns_ || holds(); }, deadline);
    if (busRuns_) co_return met;
    if (busError_) throwLinkError(busError_, "the system bus is lost");
    throw LinkError(LinkErrorKind::Disconnected, "the system bus is lost");
}

asio::awaitable<bool> BluezLink::Machine::whileServing(std::function<bool()> holds,
                                                       Condition::Time deadline) {
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
        setProblem(LinkProblem{LinkErrorKind::AdapterMissing, settings_.adapter});
        enter(LinkState::AdapterMissing, "there is no adapter with Low Energy");
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
        const bool busy = refusal && refusal->kind() == LinkErrorKind::Busy; // bluetoothd does it itself
        if (refusal && !busy) throw LinkError(LinkErrorKind::AdapterBlocked, refusal->what());
        if (co_await whileServing(powered, changes_.now() + settings_.limits.call)) break;
        if (attempt == kAttempts || !busy)
            throw LinkError(LinkErrorKind::AdapterOff, refusal ? refusal->what() : "it stays off");
    }
    adapterReady_ = true;
}

asio::awaitable<void> BluezLink::Machine::serveAdapter() {
    co_await reviewBonds(); // before a device of them counts as connected
    for (const auto& path : bus_->tree().pathsWith(bluez::kDevice)) considerDevice(path);
    for (;;) {
        co_await reviewBonds();
        co_await renewApplication();
        if (!current_) {
            co_await applyPairing();
            co_await awaitConnection();
        }
        if (current_) co_await guardConnection();
        if (!current_) co_await pump_->dropSubscriptions(settings_.limits.withdrawal);
        if (!current_ && failedConnections_ > 1)
            co_await whileServing([this] { return current_.has_value(); },
                                  changes_.now() + settings_.limits.backOff);
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
    while (!current_) {
        co_await reviewBonds();
        co_await applyPairing();
        const Mode mode = modeNow();
        if (current_) break;
        if (mode != Mode::Closed) {
            co_await advertise(mode);
            continue;
        }
        setProblem({});
        enter(LinkState::PairingClosed, "there is no bond, and pairing is closed");
        const auto changed = [this] { return current_ || modeNow() != Mode::Closed; };
        co_await whileServing(changed, Condition::kNever);
    }
}

// Until a device connects, something has changed, or another advertisement has its turn.
asio::awaitable<void> BluezLink::Machine::advertise(Mode mode) {
    const bool reconnect =
        mode == Mode::Reconnect || (mode == Mode::Both && std::exchange(reconnectNext_, !reconnectNext_));
    co_await advertiser_->start(reconnect ? AdvertisingMode::Reconnect : AdvertisingMode::Pairing,
                                settings_.mobileName);
    setProblem({});
    if (!current_ && mode == Mode::Reconnect)
        enter(LinkState::AdvertisingReconnect, "advertising mode=reconnect");
    if (!current_ && mode == Mode::Pairing)
        enter(LinkState::AdvertisingPairing, "advertising mode=pairing name=" + settings_.mobileName);
    if (!current_ && mode == Mode::Both)
        enter(LinkState::AdvertisingBoth, "advertising mode=both name=" + settings_.mobileName);
    auto deadline = Condition::kNever;
    if (mode == Mode::Both) deadline = changes_.now() + settings_.limits.turn;
    if (mode == Mode::Pairing) deadline = *pairingUntil_;
    const auto changed = [this, mode] {
        return current_ || !advertiser_->active() || modeNow() != mode || removeCandidates_;
    };
    co_await whileServing(changed, deadline);
    const bool ended = !current_ && !advertiser_->active();
    co_await advertiser_->stop(settings_.limits.call);
    if (!ended) co_return;
    const auto never = [] { return false; }; // named: GCC 12 destroys it twice in place
    co_await whileServing(never, changes_.now() + settings_.limits.powerNews);
    throw LinkError(LinkErrorKind::AdvertisementEnded,
                    "the advertisement was ended by bluetoothd or another program");
}

asio::awaitable<void> BluezLink::Machine::withdraw() {
    stopping_ = true;
    const auto limit = settings_.limits.withdrawal;
    const auto connected = current_ ? std::optional(current_->path) : std::nullopt;
    endConnection(EndReason::Stopped);
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
    if (agentRegistered_) co_await agent_->unregisterAgent(limit);
}

} // namespace ble
