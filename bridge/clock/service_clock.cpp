// SPDX-License-Identifier: MIT
#include "bridge/clock/service_clock.hpp"

#include <utility>

#include "bridge/clock/time_service.hpp"
#include "bridge/lasting_task.hpp"

namespace bridge {

ServiceClock::ServiceClock(const asio::any_io_executor& executor, Store& store, const therapy::Zone& zone,
                           bool owner, const HostClock::Clocks& clocks, spdlog::logger& log)
    : executor_(executor),
      log_(log),
      host_(store, zone, owner, clocks, log),
      waits_(nightscout::systemClock(executor, clocks.utc)),
      watch_(host_, *waits_, sources()) {}

HostClockWatch::Sources ServiceClock::sources() {
    const auto notice = std::make_shared<ClockSetNotice>(executor_);
    HostClockWatch::Sources sources;
    sources.timeService = [] { return askTimeService({}); };
    sources.site = [this] { return site_ ? site_->ask() : nothing(); };
    sources.clockSet = [notice] { return notice->wait(); };
    sources.sample = readClocks;
    return sources;
}

asio::awaitable<void> ServiceClock::nothing() {
    co_return;
}

nightscout::ClientSettings ServiceClock::heard(nightscout::ClientSettings settings) {
    settings.onAnswer = [this](const nightscout::Response& answer) {
        if (const auto date = siteDateOf(answer, readClocks().utc)) host_.siteSays(*date);
    };
    return settings;
}

void ServiceClock::askSite(nightscout::ClientSettings settings) {
    site_.emplace(executor_, heard(std::move(settings)), log_);
}

void ServiceClock::spawn(Tasks& tasks) {
    tasks.spawn("clock", lasting(
                             "clock", [this] { return watch_.askWitnesses(); }, kBeginAgain, log_));
    tasks.spawn("clock steps",
                lasting(
                    "clock steps", [this] { return watch_.noticeSteps(); }, kBeginAgain, log_));
}

} // namespace bridge
