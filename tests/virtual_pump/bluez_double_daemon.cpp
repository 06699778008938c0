// SPDX-License-Identifier: MIT
#include "bluez_double_daemon.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "protocol/uuids.hpp"

namespace virtual_pump {

namespace asio = boost::asio;
namespace uuid = protocol::uuid;
using bluez::Device;
using Kind = DoubleEvent::Kind;

namespace {

constexpr const char* kBluez = "org.bluez";
constexpr const char* kStranger = "5C:F3:70:9B:11:24";
/// A pump whose bond has no counterpart comes again and again; not faster than this.
constexpr std::chrono::milliseconds kRetryWithoutKey{200};

} // namespace

BluezDouble::Daemon::Daemon(const bluez::Bus& bus, Pump& pump, DoubleSettings settings, EventSink sink)
    : bus_(bus),
      pump_(pump),
      settings_(std::move(settings)),
      sink_(std::move(sink)),
      bonds_{settings_.bonded, settings_.bonded, 0},
      connectTimer_(bus.executor),
      powerTimer_(bus.executor) {
    bus_.proxies = proxies_;
}

void BluezDouble::Daemon::start() {
    bus_.connection.requestName(kBluez);
    root_ = sdbus::createObject(bus_.connection, "/");
    root_->addObjectManager();
    agents_ = std::make_unique<bluez::Agents>(bus_);
    watchNames();
    addAdapter();
    bus_.pump.wake();
}

void BluezDouble::Daemon::stop() {
    removeAdapter();
    agents_.reset();
    names_.reset();
    root_.reset();
    // Calls that are still under way end with the daemon. The list is unreachable before its proxies go, for
    // with them goes who waits and would give them back.
    auto ending = std::exchange(proxies_, std::make_shared<bluez::Proxies>());
    bus_.proxies = proxies_;
    ending.reset();
    bus_.connection.releaseName(kBluez);
    bus_.pump.wake();
}

void BluezDouble::Daemon::addAdapter() {
    if (adapter_ != nullptr) return;
    switches_ = Switches{};
    applications_ = std::make_shared<bluez::Applications>(
        bus_,
        bluez::Applications::Listener{
            [this] {
                if (applications_->withService(uuid::kSakeService) != nullptr)
                    report({Kind::ApplicationRegistered, {}});
                if (visit_ != nullptr) visit_->applicationsChanged();
            },
            [this](std::uint64_t application, const std::string& path, Bytes value) {
                if (visit_ != nullptr) visit_->clientNotified(application, path, std::move(value));
            },
            [this](const std::string& what) {
                report({Kind::Violation, what});
            }},
        settings_.lastHandle);
    advertisements_ = std::make_shared<bluez::Advertisements>(
        bus_, settings_.advertisingInstances,
        bluez::Advertisements::Listener{
            [this](const bluez::Advertisement& advertisement) { advertised(advertisement); },
            [this] { consider(); }, [this] { return switches_.powered; }});
    exportAdapter();
    if (bonds_.host) device_ = makePumpDevice(false); // from storage
    if (settings_.powersItselfAfter.count() > 0) powerItself();
}

void BluezDouble::Daemon::takeDeviceBack() {
    disconnect("connection terminated by local host");
    services_.reset();
    device_.reset();
    bus_.pump.wake();
}

void BluezDouble::Daemon::removeAdapter() {
    if (adapter_ == nullptr) return;
    powerTimer_.cancel();
    disconnect("connection terminated by local host");
    advertisements_->releaseAll();
    stranger_.reset();
    services_.reset();
    device_.reset();
    adapter_.reset();
    advertisements_.reset();
    applications_.reset();
    bonds_.cccdKeptFor = 0; // was in memory only
}

void BluezDouble::Daemon::watchNames() {
    names_ = sdbus::createProxy(bus_.connection, "org.freedesktop.DBus", "/org/freedesktop/DBus");
    names_->registerSignalHandler("org.freedesktop.DBus", "NameOwnerChanged",
                                  [this, weak = weak_from_this()](sdbus::Signal& signal) {
                                      std::string name;
                                      std::string oldOwner;
                                      std::string newOwner;
                                      signal >> name >> oldOwner >> newOwner;
                                      if (!name.starts_with(':') || !newOwner.empty()) return;
                                      asio::post(bus_.executor, [weak, name] {
                                          if (const auto self = weak.lock()) self->forgetClient(name);
                                      });
                                  });
    names_->finishRegistration();
}

void BluezDouble::Daemon::forgetClient(const std::string& owner) {
    if (agents_ != nullptr) agents_->forget(owner);
    if (services_ != nullptr) services_->forget(owner);
    if (applications_ != nullptr) applications_->forget(owner);
    if (advertisements_ != nullptr) advertisements_->forget(owner);
}

void BluezDouble::Daemon::advertised(const bluez::Advertisement& advertisement) {
    if (advertisement.offers(uuid::kSakeService))
        report({Kind::Advertised, "pairing as " + advertisement.mobileName()});
    else if (advertisement.offers(uuid::kReconnectService))
        report({Kind::Advertised, "reconnect"});
    // Both payloads begin with 02 01 06 (docs/protocol/link.md 3.1, 3.2).
    if (!advertisement.discoverable.value_or(switches_.discoverable))
        report({Kind::Violation, "advertisement without the general discoverable flag"});
}

void BluezDouble::Daemon::consider() {
    if (std::exchange(considering_, true)) return;
    asio::post(bus_.executor, [weak = weak_from_this()] {
        const auto self = weak.lock();
        if (!self) return;
        self->considering_ = false;
        self->decide();
    });
}

std::string BluezDouble::Daemon::reluctance() const {
    std::string reason;
    for (const auto& advertisement : advertisements_->active()) {
        if (!advertisement.connectable) continue;
        if (bonds_.pump) {
            if (advertisement.offers(uuid::kReconnectService)) return {};
            reason = "the pump holds a bond and looks for fe81";
        } else if (!advertisement.offers(uuid::kSakeService)) {
            reason = "the pump holds no bond and looks for fe82";
        } else if (!settings_.userOpensPairing) {
            reason = "nobody has opened Pair New Device";
        } else if (!bluez::isMobileName(advertisement.mobileName())) {
            reason = "the pump does not list the name \"" + advertisement.mobileName() + '"';
        } else {
            return {};
        }
    }
    return reason.empty() ? "nothing connectable is advertised" : reason;
}

void BluezDouble::Daemon::decide() {
    if (adapter_ == nullptr || !switches_.powered || !inRange_ || visit_ != nullptr) return;
    if (stranger_ != nullptr || advertisements_->active().empty()) return;
    const auto reason = reluctance();
    if (reason.empty()) {
        connectSoon();
    } else if (std::exchange(lastReluctance_, reason) != reason) {
        report({Kind::Ignored, reason});
    }
}

void BluezDouble::Daemon::connectSoon() {
    if (std::exchange(connecting_, true)) return;
    auto delay = bonds_.pump ? settings_.reconnectDelay : std::chrono::milliseconds{0};
    if (keyMissing_) delay = std::max(delay, kRetryWithoutKey);
    connectTimer_.expires_after(delay);
    connectTimer_.async_wait([weak = weak_from_this()](const boost::system::error_code&) {
        const auto self = weak.lock();
        if (!self) return;
        self->connecting_ = false;
        const bool possible = self->adapter_ != nullptr && self->switches_.powered && self->inRange_ &&
                              self->visit_ == nullptr && self->stranger_ == nullptr;
        if (possible && self->reluctance().empty()) self->connect();
    });
}

std::unique_ptr<Device> BluezDouble::Daemon::makePumpDevice(bool connected) {
    Device::State state;
    state.connected = connected;
    state.paired = bonds_.host;
    if (bonds_.host) state.uuids = bluez::RemoteServices::uuids();
    auto device = std::make_unique<Device>(bus_, settings_.pumpAddress, state,
                                           [this] { disconnect("connection terminated by local host"); });
    if (settings_.nameKnownAtOnce || bonds_.host) device->setName(settings_.pumpName);
    return device;
}

bluez::RemoteServices& BluezDouble::Daemon::services() {
    if (services_ == nullptr)
        services_ = std::make_unique<bluez::RemoteServices>(
            bus_, device_->path(), pump_, settings_.mtu,
            bluez::RemoteServices::Listener{[this] { pumpHasNews(); },
                                            [this](const std::string& what) {
                                                report({Kind::Violation, what});
                                            }});
    return *services_;
}

void BluezDouble::Daemon::connect() {
    lastReluctance_.clear();
    keyMissing_ = bonds_.pump && !bonds_.host;
    if (device_ == nullptr) device_ = makePumpDevice(!settings_.announceConnected);
    device_->setConnected(true);
    visit_ = std::make_shared<bluez::Visit>(bluez::Visit::Surroundings{
        bus_, settings_, pump_, *agents_, *applications_, *device_, bonds_,
        [this] { return switches_.pairable; }, [this]() -> bluez::RemoteServices& { return services(); },
        [this](const DoubleEvent& event) { report(event); },
        [this](const std::string& reason) { disconnectLater(reason); }});
    visit_->start();
}

void BluezDouble::Daemon::disconnect(const std::string& reason) {
    if (visit_ == nullptr) return;
    std::exchange(visit_, nullptr)->end();
    if (services_ != nullptr) services_->detach();
    device_->setServicesResolved(false);
    device_->setConnected(false);
    report({Kind::Disconnected, reason});
    // Later, for this may be a method of the device itself.
    asio::post(bus_.executor, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->removePumpDevice();
    });
    consider();
}

