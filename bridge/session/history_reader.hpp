// SPDX-License-Identifier: MIT
// Reads history over the record access control point: one procedure at a time, each ended by its indication.
// Facts: docs/protocol/history.md 2.5 and 3, docs/protocol/link.md 8.1.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include "ble/pump_link.hpp"
#include "bridge/session/value_queue.hpp"
#include "bridge/store/store.hpp"
#include "protocol/history/assembler.hpp"
#include "protocol/racp.hpp"

namespace bridge {

class HistoryReader {
public:
    /// `inactivity`: how long the pump may say nothing within a procedure.
    HistoryReader(ble::PumpLink& link, ValueQueue& values, std::chrono::milliseconds inactivity);

    using RecordSink = std::function<void(protocol::Bytes record)>;
    using Range = SequenceRange;

    // All throw ble::LinkError; "timeout" when the pump falls silent.
    asio::awaitable<void> subscribe();
    asio::awaitable<std::optional<protocol::Bytes>> first();
    asio::awaitable<std::optional<protocol::Bytes>> last();
    /// Calls `sink` for each record in the order of arrival. "No records found" is a normal, empty outcome.
    asio::awaitable<protocol::HistoryRacp::ResponseCode> report(Range range, RecordSink sink);

    /// Values that are not part of a procedure (IDD Status Changed) are handed here.
    void onOtherValue(std::function<void(const ble::ValueArrived&)> handler) { other_ = std::move(handler); }

private:
    asio::awaitable<protocol::HistoryRacp::Response> procedure(protocol::HistoryRacp::Request request,
                                                               RecordSink sink);
    asio::awaitable<std::optional<protocol::Bytes>> single(protocol::HistoryRacp::Request request);

    ble::PumpLink& link_;
    ValueQueue& values_;
    std::chrono::milliseconds inactivity_;
    std::function<void(const ble::ValueArrived&)> other_;
};

} // namespace bridge
