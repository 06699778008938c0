// SPDX-License-Identifier: MIT
#include "bridge/control/control_connection.hpp"

#include <algorithm>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "bridge/control/control_protocol.hpp"

namespace bridge {

using boost::system::error_code;
using nlohmann::json;

void ControlConnection::close() {
    error_code ignored;
    socket_.close(ignored);
    deadline_.cancel();
}

asio::awaitable<std::optional<std::string>> ControlConnection::readLine() {
    std::string line;
    error_code error;
    start(limits_.request);
    const std::size_t size =
        co_await asio::async_read_until(socket_, asio::dynamic_buffer(line, kControlRequestBytes), '\n',
                                        asio::redirect_error(asio::use_awaitable, error));
    deadline_.cancel();
    if (error == asio::error::not_found) {
        co_await refuse(ControlRefusal::TooLong, "a request has at most 4096 bytes");
    } else if (error == asio::error::operation_aborted && socket_.is_open()) {
        co_await refuse(ControlRefusal::TimedOut, "no request came");
    }
    if (error) co_return std::nullopt;
    line.resize(size - 1);
    co_return line;
}

asio::awaitable<void> ControlConnection::refuse(ControlRefusal refusal, const std::string& text) {
    const json line{{"refused", name(refusal)}, {"text", text}};
    co_await send(line);
}

asio::awaitable<void> ControlConnection::exit(int code) {
    const json line{{"exit", code}};
    co_await send(line);
}

asio::awaitable<void> ControlConnection::out(std::string_view text) {
    co_await sendText("out", text);
}

asio::awaitable<void> ControlConnection::err(std::string_view text) {
    co_await sendText("err", text);
}

asio::awaitable<void> ControlConnection::sendText(const char* stream, std::string_view text) {
    for (; !text.empty(); text.remove_prefix(std::min(text.size(), kControlTextBytes))) {
        json line = json::object();
        line[stream] = text.substr(0, kControlTextBytes);
        co_await send(line);
    }
}

asio::awaitable<void> ControlConnection::send(const json& line) {
    const std::string text = line.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
    start(limits_.answer);
    co_await asio::async_write(socket_, asio::buffer(text), asio::use_awaitable);
    deadline_.cancel();
}

void ControlConnection::start(std::chrono::milliseconds limit) {
    deadline_.expires_after(limit);
    deadline_.async_wait([this](error_code error) {
        error_code ignored;
        if (!error) socket_.cancel(ignored);
    });
}

} // namespace bridge
