// SPDX-License-Identifier: MIT
#include "ble/mgmt/controller.hpp"

#include <fmt/format.h>

#include <charconv>

namespace ble {

namespace {

template <typename T>
T readable(management::Opcode opcode, protocol::Parsed<T> parsed) {
    if (!parsed)
        throw LinkError(
            LinkErrorKind::ManagementGarbled,
            fmt::format("{}: answer {}", management::toString(opcode), protocol::toString(parsed.error())));
    return std::move(*parsed);
}

} // namespace

std::optional<std::uint16_t> controllerIndex(std::string_view adapter) {
    constexpr std::string_view kPrefix = "hci";
    adapter.remove_prefix(adapter.rfind('/') + 1); // nothing when there is none
    if (!adapter.starts_with(kPrefix)) return std::nullopt;
    adapter.remove_prefix(kPrefix.size());
    std::uint16_t index = 0;
    const auto* end = adapter.data() + adapter.size();
    const auto [stop, error] = std::from_chars(adapter.data(), end, index);
    if (error != std::errc{} || stop != end || index == management::kNoController) return std::nullopt;
    return index;
}

asio::awaitable<management::Version> ManagementController::version() {
    const auto answer = co_await socket_.request(management::readVersion());
    co_return readable(management::Opcode::ReadVersion, management::parseVersion(answer));
}

asio::awaitable<management::ControllerInfo> ManagementController::info() {
    const auto answer = co_await socket_.request(management::readControllerInfo(index_));
    co_return readable(management::Opcode::ReadControllerInfo, management::parseControllerInfo(answer));
}

asio::awaitable<management::DefaultConfiguration> ManagementController::defaultConfiguration() {
    const auto answer = co_await socket_.request(management::readDefaultConfiguration(index_));
    co_return readable(management::Opcode::ReadDefaultConfiguration,
                       management::parseDefaultConfiguration(answer));
}

asio::awaitable<management::AdvertisingFeatures> ManagementController::advertisingFeatures() {
    const auto answer = co_await socket_.request(management::readAdvertisingFeatures(index_));
    co_return readable(management::Opcode::ReadAdvertisingFeatures,
                       management::parseAdvertisingFeatures(answer));
}

asio::awaitable<management::Settings> ManagementController::setSecureConnections(bool enabled) {
    const auto answer = co_await socket_.request(management::setSecureConnections(index_, enabled));
    co_return readable(management::Opcode::SetSecureConnections, management::parseSettings(answer));
}

} // namespace ble
