// SPDX-License-Identifier: MIT
#include "nightscout/upload/address_lookup.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <optional>

#include "nightscout/upload/transport_error.hpp"

namespace nightscout {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

/// getaddrinfo cannot be interrupted: it is left to end by itself when it takes too long.
struct Lookup {
    explicit Lookup(const asio::any_io_executor& executor) : resolver(executor), done(executor) {}
    tcp::resolver resolver;
    asio::steady_timer done;
    std::optional<error_code> error;
    std::vector<std::string> addresses;
};

} // namespace

asio::awaitable<std::vector<std::string>> lookUpAddresses(asio::any_io_executor executor, std::string host,
                                                          std::chrono::milliseconds timeout) {
    error_code notAnAddress;
    asio::ip::make_address(host, notAnAddress);
    if (!notAnAddress) co_return std::vector<std::string>{host};
    const auto lookup = std::make_shared<Lookup>(executor);
    lookup->resolver.async_resolve(host, "", [lookup](const error_code& error, const auto& found) {
        lookup->error = error;
        for (const auto& entry : found) lookup->addresses.push_back(entry.endpoint().address().to_string());
        lookup->done.cancel();
    });
    lookup->done.expires_after(timeout);
    error_code waited;
    co_await lookup->done.async_wait(asio::redirect_error(asio::use_awaitable, waited));
    const std::string doing = "cannot find the address of " + host;
    if (!lookup->error) throwTransportError(waited ? waited : error_code(asio::error::timed_out), doing);
    if (*lookup->error) throwTransportError(*lookup->error, doing);
    co_return lookup->addresses;
}

} // namespace nightscout
