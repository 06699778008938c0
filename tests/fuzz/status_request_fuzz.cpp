// SPDX-License-Identifier: MIT
// What a browser, or whoever else reaches the port, may ask the status page for: method, target and Host
// header, a line each. Another site's page must learn nothing by it.
#include <array>
#include <cstdlib>
#include <string_view>

#include "bridge/config/listen_address.hpp"
#include "bridge/status/status_requests.hpp"

namespace {

constexpr std::string_view kSerial = "NG1234567H";

bridge::ServiceState state() {
    bridge::ServiceState state;
    state.version = "1.2.3";
    state.now = std::chrono::sys_seconds{std::chrono::sys_days{std::chrono::year{2026} / 3 / 14}};
    state.pump = bridge::ServiceState::Pump{std::string(kSerial), "MMT-1886", "6.60"};
    return state;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    std::array<std::string_view, 3> lines;
    for (std::string_view& line : lines) {
        line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    }
    const auto [method, target, host] = lines;
    const std::string answer = bridge::answerTo({method, target, host}, state);
    if (!answer.starts_with("HTTP/1.1 ") || answer.find("\r\n\r\n") == std::string::npos) std::abort();
    const bool shows = answer.find(kSerial) != std::string::npos;
    if (shows && !bridge::isLocalHostName(host)) std::abort();
    return 0;
}
