// SPDX-License-Identifier: MIT
// `run --once`: what it waits for before it ends, and what it says at the end.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <optional>

#include "bridge/publish/clock_keeper.hpp"
#include "bridge/publish/host_clock.hpp"
#include "bridge/site_upload.hpp"
#include "bridge/store/store.hpp"
#include "bridge/tasks.hpp"
#include "therapy/zone.hpp"

namespace bridge {

class Once {
public:
    /// All of the service; it outlives this.
    struct Parts {
        const Tasks& tasks;
        const Store& store;
        const therapy::Zone& zone;
        const HostClock& host;
        const ClockKeeper& clockKeeper;
        spdlog::logger& log;
    };
    Once(const asio::any_io_executor& executor, const Parts& parts) : parts_(parts), wake_(executor) {}

    void synced(const PumpInfo& pump);
    /// Something has changed that it may wait for.
    void wake() { wake_.cancel(); }
    /// When the pump's records are stored, its clock is measured, and all is on the site (null: there is
    /// none). The exit code.
    asio::awaitable<int> finish(SiteUpload* site);

private:
    asio::awaitable<void> waitUntil(std::function<bool()> done, std::chrono::seconds limit);

    Parts parts_;
    asio::steady_timer wake_;
    std::optional<PumpInfo> synced_; ///< the pump
};

} // namespace bridge
