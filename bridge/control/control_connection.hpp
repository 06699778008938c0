// SPDX-License-Identifier: MIT
// One peer of the control socket.
#pragma once

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "bridge/control/control_server.hpp"

namespace bridge {

/// Its deadline cancels what it waits for. Writing throws when the peer is gone, or does not read.
class ControlConnection final : public ControlOutput {
public:
    ControlConnection(asio::local::stream_protocol::socket socket, const ControlLimits& limits)
        : socket_(std::move(socket)), deadline_(socket_.get_executor()), limits_(limits) {}

    [[nodiscard]] int handle() { return socket_.native_handle(); }
    void close();

    /// The request's line; empty after a refusal.
    asio::awaitable<std::optional<std::string>> readLine();
    asio::awaitable<void> refuse(ControlRefusal refusal, const std::string& text);
    asio::awaitable<void> exit(int code);
    asio::awaitable<void> out(std::string_view text) override;
    asio::awaitable<void> err(std::string_view text) override;

private:
    asio::awaitable<void> sendText(const char* stream, std::string_view text);
    asio::awaitable<void> send(const nlohmann::json& line);
    void start(std::chrono::milliseconds limit);

    asio::local::stream_protocol::socket socket_;
    asio::steady_timer deadline_;
    const ControlLimits& limits_;
};

} // namespace bridge
