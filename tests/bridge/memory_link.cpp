// SPDX-License-Identifier: MIT
#include "memory_link.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <stdexcept>

namespace link_test {

namespace asio = boost::asio;
using ble::Bytes;
using ble::LinkError;
using ble::LinkErrorKind;
using ble::PumpCharacteristic;

MemoryLink::MemoryLink(const asio::any_io_executor& executor, virtual_pump::Pump& pump)
    : pump_(pump), wake_(executor) {}

std::size_t MemoryLink::handle(PumpCharacteristic characteristic) {
    const auto& about = ble::info(characteristic);
    const auto& table = virtual_pump::characteristics();
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (table[i].serviceUuid == about.serviceUuid && table[i].uuid == about.uuid) return i;
    }
    throw std::logic_error("the virtual pump lacks a characteristic");
}

void MemoryLink::push(ble::LinkEvent event) {
    events_.push_back(std::move(event));
    wake_.cancel();
}

void MemoryLink::arrive() {
    arriveUnresolved();
    push(ble::ServicesResolved{});
}

void MemoryLink::arriveUnresolved() {
    connected_ = true;
    dropReason_.reset();
    pump_.connected();
    push(ble::Connected{{"00:23:F7:00:00:01", "Pump 1234567H", true}});
    push(ble::PortSubscribed{});
}

void MemoryLink::subscribeAgain() {
    if (!connected_) return;
    pump_.disconnected(); // its side of the session
    pump_.connected();
    push(ble::PortUnsubscribed{});
    push(ble::PortSubscribed{});
}

void MemoryLink::sendUndecodable() {
    if (decoder_) (void)decoder_(PumpCharacteristic::IddStatus, {1, 2, 3, 4, 5, 6, 7});
}

void MemoryLink::leave() {
    if (!connected_) return;
    connected_ = false;
    pump_.disconnected();
    push(ble::Disconnected{dropReason_.value_or(ble::EndReason::LinkLost), true});
    if (onEnd_) onEnd_();
}

void MemoryLink::loseHost() {
    dropReason_ = ble::EndReason::HostGone;
    leave();
}

asio::awaitable<ble::LinkEvent> MemoryLink::nextEvent() {
    while (events_.empty()) {
        wake_.expires_at(asio::steady_timer::time_point::max());
        (void)co_await wake_.async_wait(asio::as_tuple(asio::use_awaitable));
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) {
            throw boost::system::system_error(asio::error::operation_aborted);
        }
    }
    auto event = std::move(events_.front());
    events_.pop_front();
    co_return event;
}

void MemoryLink::notifyPort(ble::ByteView value) {
    if (portMessagesLeft_ > 0 && --portMessagesLeft_ == 0) return leave();
    if (auto answer = pump_.portNotified(value)) push(ble::PortWritten{std::move(*answer)});
}

void MemoryLink::deliver() {
    while (connected_) {
        auto outgoing = pump_.nextOutgoing();
        if (!outgoing) break;
        if (silent_) continue;
        if (valuesLeft_ > 0 && --valuesLeft_ == 0) {
            if (auto overtaking = pump_.nextOutgoing()) hand(std::move(*overtaking));
        }
        hand(std::move(*outgoing));
        if (pump_.wantsDisconnect()) leave();
    }
}

void MemoryLink::hand(virtual_pump::Outgoing outgoing) {
    const auto& spec = virtual_pump::characteristics().at(outgoing.characteristic);
    for (const auto& about : ble::characteristics()) {
        if (about.uuid != spec.uuid || about.serviceUuid != spec.serviceUuid) continue;
        if (auto plain = decoder_ ? decoder_(about.id, std::move(outgoing.value)) : std::nullopt) {
            const bool answer = about.id == PumpCharacteristic::IddRecordAccessControlPoint;
            if (answer && answersLeft_ > 0 && --answersLeft_ == 0) plain->front() = 0xff;
            push(ble::ValueArrived{about.id, std::move(*plain)});
        }
        break;
    }
}

void MemoryLink::refuseIfTold(PumpCharacteristic characteristic) {
    if (operationsLeft_ > 0 && --operationsLeft_ == 0) leave();
    if (!connected_) throw LinkError(LinkErrorKind::Disconnected, "the pump has gone");
    if (refused_.contains(characteristic)) throw LinkError(LinkErrorKind::Refused, "refused by the test");
    if (failures_ > 0) {
        --failures_;
        throw LinkError(LinkErrorKind::Refused, "refused by the test");
    }
}

asio::awaitable<Bytes> MemoryLink::read(PumpCharacteristic characteristic) {
    refuseIfTold(characteristic);
    operations_.push_back({characteristic, {}});
    auto value = pump_.read(handle(characteristic));
    if (!value) throw LinkError(LinkErrorKind::Refused, "ATT error");
    auto plain = decoder_ ? decoder_(characteristic, *value) : std::nullopt;
    if (!plain) throw LinkError(LinkErrorKind::Undecodable, "the value could not be decoded");
    if (spoilt_.contains(characteristic)) plain->back() ^= 0xff;
    co_return *plain;
}

asio::awaitable<void> MemoryLink::write(PumpCharacteristic characteristic, Bytes value) {
    refuseIfTold(characteristic);
    if (!ble::isPermittedWrite(characteristic, value))
        throw LinkError(LinkErrorKind::WriteRefused, "not a permitted write");
    operations_.push_back({characteristic, protocol::toHex(value)});
    if (ble::info(characteristic).encrypted) {
        auto frame = encoder_ ? encoder_(value) : std::nullopt;
        if (!frame) throw LinkError(LinkErrorKind::NoSession, "no session");
        value = std::move(*frame);
    }
    if (pump_.write(handle(characteristic), value)) throw LinkError(LinkErrorKind::Refused, "ATT error");
    deliver();
    co_return;
}

asio::awaitable<void> MemoryLink::subscribe(PumpCharacteristic characteristic) {
    refuseIfTold(characteristic);
    pump_.subscribe(handle(characteristic), true);
    co_return;
}

asio::awaitable<void> MemoryLink::disconnect(ble::EndReason reason) {
    ++disconnects_;
    dropReason_ = reason;
    leave();
    co_return;
}

} // namespace link_test
