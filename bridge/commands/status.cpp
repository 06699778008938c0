// SPDX-License-Identifier: MIT
#include "bridge/commands/status.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>
#include <stdexcept>

#include "bridge/status/service_state.hpp"
#include "bridge/status/status_server.hpp"
#include "bridge/status/stored_state.hpp"
#include "nightscout/upload/client.hpp"

namespace bridge {

namespace {

using namespace std::chrono_literals;

asio::awaitable<nightscout::Response> fetch(nightscout::Client& client, std::string path) {
    co_return co_await client.request("GET", std::move(path), {});
}

/// The service's own answer. Throws with the reason when there is none.
std::string ask(const ListenAddress& address, const std::string& path) {
    const auto site = nightscout::parseSiteUrl(address.localUrl());
    if (!site) throw std::runtime_error(std::string(describe(site.error())));
    nightscout::ClientSettings settings;
    settings.site = *site;
    settings.connectTimeout = 3s;
    settings.requestTimeout = 5s;

    asio::io_context io{1};
    nightscout::Client client{io.get_executor(), settings};
    std::exception_ptr failure;
    nightscout::Response response;
    asio::co_spawn(io, fetch(client, path), [&](std::exception_ptr error, nightscout::Response answer) {
        failure = std::move(error);
        response = std::move(answer);
    });
    io.run();
    if (failure) std::rethrow_exception(failure);
    if (response.status != 200)
        throw std::runtime_error(address.localUrl() + " answers with status " +
                                 std::to_string(response.status) + ": is that pump-bridge?");
    return response.body;
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
    readStoredState(store, *zone, mappingSettings(configuration), state);
    return state;
}

} // namespace

int status(const StatusOptions& options, const Configuration& configuration, std::chrono::sys_seconds now,
           const Streams& streams) {
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
