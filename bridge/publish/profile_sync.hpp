// SPDX-License-Identifier: MIT
// Keeps the site's profile as the configuration says, and leaves alone what others have set. Facts:
// docs/nightscout/mapping.md 11.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>

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
                spdlog::logger& log);

    /// At once, then every day; after a failure every hour. Until cancelled.
    boost::asio::awaitable<void> run();
    /// Once. False when the site could not be asked, or did not take the profile.
    boost::asio::awaitable<bool> check();

private:
    boost::asio::awaitable<bool> compare(nightscout::Client& client);
    boost::asio::awaitable<bool> send(nightscout::Client& client, const nightscout::ProfilePlan& plan);

    boost::asio::any_io_executor executor_;
    nightscout::ClientSettings site_;
    Store& store_;
    std::optional<nightscout::ProfileSettings> profile_;
    std::string zone_;
    UtcClock clock_;
    spdlog::logger& log_;
};

} // namespace bridge
