// SPDX-License-Identifier: MIT
#include "bridge/commands/ask_page.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "nightscout/upload/client.hpp"

namespace bridge {

using namespace std::chrono_literals;

std::string askPage(const ListenAddress& address, const std::string& path) {
    constexpr unsigned kOk = 200;
    nightscout::ClientSettings settings;
    settings.site = *nightscout::parseSiteUrl(address.localUrl());
    settings.connectTimeout = settings.requestTimeout = 5s;
    boost::asio::io_context io{1};
    nightscout::Client client(io.get_executor(), settings);
    nightscout::Response response;
    std::exception_ptr failure;
    boost::asio::co_spawn(io, client.request("GET", path, ""),
                          [&](std::exception_ptr error, nightscout::Response answer) {
                              failure = std::move(error);
                              response = std::move(answer);
                          });
    io.run();
    if (failure) std::rethrow_exception(failure);
    if (response.status != kOk)
        throw std::runtime_error(address.localUrl() + " answers with status " +
                                 std::to_string(response.status) + ": is that pump-bridge?");
    return std::move(response.body);
}

} // namespace bridge
