// SPDX-License-Identifier: MIT
// Reads the pump's present state: characteristics, the status reader control point, the last glucose
// measurement. One procedure at a time, each ended by its indication. Facts: docs/protocol/services.md 3, 5,
// 7, 10.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>

#include "ble/pump_link.hpp"
#include "bridge/session/value_queue.hpp"
#include "protocol/cgm/measurement.hpp"
#include "protocol/cgm/session.hpp"
#include "protocol/idd/device_information.hpp"
#include "protocol/idd/status.hpp"
#include "protocol/idd/status_changed.hpp"
#include "protocol/idd/status_reader.hpp"

namespace spdlog {
class logger;
}

namespace bridge {

/// Every read gives nothing where the pump refuses it, says nothing in time or says what cannot be read: a
/// pump without a sensor refuses several, and none is worth a connection. Only "disconnected" is thrown.
class LiveReader {
public:
    /// `inactivity`: how long the pump may say nothing within a procedure.
    LiveReader(ble::PumpLink& link, ValueQueue& values, std::chrono::milliseconds inactivity,
               spdlog::logger& log);

    /// To indications and to the answers of the control points.
    asio::awaitable<void> subscribe();

    /// False when the pump did not confirm it.
    asio::awaitable<bool> resetStatus(protocol::idd::StatusChanged changes);
    /// The latched bits.
    asio::awaitable<std::optional<protocol::idd::StatusChanged>> changes();

    asio::awaitable<std::optional<protocol::idd::Status>> status();
    asio::awaitable<std::optional<protocol::idd::Annunciation>> annunciation();
    asio::awaitable<std::optional<protocol::idd::status_reader::DisplayFormat>> displayFormat();
    asio::awaitable<std::optional<protocol::idd::status_reader::TherapyAlgorithmStates>> algorithm();
    asio::awaitable<std::optional<protocol::idd::status_reader::InsulinOnBoard>> insulinOnBoard();
    asio::awaitable<std::optional<protocol::idd::status_reader::ActiveBasalRateDelivery>> basal();
    asio::awaitable<std::optional<protocol::idd::status_reader::ActiveBolusIds>> activeBoluses();

    asio::awaitable<std::optional<protocol::cgm::Measurement>> measurement();
    asio::awaitable<std::optional<protocol::cgm::SessionStartTime>> sessionStart();
    asio::awaitable<std::optional<protocol::cgm::SessionRunTime>> sessionRunTime();

    asio::awaitable<std::optional<std::uint8_t>> batteryPercent();
    asio::awaitable<std::optional<std::uint8_t>> transmitterBatteryPercent();

    /// Values that are not part of a procedure (IDD Status Changed) are handed here.
    void onOtherValue(std::function<void(const ble::ValueArrived&)> handler) { other_ = std::move(handler); }

private:
    using Request = protocol::idd::status_reader::Request;
    using Response = protocol::idd::status_reader::Response;

    /// The answer that `isWanted` knows, or the general response to this request.
    asio::awaitable<std::optional<Response>> exchange(Request request, bool (*isWanted)(const Response&));
    template <typename Answer>
    asio::awaitable<std::optional<Answer>> ask(Request request);
    template <typename Value>
    asio::awaitable<std::optional<Value>> read(ble::PumpCharacteristic characteristic,
                                               protocol::Parsed<Value> (*parse)(protocol::ByteView));
    asio::awaitable<bool> trySubscribe(ble::PumpCharacteristic characteristic);
    asio::awaitable<bool> tryWrite(ble::PumpCharacteristic characteristic, protocol::Bytes value);
    asio::awaitable<std::optional<ble::ValueArrived>> nextWithin(ble::PumpCharacteristic procedure);
    void noteRefusal(ble::PumpCharacteristic characteristic, const ble::LinkError& error);

    ble::PumpLink& link_;
    ValueQueue& values_;
    std::chrono::milliseconds inactivity_;
    spdlog::logger& log_;
    std::function<void(const ble::ValueArrived&)> other_;
    std::set<ble::PumpCharacteristic> absent_;     ///< the pump does not have them, or no answers can come
    std::set<ble::PumpCharacteristic> unreadable_; ///< said of them already
    std::set<protocol::idd::status_reader::OpCode> unsupported_;
};

} // namespace bridge
