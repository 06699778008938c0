// SPDX-License-Identifier: MIT
#include "bridge/session/history_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/codec/cut_value.hpp"

namespace bridge {

using racp = protocol::HistoryRacp;
using ble::PumpCharacteristic;
using protocol::Bytes;

HistoryReader::HistoryReader(ble::PumpLink& link, ValueQueue& values, Limits limits, SteadyClock clock)
    : link_(link), values_(values), limits_(limits), clock_(std::move(clock)) {}

asio::awaitable<void> HistoryReader::subscribe() {
    // Data before control point (docs/protocol/link.md 8.1).
    co_await link_.subscribe(PumpCharacteristic::IddHistoryData);
    co_await link_.subscribe(PumpCharacteristic::IddRecordAccessControlPoint);
}

asio::awaitable<ble::ValueArrived> HistoryReader::next(FollowPlan::Time deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock_());
    if (left <= std::chrono::milliseconds::zero())
        throw ble::LinkError(ble::LinkErrorKind::Timeout, "a history report of the pump does not end");
    auto value = co_await values_.pop(std::min(left, limits_.inactivity));
    if (!value)
        throw ble::LinkError(
            ble::LinkErrorKind::Timeout,
            fmt::format("the pump said nothing for {} s during a history report",
                        std::chrono::duration_cast<std::chrono::seconds>(std::min(left, limits_.inactivity))
                            .count()));
    co_return std::move(*value);
}

asio::awaitable<racp::ResponseCode> HistoryReader::procedure(racp::Request request, RecordSink sink) {
    // The MTU in effect shows in what arrives. Under a larger one every record is one notification (the
    // longest has 26 bytes).
    protocol::history::Assembler small{protocol::kSmallestFullPiece};
    protocol::history::Assembler whole{std::nullopt};
    bool largeMtu = false;
    const auto deadline = clock_() + limits_.procedure;

    co_await link_.write(PumpCharacteristic::IddRecordAccessControlPoint, racp::serialize(request));
    for (;;) {
        const auto value = co_await next(deadline);
        switch (value.characteristic) {
            case PumpCharacteristic::IddHistoryData:
                if (value.value.size() > protocol::kSmallestFullPiece && !largeMtu) {
                    largeMtu = true;
                    small.flush(sink);
                }
                (largeMtu ? whole : small).add(value.value, sink);
                break;
            case PumpCharacteristic::IddRecordAccessControlPoint: {
                const auto response = racp::parseResponse(value.value);
                if (!response) {
                    throw ble::LinkError(ble::LinkErrorKind::Protocol,
                                         "record access response " + protocol::toHex(value.value) + ": " +
                                             protocol::toString(response.error()));
                }
                const auto* general = std::get_if<racp::GeneralResponse>(&*response);
                // An answer to something else ends nothing (docs/protocol/history.md 2.3).
                if (general == nullptr || general->request != racp::OpCode::ReportRecords) break;
                small.flush(sink);
                whole.flush(sink);
                co_return general->code;
            }
            default:
                if (other_) other_(value);
        }
    }
}

asio::awaitable<std::optional<Bytes>> HistoryReader::single(racp::Request request) {
    std::optional<Bytes> record;
    RecordSink sink = [&record](Bytes bytes) { record = std::move(bytes); };
    co_await procedure(request, std::move(sink));
    co_return record;
}

asio::awaitable<std::optional<Bytes>> HistoryReader::first() {
    co_return co_await single(racp::ReportFirst{});
}

asio::awaitable<std::optional<Bytes>> HistoryReader::last() {
    co_return co_await single(racp::ReportLast{});
}

asio::awaitable<racp::ResponseCode> HistoryReader::report(Range range, RecordSink sink) {
    co_return co_await procedure(racp::ReportRange{range.first, range.last}, std::move(sink));
}

} // namespace bridge
