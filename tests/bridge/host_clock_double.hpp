// SPDX-License-Identifier: MIT
// A computer's clock that a test sets, and its trust.
#pragma once

#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include "bridge/publish/host_clock.hpp"

namespace bridge::test {

/// Trusted by its owner, unless told otherwise.
class HostClockDouble {
public:
    HostClockDouble(Store& store, const therapy::Zone& zone, bool owner = true)
        : host(store, zone, owner, {[this] { return utc; }, [this] { return steady; }}, log_) {}

    std::chrono::sys_seconds utc{std::chrono::sys_days{std::chrono::year{2027} / 7 / 20}};
    std::chrono::steady_clock::time_point steady{};

private:
    spdlog::logger log_{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};

public:
    HostClock host;
};

} // namespace bridge::test
