// SPDX-License-Identifier: MIT
// The host's clock with its real witnesses, for the life of the service. docs/nightscout/mapping.md 5.3.
#pragma once

#include <memory>
#include <optional>

#include "bridge/clock/clock_steps.hpp"
#include "bridge/clock/host_clock_watch.hpp"
#include "bridge/publish/host_clock.hpp"
#include "bridge/tasks.hpp"
#include "nightscout/upload/client.hpp"
#include "nightscout/upload/clock.hpp"

namespace bridge {

class ServiceClock {
public:
    /// `owner`: [time] host_clock = "trusted". The references must outlive it.
    ServiceClock(const asio::any_io_executor& executor, Store& store, const therapy::Zone& zone, bool owner,
                 const HostClock::Clocks& clocks, spdlog::logger& log);

    [[nodiscard]] HostClock& host() { return host_; }
    /// The same, with each answer of the site as a witness.
    [[nodiscard]] nightscout::ClientSettings heard(nightscout::ClientSettings settings);
    /// While nothing else vouches for the clock, this site is asked for its time.
    void askSite(nightscout::ClientSettings settings);
    void spawn(Tasks& tasks);
    /// The witnesses are to be asked at once.
    void wake() { watch_.wake(); }

private:
    HostClockWatch::Sources sources();
    static asio::awaitable<void> nothing();

    asio::any_io_executor executor_;
    spdlog::logger& log_;
    HostClock host_;
    std::unique_ptr<nightscout::Clock> waits_;
    std::optional<SiteDateQuestion> site_;
    HostClockWatch watch_;
};

} // namespace bridge
