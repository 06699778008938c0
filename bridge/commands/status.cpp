// SPDX-License-Identifier: MIT
#include "bridge/commands/status.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>
#include <stdexcept>

#include "bridge/config/listen_address.hpp"
#include "bridge/control/control_client.hpp"
#include "bridge/control/control_requests.hpp"
#include "bridge/status/find_problems.hpp"
#include "bridge/status/service_state_json.hpp"
#include "bridge/status/service_state_text.hpp"
#include "bridge/status/stored_state.hpp"

namespace bridge {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace fs = std::filesystem;
namespace http = beast::http;

namespace {

using namespace std::chrono_literals;

/// What the service's page answers. Throws with the reason when it does not.
std::string ask(const ListenAddress& address, const std::string& path) {
    constexpr std::uint64_t kLargestAnswer = 1024 * 1024;
    asio::io_context io{1};
    beast::tcp_stream stream{io};
    std::exception_ptr failure;
    http::response_parser<http::string_body> parser;
    parser.body_limit(kLargestAnswer);
    const auto exchange = [&]() -> asio::awaitable<void> {
        stream.expires_after(5s);
        co_await stream.async_connect({asio::ip::make_address(address.localHost()), address.port},
                                      asio::use_awaitable);
        http::request<http::empty_body> request{http::verb::get, path, 11};
        request.set(http::field::host, address.localHost());
        co_await http::async_write(stream, request, asio::use_awaitable);
        beast::flat_buffer buffer;
        co_await http::async_read(stream, buffer, parser, asio::use_awaitable);
    };
    asio::co_spawn(io, exchange, [&](std::exception_ptr error) { failure = std::move(error); });
    io.run();
    if (failure) std::rethrow_exception(failure);
    if (parser.get().result() != http::status::ok)
        throw std::runtime_error(address.localUrl() + " answers with status " +
                                 std::to_string(parser.get().result_int()) + ": is that pump-bridge?");
    return parser.get().body();
}

ServiceState withoutService(const Configuration& configuration, std::chrono::sys_seconds now) {
    ServiceState state;
    state.version = PUMP_BRIDGE_VERSION;
    state.now = now;
    state.upload.configured = !configuration.nightscout.url.empty();
    const auto zone = therapy::Zone::find(configuration.timezone);
    if (!zone || !std::filesystem::exists(configuration.storage.path)) return state;
    state.utcOffset = zone->offsetAt(now);
    Store store{configuration.storage.path, Store::Access::ReadOnly};
    readStoredState(store, *zone, configuration.documents, state);
    state.problems = findProblems(state);
    return state;
}

} // namespace

int status(const StatusOptions& options, const Configuration& configuration, const fs::path& controlSocket,
           std::chrono::sys_seconds now, const Streams& streams) {
    if (const auto code = askService(controlSocket, toRequest(options), streams)) return *code;
    std::string reason = "status.listen is empty in the configuration, so it cannot be asked";
    if (!configuration.status.listen.empty()) {
        try {
            // Checked with the configuration.
            const auto address = parseListenAddress(configuration.status.listen).value();
            streams.out << ask(address, options.json ? "/status.json" : "/status.txt");
            return kDone;
        } catch (const std::exception& error) {
            reason = error.what();
        }
    }
    streams.err << "the service does not answer (" << reason << "); this is what the store knows\n";
    const ServiceState state = withoutService(configuration, now);
    if (options.json) {
        streams.out << toJson(state).dump() << '\n';
    } else {
        streams.out << toText(state);
    }
    return kUnreachable;
}

} // namespace bridge
