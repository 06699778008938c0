// SPDX-License-Identifier: MIT
// Reads history over the record access control point: one procedure at a time, each ended by its indication.
// Facts: docs/protocol/history.md 2.5 and 3, docs/protocol/link.md 8.1.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include "ble/pump_link.hpp"
#include "bridge/session/follow_plan.hpp"
#include "bridge/session/value_queue.hpp"
#include "bridge/store/store.hpp"
#include "protocol/history/assembler.hpp"
#include "protocol/racp.hpp"

namespace bridge {

class HistoryReader {
public:
    struct Limits {
        std::chrono::milliseconds inactivity; ///< how long the pump may say nothing within a procedure
        std::chrono::milliseconds procedure;  ///< how long one may take in all
    };
    HistoryReader(ble::PumpLink& link, ValueQueue& values, Limits limits, SteadyClock clock);

    using RecordSink = std::function<void(protocol::Bytes record)>;
    using Range = SequenceRange;

    // All throw ble::LinkError; Timeout when the pump falls silent, or trickles.
    asio::awaitable<void> subscribe();
    asio::awaitable<std::optional<protocol::Bytes>> first();
    asio::awaitable<std::optional<protocol::Bytes>> last();
    /// Calls `sink` for each record in the order of arrival. "No records found" is a normal, empty outcome.
    asio::awaitable<protocol::HistoryRacp::ResponseCode> report(Range range, RecordSink sink);

    /// Values that are not part of a procedure (IDD Status Changed) are handed here.
    void onOtherValue(std::function<void(const ble::ValueArrived&)> handler) { other_ = std::move(handler); }

private:
    asio::awaitable<protocol::HistoryRacp::ResponseCode> procedure(protocol::HistoryRacp::Request request,
                                                                   RecordSink sink);
    asio::awaitable<std::optional<protocol::Bytes>> single(protocol::HistoryRacp::Request request);
    asio::awaitable<ble::ValueArrived> next(FollowPlan::Time deadline);

    ble::PumpLink& link_;
    ValueQueue& values_;
    Limits limits_;
    SteadyClock clock_;
    std::function<void(const ble::ValueArrived&)> other_;
};

} // namespace bridge
