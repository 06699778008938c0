// SPDX-License-Identifier: MIT
// Asks the witnesses of the computer's clock, and notices when it is set. docs/nightscout/mapping.md 5.3.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <optional>

#include "bridge/clock/clock_steps.hpp"
#include "bridge/publish/host_clock.hpp"
#include "nightscout/upload/client.hpp"
#include "nightscout/upload/clock.hpp"

namespace bridge {

/// Empty where the answer does not say when it was given. `receivedAt`: by our clock.
[[nodiscard]] std::optional<SiteDate> siteDateOf(const nightscout::Response& response,
                                                 SiteDate::Milliseconds receivedAt);

/// Asks the site for its status, of which only the `Date` counts, on a connection of its own. What goes wrong
/// is logged once, where the user can do something about it.
class SiteDateQuestion {
public:
    /// `settings.onAnswer` gets the answer.
    SiteDateQuestion(boost::asio::any_io_executor executor, nightscout::ClientSettings settings,
                     spdlog::logger& log);
    boost::asio::awaitable<void> ask();

private:
    boost::asio::any_io_executor executor_;
    nightscout::ClientSettings settings_;
    spdlog::logger& log_;
    bool warned_ = false;
};

class HostClockWatch {
public:
    struct Sources {
        std::function<boost::asio::awaitable<std::optional<bool>>()> timeService;
        std::function<boost::asio::awaitable<void>()> site;     ///< empty: there is none
        std::function<boost::asio::awaitable<void>()> clockSet; ///< ends when the clock was set
        std::function<ClockSample()> sample;
    };
    /// `clock`: for the waits, of nobody else.
    HostClockWatch(HostClock& host, nightscout::Clock& clock, Sources sources);

    /// Every minute until the clock is trusted, then every hour. Until cancelled.
    boost::asio::awaitable<void> askWitnesses();
    /// Until cancelled.
    boost::asio::awaitable<void> noticeSteps();
    /// The witnesses are to be asked at once.
    void wake() { clock_.interrupt(); }

private:
    /// True when the clock was set.
    bool judgeStep();

    HostClock& host_;
    nightscout::Clock& clock_;
    Sources sources_;
    ClockSample last_;
};

} // namespace bridge
