// SPDX-License-Identifier: MIT
// The events of the link in the order of the bus, and the one place where values from the pump are decoded:
// SAKE's counter runs over notifications, indications and read replies alike (docs/protocol/sake.md 7.7).
//
// bluetoothd announces the result of a read as a change of Value as well, just before its reply. This echo
// would take the frame's turn in the decoder, and the reply would then be refused as a duplicate: so while a
// read is under way, values of its characteristic wait, and an equal one is dropped when the reply is there.
#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "ble/condition.hpp"
#include "ble/pump_link.hpp"

namespace ble {

class EventQueue {
public:
    EventQueue(asio::any_io_executor executor, Condition::Clock clock)
        : changes_(std::move(executor), std::move(clock)) {}

    /// Without one, values of encrypted characteristics are dropped. Forgotten when Connected is taken.
    void setDecoder(ValueDecoder decoder) {
        decoder_ = decoder ? std::make_shared<const ValueDecoder>(std::move(decoder)) : nullptr;
    }
    /// For what is written; forgotten together with the decoder.
    void setEncoder(ValueEncoder encoder) { encoder_ = std::move(encoder); }
    [[nodiscard]] std::optional<Bytes> encode(ByteView value) const {
        return encoder_ ? encoder_(value) : std::nullopt;
    }
    void push(LinkEvent event);
    /// As it came; decoded when it is taken, or before the reply of a read that came later.
    void pushValue(PumpCharacteristic characteristic, Bytes value);
    /// The next event. One caller at a time.
    asio::awaitable<LinkEvent> next();

    /// One read at a time: begin, then end or abandon.
    void beginRead(PumpCharacteristic characteristic);
    /// In the order of the bus. Empty: not decodable. The decoder may call anything here but next().
    std::optional<Bytes> endRead(Bytes reply);
    void abandonRead();

private:
    struct Entry {
        LinkEvent event;
        bool undecoded = false;
        bool duringRead = false; ///< came while a read of the same characteristic was under way
    };

    Condition changes_;
    std::deque<Entry> entries_;
    std::shared_ptr<const ValueDecoder> decoder_; ///< shared: it may replace itself while it runs
    ValueEncoder encoder_;
    std::optional<PumpCharacteristic> reading_;

    [[nodiscard]] bool frontIsReady() const;
    std::optional<Bytes> decode(PumpCharacteristic characteristic, Bytes value) const;
    bool decode(Entry& entry) const;
    void dropEcho(const Bytes& reply);
};

} // namespace ble
