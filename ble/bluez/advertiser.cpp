// SPDX-License-Identifier: MIT
#include "ble/bluez/advertiser.hpp"

#include <fmt/format.h>

#include <map>
#include <vector>

#include "protocol/uuids.hpp"

namespace ble {

namespace {

constexpr const char* kPath = "/pump_bridge/advertisement";
constexpr std::uint16_t kMedtronic = 0x01f9;
// The pump ignores advertisers slower than about 150 ms (docs/protocol/link.md 3.4). bluetoothd takes
// milliseconds here, and before 5.77 only when it runs with experimental features; main.conf sets the
// interval there.
constexpr std::uint32_t kMinIntervalMs = 30;
constexpr std::uint32_t kMaxIntervalMs = 40;

std::vector<std::uint8_t> nameData(const std::string& name) {
    std::vector<std::uint8_t> data{0};
    data.insert(data.end(), name.begin(), name.end());
    data.push_back(0);
    return data;
}

void addProperty(sdbus::IObject& object, const char* name, auto value) {
    object.registerProperty(name).onInterface(bluez::kAdvertisement).withGetter([value] { return value; });
}

} // namespace

BluezAdvertiser::BluezAdvertiser(std::shared_ptr<BluezBus> bus, spdlog::logger& log, std::string adapterPath,
                                 std::chrono::milliseconds limit, std::function<void()> onReleased)
    : bus_(std::move(bus)),
      log_(log),
      adapterPath_(std::move(adapterPath)),
      limit_(limit),
      onReleased_(std::move(onReleased)) {}

void BluezAdvertiser::exportObject(AdvertisingMode mode, const std::string& name) {
    namespace uuid = protocol::uuid;
    const bool pairing = mode == AdvertisingMode::Pairing;
    object_.reset(); // one object at this path at a time
    object_ = sdbus::createObject(bus_->connection(), kPath);
    addProperty(*object_, "Type", std::string("peripheral"));
    addProperty(
        *object_, "ServiceUUIDs",
        std::vector<std::string>{std::string(pairing ? uuid::kSakeService : uuid::kReconnectService)});
    if (pairing) {
        const std::map<std::uint16_t, sdbus::Variant> data{{kMedtronic, sdbus::Variant(nameData(name))}};
        addProperty(*object_, "ManufacturerData", data);
    }
    addProperty(*object_, "Discoverable", true);
    addProperty(*object_, "MinInterval", kMinIntervalMs);
    addProperty(*object_, "MaxInterval", kMaxIntervalMs);
    object_->registerMethod("Release").onInterface(bluez::kAdvertisement).implementedAs([this] {
        if (!bus_->isFromBluez(*object_)) return;
        active_ = false;
        onReleased_();
    });
    object_->finishRegistration();
}

asio::awaitable<void> BluezAdvertiser::start(AdvertisingMode mode, std::string name) {
    co_await stop(limit_);
    exportObject(mode, name);
    auto failure = co_await enlist();
    if (failure && failure->kind() == LinkErrorKind::AlreadyExists) {
        // A bluetoothd that was restarted meanwhile has taken it before we knew, and would keep it for good.
        active_ = true;
        co_await stop(limit_);
        failure = co_await enlist();
    }
    if (failure) {
        if (failure->kind() == LinkErrorKind::NotPermitted)
            throw LinkError(LinkErrorKind::AdvertisementsUsedUp, failure->what());
        throw *failure;
    }
    active_ = true;
}

asio::awaitable<std::optional<LinkError>> BluezAdvertiser::enlist() {
    const Properties options;
    std::optional<LinkError> failure;
    try {
        co_await bus_->call<NoResult>(adapterPath_, bluez::kAdvertisingManager, "RegisterAdvertisement",
                                      limit_, sdbus::ObjectPath(kPath), options);
    } catch (const LinkError& error) {
        failure = error;
    }
    co_return failure;
}

asio::awaitable<void> BluezAdvertiser::stop(std::chrono::milliseconds limit) {
    if (!std::exchange(active_, false)) co_return;
    try {
        co_await bus_->call<NoResult>(adapterPath_, bluez::kAdvertisingManager, "UnregisterAdvertisement",
                                      limit, sdbus::ObjectPath(kPath));
    } catch (const LinkError& error) {
        log_.debug("ble: {}", error.what());
    }
}

} // namespace ble