void BluezDouble::Daemon::removePumpDevice() {
    if (bonds_.host || visit_ != nullptr) return;
    services_.reset();
    device_.reset();
}

void BluezDouble::Daemon::disconnectLater(const std::string& reason) {
    asio::post(bus_.executor, [weak = weak_from_this(), reason, visit = visit_] {
        const auto self = weak.lock();
        if (self && self->visit_ == visit) self->disconnect(reason);
    });
}

void BluezDouble::Daemon::strangerConnects() {
    if (adapter_ == nullptr || stranger_ != nullptr) return;
    Device::State state;
    state.connected = true;
    stranger_ = std::make_unique<Device>(bus_, kStranger, state, [this] {
        stranger_->setConnected(false);
        asio::post(bus_.executor, [weak = weak_from_this()] {
            if (const auto self = weak.lock()) self->strangerLeaves();
        });
    });
    report({Kind::Connected, kStranger});
}

void BluezDouble::Daemon::strangerLeaves() {
    stranger_.reset();
    report({Kind::Disconnected, kStranger});
    consider();
}

void BluezDouble::Daemon::setInRange(bool inRange) {
    inRange_ = inRange;
    if (!inRange) disconnect("connection timeout: out of range");
    consider();
}

void BluezDouble::Daemon::forgetBond() {
    bonds_.pump = false;
    disconnect("remote user terminated: bond removed");
    consider();
}

void BluezDouble::Daemon::openPairing(bool open) {
    settings_.userOpensPairing = open;
    lastReluctance_.clear();
    consider();
}

void BluezDouble::Daemon::pumpHasNews() {
    if (visit_ != nullptr) visit_->pumpHasNews();
}

void BluezDouble::Daemon::report(const DoubleEvent& event) {
    if (event.kind == Kind::Violation) violations_.push_back(event.detail);
    if (event.kind == Kind::CccdTrap) ++cccdTraps_;
    if (event.kind == Kind::PairingRefused) settings_.userOpensPairing = false; // the user has to begin anew
    if (sink_) sink_(event);
}

} // namespace virtual_pump
