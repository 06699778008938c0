// SPDX-License-Identifier: MIT
#include "bridge/commands/status.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>
#include <stdexcept>

#include "bridge/commands/ask_page.hpp"
#include "bridge/config/listen_address.hpp"
#include "bridge/status/find_problems.hpp"
#include "bridge/status/service_state_json.hpp"
#include "bridge/status/service_state_text.hpp"
#include "bridge/status/stored_state.hpp"

namespace bridge {

namespace {

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

int status(const StatusOptions& options, const Configuration& configuration, std::chrono::sys_seconds now,
           const Streams& streams) {
    std::string reason = "status.listen is empty in the configuration, so it cannot be asked";
    if (!configuration.status.listen.empty()) {
        try {
            // Checked with the configuration.
            const auto address = parseListenAddress(configuration.status.listen).value();
            streams.out << askPage(address, options.json ? "/status.json" : "/status.txt");
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
