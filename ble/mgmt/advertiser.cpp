// SPDX-License-Identifier: MIT
#include "ble/mgmt/advertiser.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "ble/advertising_data.hpp"

namespace ble {

namespace {

using management::Status;

constexpr std::uint8_t kInstance = 1;
// 31.25 and 37.5 ms: the pump ignores advertisers slower than about 150 ms (docs/protocol/link.md 3.4).
constexpr std::uint32_t kMinInterval = 50;
constexpr std::uint32_t kMaxInterval = 60;

bool isUnsupported(Status status) {
    return status == Status::UnknownCommand || status == Status::NotSupported;
}

// bluetoothd 5.66 switches it on at each start; the pump pairs without (docs/protocol/link.md 2.1, 2.2). A
// host that cannot switch it off still falls back to what the pump asks for.
asio::awaitable<void> dropSecureConnections(ManagementController& controller, spdlog::logger& log) {
    try {
        const auto settings = co_await controller.setSecureConnections(false);
        if (!settings.has(management::Setting::SecureConnections)) {
            log.info("ble: secure connections switched off");
            co_return;
        }
    } catch (const LinkError& error) {
        log.warn("ble: {}", error.what());
        co_return;
    }
    log.warn("ble: secure connections stay on");
}

} // namespace

ManagementAdvertiser::ManagementAdvertiser(std::unique_ptr<ManagementSocket> socket, std::uint16_t index,
                                           spdlog::logger& log, std::function<void()> onRemoved)
    : socket_(std::move(socket)), index_(index), log_(log), onRemoved_(std::move(onRemoved)) {
    socket_->setListener([this](const management::Event& event) { onEvent(event); });
}

void ManagementAdvertiser::onEvent(const management::Event& event) {
    if (event.index != index_ || management::removedInstanceIn(event) != kInstance) return;
    placed_ = false;
    if (std::exchange(active_, false)) onRemoved_();
}

asio::awaitable<void> ManagementAdvertiser::start(AdvertisingMode mode, std::string name) {
    active_ = false;
    try {
        co_await socket_->request(management::removeAdvertising(index_, kInstance));
    } catch (const ManagementError& error) { // there was none
        if (error.status() != Status::InvalidParameters) throw;
    }
    placed_ = true;
    co_await place(advertisingData(mode, name));
    active_ = placed_;
}

asio::awaitable<void> ManagementAdvertiser::place(protocol::Bytes data) {
    if (!defaultInterval_) {
        try {
            co_await socket_->request(
                management::addExtendedAdvertisingParameters(index_, kInstance, kMinInterval, kMaxInterval));
        } catch (const ManagementError& error) {
            if (!isUnsupported(error.status())) throw;
            defaultInterval_ = true;
            log_.warn("ble: the kernel takes no advertising interval ({}): main.conf decides", error.what());
        }
    }
    auto command = defaultInterval_ ? management::addAdvertising(index_, kInstance, data)
                                    : management::addExtendedAdvertisingData(index_, kInstance, data);
    co_await socket_->request(std::move(command));
}

asio::awaitable<void> ManagementAdvertiser::stop(std::chrono::milliseconds limit) {
    active_ = false;
    if (!std::exchange(placed_, false)) co_return;
    try {
        co_await socket_->request(management::removeAdvertising(index_, kInstance), limit);
    } catch (const LinkError& error) {
        log_.debug("ble: {}", error.what());
    }
}

asio::awaitable<std::unique_ptr<ManagementAdvertiser>> openManagementAdvertiser(
    asio::posix::stream_descriptor descriptor, ManagementLimits limits, std::string adapterPath,
    std::string address, spdlog::logger& log, std::function<void()> onRemoved) {
    const auto index = controllerIndex(adapterPath);
    if (!index) throw LinkError(LinkErrorKind::ManagementMissing, adapterPath + " has no controller number");
    auto socket = std::make_unique<ManagementSocket>(std::move(descriptor), limits);
    ManagementController controller(*socket, *index);
    const auto info = co_await controller.info();
    if (info.address != address) // bluetoothd is elsewhere, or not the real one
        throw LinkError(LinkErrorKind::ManagementMissing,
                        fmt::format("the kernel's hci{} is not bluetoothd's adapter", *index));
    const auto features = co_await controller.advertisingFeatures(); // refused without CAP_NET_ADMIN
    const auto foreign = std::count_if(features.instances.begin(), features.instances.end(),
                                       [](std::uint8_t instance) { return instance != kInstance; });
    if (foreign > 0)
        log.warn("ble: {} other advertisements on this adapter: the pump sees ours less often", foreign);
    if (info.current.has(management::Setting::SecureConnections))
        co_await dropSecureConnections(controller, log);
    co_return std::make_unique<ManagementAdvertiser>(std::move(socket), *index, log, std::move(onRemoved));
}

} // namespace ble
