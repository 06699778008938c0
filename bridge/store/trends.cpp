// SPDX-License-Identifier: MIT
// How glucose moved at a sample, as the pump measured it live.
#include "bridge/store/store_impl.hpp"

namespace bridge {

using sqlite::Statement;

void Store::addTrend(PumpId pump, Trend trend) {
    Statement(impl_->database,
              "INSERT OR REPLACE INTO trend (pump, sampled_at, rate, milligrams) VALUES (?, ?, ?, ?)", pump,
              trend.sampleTime.time_since_epoch().count(), trend.rate, trend.milligrams)
        .run();
}

std::vector<Store::Trend> Store::trends(PumpId pump, protocol::LocalSeconds from,
                                        protocol::LocalSeconds to) const {
    std::vector<Trend> result;
    Statement query(impl_->database,
                    "SELECT sampled_at, rate, ifnull(milligrams, 0) FROM trend WHERE pump = ? AND sampled_at "
                    "BETWEEN ? AND ? "
                    "ORDER BY sampled_at",
                    pump, from.time_since_epoch().count(), to.time_since_epoch().count());
    while (query.step()) {
        result.push_back({protocol::LocalSeconds(std::chrono::seconds(query.integer(0))),
                          static_cast<std::int32_t>(query.integer(1)), static_cast<int>(query.integer(2))});
    }
    return result;
}

} // namespace bridge
