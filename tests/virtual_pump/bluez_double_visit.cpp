// SPDX-License-Identifier: MIT
#include "bluez_double_visit.hpp"

#include <poll.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "protocol/uuids.hpp"

namespace virtual_pump::bluez {
namespace {

namespace uuid = protocol::uuid;
using Kind = DoubleEvent::Kind;

constexpr const char* kCharacteristic = "org.bluez.GattCharacteristic1";
/// Notifications in a row before other handlers of the loop get a turn.
constexpr unsigned kBurst = 16;

/// docs/protocol/link.md 4.1
constexpr std::array kInformation{
    uuid::kManufacturerName,       uuid::kModelNumber,      uuid::kSerialNumber, uuid::kHardwareRevision,
    uuid::kFirmwareRevision,       uuid::kSoftwareRevision, uuid::kSystemId,     uuid::kPnpId,
    uuid::kRegulatoryCertification};
/// What the virtual pump reads of it; what a real one reads is not known.
constexpr std::array kRead{uuid::kManufacturerName, uuid::kModelNumber, uuid::kSoftwareRevision,
                           uuid::kRegulatoryCertification};

/// A client that has left the bus in the middle of a call has done nothing wrong.
bool clientIsGone(const std::exception_ptr& error) {
    const auto text = describe(error);
    return text.starts_with("org.freedesktop.DBus.Error.ServiceUnknown") ||
           text.starts_with("org.freedesktop.DBus.Error.NameHasNoOwner") ||
           text.starts_with("org.freedesktop.DBus.Error.NoReply");
}

} // namespace

Visit::Visit(Surroundings surroundings)
    : around_(std::move(surroundings)),
      reportsSeen_(around_.pump.counters().reports),
      recordsSeen_(around_.pump.counters().recordsSent),
      news_(around_.bus.executor) {}

void Visit::start() {
    around_.pump.connected();
    around_.report({Kind::Connected, around_.device.address()});
    spawn(proceed());
}

void Visit::end() {
    ended_ = true;
    news_.cancel();
    // bluetoothd keeps the CCCD of a bonded device; for others it takes the subscription back.
    if (subscribedTo_ != 0 && !around_.bonds.host && around_.applications.has(subscribedTo_))
        callClient<ble::NoResult>(around_.bus, owner_, port_, kCharacteristic, "StopNotify",
                                  [](const std::exception_ptr&, ble::NoResult) {});
    around_.pump.disconnected();
}

void Visit::spawn(asio::awaitable<void> task) {
    asio::co_spawn(around_.bus.executor, std::move(task),
                   [self = shared_from_this()](const std::exception_ptr& error) {
                       if (!error || self->ended_) return;
                       self->discovering_ = self->writing_ = self->writePending_ = false;
                       if (clientIsGone(error) || !self->around_.applications.has(self->application_)) {
                           self->rediscover();
                           return;
                       }
                       self->violation("failed call: " + describe(error));
                       self->around_.drop("remote user terminated: ATT error");
                   });
}

void Visit::violation(const std::string& what) {
    around_.report({Kind::Violation, what});
}

asio::awaitable<bool> Visit::pause(std::chrono::milliseconds delay) {
    asio::steady_timer timer(around_.bus.executor, delay);
    co_await timer.async_wait(asio::use_awaitable);
    co_return !ended_;
}

asio::awaitable<void> Visit::proceed() {
    const auto self = shared_from_this();
    if (!around_.bonds.pump) {
        if (!co_await pair()) co_return;
    } else if (!around_.bonds.host) {
        // The pump starts encryption with a key that we have lost; nothing answers (docs/protocol/link.md
        // 12).
        around_.drop("connection timeout: no key for the bonded pump");
        co_return;
    }
    spawn(resolve());
    spawn(send());
    if (!co_await pause(around_.settings.discoveryDelay)) co_return;
    discovered_ = true;
    co_await discoverUs();
}

asio::awaitable<bool> Visit::pair() {
    std::string refusal = around_.pairable() ? "" : "adapter not pairable";
    if (refusal.empty()) {
        asio::steady_timer answered(around_.bus.executor, asio::steady_timer::time_point::max());
        auto done = std::make_shared<bool>(false);
        around_.agents.authorize(around_.device.path(), [&refusal, &answered, done,
                                                         weak = weak_from_this()](const std::string& reason) {
            if (weak.expired()) return; // and with it the coroutine that waits
            refusal = reason;
            *done = true;
            answered.cancel();
        });
        if (!*done) co_await answered.async_wait(asio::as_tuple(asio::use_awaitable));
        if (ended_) co_return false;
    }
    if (!refusal.empty()) {
        around_.report({Kind::PairingRefused, refusal});
        around_.drop("pairing refused");
        co_return false;
    }
    around_.bonds = Bonds{true, true, 0};
    around_.device.setPaired();
    around_.report({Kind::Paired, around_.device.address()});
    co_return true;
}

asio::awaitable<void> Visit::resolve() {
    const auto self = shared_from_this();
    if (!co_await pause(around_.settings.resolveDelay)) co_return;
    auto& device = around_.device;
    device.setUuids(RemoteServices::uuids());
    if (around_.settings.resolvedBeforeObjects) {
        device.setServicesResolved(true);
        co_await asio::post(around_.bus.executor, asio::use_awaitable);
        if (ended_) co_return;
    }
    around_.services().attach();
    device.setServicesResolved(true);
    around_.report({Kind::ServicesResolved, {}});
    // The name is read from the pump's GAP service, which is one of those just resolved.
    device.setName(around_.settings.pumpName);
}

void Visit::applicationsChanged() {
    if (subscribedTo_ != 0 && !around_.applications.has(subscribedTo_)) {
        subscribedTo_ = 0;
        writes_.clear();
    }
    rediscover();
}

void Visit::rediscover() {
    const Application* current = around_.applications.withService(uuid::kSakeService);
    const bool another = current != nullptr && current->id != application_;
    if (discovered_ && !discovering_ && subscribedTo_ == 0 && another) spawn(discoverUs());
}

asio::awaitable<void> Visit::discoverUs() {
    const auto self = shared_from_this();
    const Application* application = around_.applications.withService(uuid::kSakeService);
    if (application == nullptr || std::exchange(discovering_, true)) co_return;
    const auto id = application_ = application->id;
    const bool complete = co_await readInformation(*application);
    discovering_ = false;
    if (ended_ || !complete) co_return;
    application = around_.applications.withService(uuid::kSakeService); // calls have been made meanwhile
    if (application == nullptr || application->id != id) {
        rediscover();
        co_return;
    }
    const auto* service = application->service(uuid::kSakeService);
    const auto* port = application->characteristic(*service, uuid::kSakePort);
    if (port == nullptr) {
        violation("the SAKE service has no port with the vendor's UUID");
    } else if (port->flags.size() != 2 || !port->has("write") || !port->has("notify")) {
        violation("the SAKE port must have the flags write and notify, and no others");
    } else {
        subscribe(*application, *port);
    }
}

asio::awaitable<bool> Visit::readInformation(const Application& application) {
    const auto* service = application.service(uuid::kMobileDeviceInformation);
    if (service == nullptr) {
        violation(
            "no device information service 900"); // the pump then never subscribes (docs/protocol/link.md 12)
        co_return false;
    }
    for (const auto wanted : kInformation) {
        const auto* found = application.characteristic(*service, wanted);
        if (found != nullptr && found->has("read")) continue;
        violation("device information has no readable " + std::string(wanted));
        co_return false;
    }
    std::vector<std::string> paths;
    for (const auto wanted : kRead) paths.push_back(application.characteristic(*service, wanted)->path);
    const std::string owner = application.owner; // `application` may go while a call is under way
    for (const auto& path : paths) {
        const ClientObject object(around_.bus, owner, path);
        auto call = object->createMethodCall(kCharacteristic, "ReadValue");
        call << requestOptions();
        co_await ble::asyncCall<Bytes>(around_.bus.pump, *object, call, kClientTimeout, asio::use_awaitable);
        if (ended_) co_return false;
    }
    co_return true;
}

Properties Visit::requestOptions() const {
    return {{"device", sdbus::Variant(sdbus::ObjectPath(around_.device.path()))},
            {"link", sdbus::Variant(std::string("LE"))},
            {"mtu", sdbus::Variant(around_.settings.mtu)}};
}

void Visit::subscribe(const Application& application, const LocalCharacteristic& port) {
    if (std::exchange(subscribedBefore_, true)) startOver();
    subscribedTo_ = application.id;
    owner_ = application.owner;
    port_ = port.path;
    if (std::exchange(around_.bonds.cccdKeptFor, application.id) == application.id) {
        around_.report({Kind::CccdTrap, {}});
        return;
    }
    around_.report({Kind::Subscribed, {}});
    // The CCCD write is answered at once, whatever the client says.
    callClient<ble::NoResult>(around_.bus, owner_, port_, kCharacteristic, "StartNotify",
                              [](const std::exception_ptr&, ble::NoResult) {});
}

void Visit::startOver() {
    sessionSettled_ = false;
    around_.pump.disconnected();
    around_.pump.connected();
    if (around_.device.state().servicesResolved) around_.services().attach();
}

void Visit::clientNotified(std::uint64_t application, const std::string& path, Bytes value) {
    if (ended_ || application != subscribedTo_ || path != port_) return;
    if (writePending_) {
        violation("notification before the reply to WriteValue");
        around_.drop("remote user terminated: notification before the write response");
        return;
    }
    if (value.size() + 3 > around_.settings.mtu) violation("notification longer than the MTU");
    asio::post(around_.bus.executor, [self = shared_from_this(), value = std::move(value)] {
        if (!self->ended_) self->answer(value);
    });
}

void Visit::answer(const Bytes& notified) {
    auto written = around_.pump.portNotified(notified);
    if (written) {
        writes_.push_back(std::move(*written));
        if (!std::exchange(writing_, true)) spawn(writePort());
    }
    pumpHasNews();
}

asio::awaitable<void> Visit::writePort() {
    const auto self = shared_from_this();
    while (!writes_.empty()) {
        const Bytes value = std::move(writes_.front());
        writes_.pop_front();
        if (!co_await pause(around_.settings.writeDelay)) co_return;
        const ClientObject object(around_.bus, owner_, port_);
        auto call = object->createMethodCall(kCharacteristic, "WriteValue");
        auto options = requestOptions();
        options.emplace("type", sdbus::Variant(std::string("request")));
        call << value << options;
        writePending_ = true;
        auto onReply = [self](sdbus::MethodReply&) {
            self->writePending_ = false; // here, in the order of the messages, not when the coroutine goes on
            return ble::NoResult{};
        };
        co_await ble::asyncCallReading<ble::NoResult>(around_.bus.pump, *object, call, kClientTimeout,
                                                      onReply, asio::use_awaitable);
        if (ended_) co_return;
        if (around_.pump.sessionUp() && !std::exchange(sessionSettled_, true)) {
            around_.report({Kind::HandshakeDone, {}, around_.pump.counters().handshakes});
            pumpHasNews();
        }
    }
    writing_ = false;
}

void Visit::pumpHasNews() {
    news_.cancel();
    const auto reports = around_.pump.counters().reports;
    if (std::exchange(reportsSeen_, reports) != reports) around_.report({Kind::ReportStarted, {}, reports});
}

asio::awaitable<void> Visit::send() {
    const auto self = shared_from_this();
    while (!ended_) {
        // Between message 5 and its write response the pump's session is up, but it is silent.
        const bool mayTalk = sessionSettled_ || !around_.pump.sessionUp();
        const auto outgoing = mayTalk ? around_.pump.nextOutgoing() : std::nullopt;
        if (outgoing) {
            around_.services().arrived(*outgoing);
            account(*outgoing);
        }
        if (around_.pump.wantsDisconnect()) {
            around_.drop("connection timeout: dropped on purpose");
            co_return;
        }
        if (outgoing) {
            co_await pace(*outgoing);
        } else {
            news_.expires_at(asio::steady_timer::time_point::max());
            co_await news_.async_wait(asio::as_tuple(asio::use_awaitable));
        }
    }
}

asio::awaitable<void> Visit::pace(const Outgoing& outgoing) {
    const bool record = characteristics()[outgoing.characteristic].uuid == uuid::kIddHistoryData;
    if (around_.settings.recordsPerSecond > 0 && record) {
        const std::chrono::duration<double> interval(1 / around_.settings.recordsPerSecond);
        co_await pause(std::chrono::ceil<std::chrono::milliseconds>(interval));
        co_return;
    }
    // Never more in sd-bus's queue than the socket takes: it has a limit, and it costs memory.
    while (!ended_ && (around_.bus.connection.getEventLoopPollData().events & POLLOUT) != 0)
        co_await pause(std::chrono::milliseconds(1));
    if (++sinceYield_ % kBurst == 0) co_await asio::post(around_.bus.executor, asio::use_awaitable);
}

void Visit::account(const Outgoing& outgoing) {
    const auto sent = around_.pump.counters().recordsSent;
    const auto every = around_.settings.progressEvery;
    if (every > 0 && sent / every != recordsSeen_ / every) around_.report({Kind::RecordsSent, {}, sent});
    recordsSeen_ = sent;
    const auto& spec = characteristics()[outgoing.characteristic];
    const bool idd = spec.serviceUuid == uuid::kInsulinDelivery;
    if (outgoing.indication && idd && spec.uuid == uuid::kRecordAccessControlPoint)
        around_.report({Kind::ReportDone, {}, sent});
}

} // namespace virtual_pump::bluez
