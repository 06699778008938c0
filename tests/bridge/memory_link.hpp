// SPDX-License-Identifier: MIT
// A link to a virtual pump in the same process: no bus, no radio, no waiting.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ble/pump_link.hpp"
#include "virtual_pump/pump.hpp"

namespace link_test {

class MemoryLink final : public ble::PumpLink {
public:
    MemoryLink(const boost::asio::any_io_executor& executor, virtual_pump::Pump& pump);

    /// The pump comes, finds its services resolved and subscribes to the SAKE port.
    void arrive();
    /// The same, but its services are still being found.
    void arriveUnresolved();
    /// The pump goes out of range.
    void leave();
    /// The pump takes its subscription of the SAKE port back; and comes with another.
    void unsubscribe() { push(ble::PortUnsubscribed{}); }
    void subscribeAgain();
    /// A frame of no session.
    void sendUndecodable();
    [[nodiscard]] bool isConnected() const { return connected_; }
    /// The pump goes out of range before it hears this message on the SAKE port, counted from 1.
    void leaveAtPortMessage(int number) { portMessagesLeft_ = number; }
    /// The pump goes out of range before this read, write or subscription, counted from 1.
    void leaveAtOperation(int number) { operationsLeft_ = number; }
    /// This value, counted from 1, comes after the one that follows it.
    void swapAt(int number) { valuesLeft_ = number; }
    /// Refuses this many of the next operations with LinkErrorKind::Refused.
    void failNext(int operations) { failures_ = operations; }
    /// Refuses all operations with it.
    void refuse(ble::PumpCharacteristic characteristic) { refused_.insert(characteristic); }
    /// What is read of it has another last byte than the pump has sent: that of a checksum.
    void spoil(ble::PumpCharacteristic characteristic) { spoilt_.insert(characteristic); }
    /// This indication of the history's control point, counted from 1, has an op code that is none.
    void garbleAnswer(int number) { answersLeft_ = number; }
    void refuseNothing() { refused_.clear(); }
    /// The pump takes what is written, and says nothing; what it had to say is lost.
    void setSilent(bool silent) { silent_ = silent; }
    /// bluetoothd ends, and the connection with it.
    void loseHost();
    /// Called after each end of a connection.
    void onEnd(std::function<void()> handler) { onEnd_ = std::move(handler); }
    /// Puts what the pump has to say now on the link.
    void deliver();
    /// What was read and written, in order.
    struct Operation {
        ble::PumpCharacteristic characteristic;
        std::string written; ///< plaintext in hexadecimal; empty for a read
        friend bool operator==(const Operation&, const Operation&) = default;
    };
    [[nodiscard]] const std::vector<Operation>& operations() const { return operations_; }
    [[nodiscard]] bool paired() const { return paired_; }
    [[nodiscard]] int disconnects() const { return disconnects_; }
    [[nodiscard]] std::optional<ble::EndReason> dropReason() const { return dropReason_; }

    boost::asio::awaitable<ble::LinkEvent> nextEvent() override;
    void setDecoder(ble::ValueDecoder decoder) override { decoder_ = std::move(decoder); }
    void setEncoder(ble::ValueEncoder encoder) override { encoder_ = std::move(encoder); }
    void notifyPort(ble::ByteView value) override;
    boost::asio::awaitable<ble::Bytes> read(ble::PumpCharacteristic characteristic) override;
    boost::asio::awaitable<void> write(ble::PumpCharacteristic characteristic, ble::Bytes value) override;
    boost::asio::awaitable<void> subscribe(ble::PumpCharacteristic characteristic) override;
    boost::asio::awaitable<void> disconnect(ble::EndReason reason) override;
    void confirmHandshake() override { paired_ = true; }

private:
    void push(ble::LinkEvent event);
    void hand(virtual_pump::Outgoing outgoing);
    void refuseIfTold(ble::PumpCharacteristic characteristic);
    [[nodiscard]] static std::size_t handle(ble::PumpCharacteristic characteristic);

    virtual_pump::Pump& pump_;
    ble::ValueDecoder decoder_;
    ble::ValueEncoder encoder_;
    std::vector<Operation> operations_;
    std::deque<ble::LinkEvent> events_;
    boost::asio::steady_timer wake_;
    bool connected_ = false;
    bool paired_ = false;
    bool silent_ = false;
    std::function<void()> onEnd_;
    int failures_ = 0;
    int portMessagesLeft_ = 0; ///< these four: 0 is never
    int operationsLeft_ = 0;
    int valuesLeft_ = 0;
    int answersLeft_ = 0;
    std::set<ble::PumpCharacteristic> refused_;
    std::set<ble::PumpCharacteristic> spoilt_;
    int disconnects_ = 0;
    std::optional<ble::EndReason> dropReason_; ///< of this connection, or of the last one
};

} // namespace link_test
