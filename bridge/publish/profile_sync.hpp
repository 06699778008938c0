// SPDX-License-Identifier: MIT
// Keeps the site's profile as the configuration says, and leaves alone what others have set. Facts:
// docs/nightscout/mapping.md 11.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "bridge/publish/host_clock.hpp"
#include "bridge/store/store.hpp"
#include "nightscout/documents/profile.hpp"
#include "nightscout/upload/client.hpp"

namespace spdlog {
class logger;
}

namespace bridge {

class ProfileSync {
public:
    using UtcClock = std::function<std::chrono::sys_seconds()>;

    /// `profile` empty: only says whether the site has one. `zone`: IANA name.
    ProfileSync(boost::asio::any_io_executor executor, nightscout::ClientSettings site, Store& store,
                std::optional<nightscout::ProfileSettings> profile, std::string zone, UtcClock clock,
                const HostClock& host, spdlog::logger& log);

    /// At once, then every day; after a failure every hour. Until cancelled.
    boost::asio::awaitable<void> run();
    /// Once. False when the site could not be asked, did not take the profile, or the host's clock is not
    /// trusted, by which a new one would begin.
    boost::asio::awaitable<bool> check();
    /// From the next request on: another secret or token.
    void setApiSecretHeader(std::string header) { site_.apiSecretHeader = std::move(header); }
    /// Something that kept it from checking may be over: checks at once, if it has not succeeded today.
    void wake();

private:
    boost::asio::awaitable<bool> compare(nightscout::Client& client);
    boost::asio::awaitable<bool> send(nightscout::Client& client, const nightscout::ProfilePlan& plan);

    boost::asio::any_io_executor executor_;
    nightscout::ClientSettings site_;
    Store& store_;
    std::optional<nightscout::ProfileSettings> profile_;
    std::string zone_;
    UtcClock clock_;
    const HostClock& host_;
    boost::asio::steady_timer timer_;
    bool good_ = false;
    spdlog::logger& log_;
};

} // namespace bridge
