// SPDX-License-Identifier: MIT
#include "ble/event_queue.hpp"

#include <algorithm>
#include <iterator>

namespace ble {

void EventQueue::push(LinkEvent event) {
    entries_.push_back(Entry{.event = std::move(event)});
    changes_.announce();
}

void EventQueue::pushValue(PumpCharacteristic characteristic, Bytes value) {
    entries_.push_back(Entry{.event = ValueArrived{characteristic, std::move(value)},
                             .undecoded = true,
                             .duringRead = reading_ == characteristic});
    changes_.announce();
}

bool EventQueue::frontIsReady() const {
    return !entries_.empty() && !(reading_ && entries_.front().duringRead);
}

asio::awaitable<LinkEvent> EventQueue::next() {
    for (;;) {
        co_await changes_.until([this] { return frontIsReady(); }, Condition::kNever);
        Entry entry = std::move(entries_.front());
        entries_.pop_front();
        if (std::holds_alternative<Connected>(entry.event)) {
            decoder_ = nullptr;
            encoder_ = nullptr;
        }
        if (decode(entry)) co_return std::move(entry.event);
    }
}

void EventQueue::beginRead(PumpCharacteristic characteristic) {
    reading_ = characteristic;
}

std::optional<Bytes> EventQueue::endRead(Bytes reply) {
    if (!reading_) return std::nullopt;
    const auto characteristic = *reading_;
    dropEcho(reply);
    // Apart, for what the decoder does may push events and end the read.
    auto before = std::exchange(entries_, {});
    std::erase_if(before, [this](Entry& entry) { return !decode(entry); });
    entries_.insert(entries_.begin(), std::make_move_iterator(before.begin()),
                    std::make_move_iterator(before.end()));
    auto plain = decode(characteristic, std::move(reply));
    abandonRead();
    return plain;
}

void EventQueue::abandonRead() {
    reading_.reset();
    for (auto& entry : entries_) entry.duringRead = false;
    changes_.announce();
}

void EventQueue::dropEcho(const Bytes& reply) {
    const auto echo = std::find_if(entries_.rbegin(), entries_.rend(), [&](const Entry& entry) {
        const auto* value = std::get_if<ValueArrived>(&entry.event);
        return entry.duringRead && value != nullptr && value->value == reply;
    });
    if (echo != entries_.rend()) entries_.erase(std::next(echo).base());
}

std::optional<Bytes> EventQueue::decode(PumpCharacteristic characteristic, Bytes value) const {
    if (const auto decoder = decoder_) return (*decoder)(characteristic, std::move(value));
    if (info(characteristic).encrypted) return std::nullopt;
    return value;
}

// False: to be dropped.
bool EventQueue::decode(Entry& entry) const {
    if (!std::exchange(entry.undecoded, false)) return true;
    auto& arrived = std::get<ValueArrived>(entry.event);
    auto plain = decode(arrived.characteristic, std::move(arrived.value));
    if (plain) arrived.value = std::move(*plain);
    return plain.has_value();
}

} // namespace ble
