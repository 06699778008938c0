// SPDX-License-Identifier: MIT
#include "bridge/session/live_reader.hpp"

#include <spdlog/logger.h>

#include "protocol/codec/cut_value.hpp"
#include "protocol/racp.hpp"

namespace bridge {

namespace cgm = protocol::cgm;
namespace idd = protocol::idd;
namespace reader = protocol::idd::status_reader;
using ble::PumpCharacteristic;
using protocol::Bytes;

namespace {

reader::OpCode opCodeOf(const reader::Request& request) {
    return std::visit([](const auto& known) { return known.kOpCode; }, request);
}

} // namespace

LiveReader::LiveReader(ble::PumpLink& link, ValueQueue& values, std::chrono::milliseconds inactivity,
                       spdlog::logger& log)
    : link_(link), values_(values), inactivity_(inactivity), log_(log) {}

asio::awaitable<void> LiveReader::subscribe() {
    // A control point whose answers cannot come is not written to; data before control point
    // (docs/protocol/link.md 8.1).
    co_await trySubscribe(PumpCharacteristic::IddStatusReaderControlPoint);
    const bool measurements = co_await trySubscribe(PumpCharacteristic::CgmMeasurement);
    if (!measurements) absent_.insert(PumpCharacteristic::CgmRecordAccessControlPoint);
    if (measurements) co_await trySubscribe(PumpCharacteristic::CgmRecordAccessControlPoint);
    co_await trySubscribe(PumpCharacteristic::IddStatusChanged);
}

void LiveReader::noteRefusal(PumpCharacteristic characteristic, const ble::LinkError& error) {
    if (error.kind() == ble::LinkErrorKind::Disconnected) throw error;
    log_.debug("live: {}: {} ({})", ble::info(characteristic).name, error.what(), ble::name(error.kind()));
    if (error.kind() == ble::LinkErrorKind::Missing) absent_.insert(characteristic);
}

asio::awaitable<bool> LiveReader::trySubscribe(PumpCharacteristic characteristic) {
    try {
        co_await link_.subscribe(characteristic);
        co_return true;
    } catch (const ble::LinkError& error) {
        noteRefusal(characteristic, error);
        absent_.insert(characteristic);
    }
    co_return false;
}

asio::awaitable<bool> LiveReader::tryWrite(PumpCharacteristic characteristic, Bytes value) {
    if (absent_.contains(characteristic)) co_return false;
    try {
        co_await link_.write(characteristic, std::move(value));
        co_return true;
    } catch (const ble::LinkError& error) {
        noteRefusal(characteristic, error);
    }
    co_return false;
}

template <typename Value>
asio::awaitable<std::optional<Value>> LiveReader::read(PumpCharacteristic characteristic,
                                                       protocol::Parsed<Value> (*parse)(protocol::ByteView)) {
    if (absent_.contains(characteristic)) co_return std::nullopt;
    try {
        const Bytes raw = co_await link_.read(characteristic);
        auto value = parse(raw);
        if (value.has_value()) co_return std::move(*value);
        const auto level =
            unreadable_.insert(characteristic).second ? spdlog::level::warn : spdlog::level::debug;
        log_.log(level, "live: {} is unreadable: {}", ble::info(characteristic).name,
                 protocol::toString(value.error()));
    } catch (const ble::LinkError& error) {
        noteRefusal(characteristic, error);
    }
    co_return std::nullopt;
}

asio::awaitable<std::optional<ble::ValueArrived>> LiveReader::nextWithin(PumpCharacteristic procedure) {
    auto value = co_await values_.pop(inactivity_);
    if (!value) log_.warn("live: {}: no answer in time, going on", ble::info(procedure).name);
    co_return value;
}

asio::awaitable<std::optional<reader::Response>> LiveReader::exchange(Request request,
                                                                      bool (*isWanted)(const Response&)) {
    constexpr auto kControlPoint = PumpCharacteristic::IddStatusReaderControlPoint;
    const reader::OpCode opCode = opCodeOf(request);
    if (unsupported_.contains(opCode)) co_return std::nullopt;
    const bool written = co_await tryWrite(kControlPoint, reader::serialize(request));
    if (!written) co_return std::nullopt;
    protocol::CutValue answer;
    for (;;) {
        const auto value = co_await nextWithin(kControlPoint);
        if (!value) co_return std::nullopt;
        if (value->characteristic != kControlPoint) {
            if (other_) other_(*value);
            continue;
        }
        const bool full = value->value.size() == protocol::kSmallestFullPiece;
        const auto whole = answer.add(value->value, full, reader::parseResponse);
        if (!whole) continue;
        const auto& response = *whole;
        if (!response.has_value()) {
            log_.warn("live: status reader answer of {} bytes: {}", answer.bytes().size(),
                      protocol::toString(response.error()));
            co_return std::nullopt;
        }
        const auto* general = std::get_if<reader::GeneralResponse>(&*response);
        if (isWanted(*response) || (general != nullptr && general->request == opCode)) co_return *response;
        log_.debug("live: answer {} belongs to an earlier request", protocol::toHex(answer.bytes()));
    }
}

template <typename Answer>
asio::awaitable<std::optional<Answer>> LiveReader::ask(Request request) {
    const auto response =
        co_await exchange(request, [](const Response& any) { return std::holds_alternative<Answer>(any); });
    if (!response) co_return std::nullopt;
    if (const auto* answer = std::get_if<Answer>(&*response)) co_return *answer;
    const auto code = std::get<reader::GeneralResponse>(*response).code;
    log_.debug("live: request 0x{:04x} refused: {}", opCodeOf(request), idd::name(code));
    if (code == idd::ResponseCode::OpCodeNotSupported) unsupported_.insert(opCodeOf(request));
    co_return std::nullopt;
}

asio::awaitable<bool> LiveReader::resetStatus(idd::StatusChanged changes) {
    const auto response =
        co_await exchange(reader::ResetStatus{changes}, [](const Response& /*any*/) { return false; });
    if (!response) co_return false;
    co_return std::get<reader::GeneralResponse>(*response).code == idd::ResponseCode::Success;
}

asio::awaitable<std::optional<idd::StatusChanged>> LiveReader::changes() {
    return read<idd::StatusChanged>(PumpCharacteristic::IddStatusChanged, idd::parseStatusChanged);
}
asio::awaitable<std::optional<idd::Status>> LiveReader::status() {
    return read<idd::Status>(PumpCharacteristic::IddStatus, idd::parseStatus);
}
asio::awaitable<std::optional<idd::Annunciation>> LiveReader::annunciation() {
    return read<idd::Annunciation>(PumpCharacteristic::IddAnnunciationStatus, idd::parseAnnunciation);
}
asio::awaitable<std::optional<reader::DisplayFormat>> LiveReader::displayFormat() {
    return ask<reader::DisplayFormat>(reader::GetDisplayFormat{});
}
asio::awaitable<std::optional<reader::TherapyAlgorithmStates>> LiveReader::algorithm() {
    return ask<reader::TherapyAlgorithmStates>(reader::GetTherapyAlgorithmStates{});
}
asio::awaitable<std::optional<reader::InsulinOnBoard>> LiveReader::insulinOnBoard() {
    return ask<reader::InsulinOnBoard>(reader::GetInsulinOnBoard{});
}
asio::awaitable<std::optional<reader::ActiveBasalRateDelivery>> LiveReader::basal() {
    return ask<reader::ActiveBasalRateDelivery>(reader::GetActiveBasalRateDelivery{});
}
asio::awaitable<std::optional<reader::ActiveBolusIds>> LiveReader::activeBoluses() {
    return ask<reader::ActiveBolusIds>(reader::GetActiveBolusIds{});
}
asio::awaitable<std::optional<cgm::SessionStartTime>> LiveReader::sessionStart() {
    return read<cgm::SessionStartTime>(PumpCharacteristic::CgmSessionStartTime, cgm::parseSessionStartTime);
}
asio::awaitable<std::optional<cgm::SessionRunTime>> LiveReader::sessionRunTime() {
    return read<cgm::SessionRunTime>(PumpCharacteristic::CgmSessionRunTime, cgm::parseSessionRunTime);
}

asio::awaitable<std::optional<std::uint8_t>> LiveReader::batteryPercent() {
    const auto level =
        co_await read<idd::BatteryLevel>(PumpCharacteristic::BatteryLevel, idd::parseBatteryLevel);
    co_return level ? std::optional(level->percent) : std::nullopt;
}
asio::awaitable<std::optional<std::uint8_t>> LiveReader::transmitterBatteryPercent() {
    const auto level =
        co_await read<idd::BatteryLevel>(PumpCharacteristic::GstBatteryLevel, idd::parseBatteryLevel);
    co_return level ? std::optional(level->percent) : std::nullopt;
}

asio::awaitable<std::optional<cgm::Measurement>> LiveReader::measurement() {
    constexpr auto kControlPoint = PumpCharacteristic::CgmRecordAccessControlPoint;
    const bool written = co_await tryWrite(
        kControlPoint, protocol::GlucoseRacp::serialize(protocol::GlucoseRacp::ReportLast{}));
    if (!written) co_return std::nullopt;
    cgm::MeasurementAssembler assembler;
    std::optional<cgm::Measurement> newest;
    for (;;) {
        const auto value = co_await nextWithin(kControlPoint);
        if (!value) co_return newest;
        if (value->characteristic == PumpCharacteristic::CgmMeasurement) {
            for (const Bytes& record : assembler.add(value->value)) {
                const auto measurement = cgm::parseMeasurement(record);
                if (measurement.has_value()) {
                    newest = *measurement;
                } else {
                    log_.warn("live: glucose measurement of {} bytes: {}", record.size(),
                              protocol::toString(measurement.error()));
                }
            }
        } else if (value->characteristic == kControlPoint) {
            log_.debug("live: glucose record access answers {}", protocol::toHex(value->value));
            co_return newest;
        } else if (other_) {
            other_(*value);
        }
    }
}

} // namespace bridge
