// SPDX-License-Identifier: MIT
#include "capture/sake_listener.hpp"

#include <algorithm>

namespace capture {
namespace {

bool isStart(ByteView value) {
    return std::equal(value.begin(), value.end(), protocol::sake::kStartSignal.begin(),
                      protocol::sake::kStartSignal.end());
}

} // namespace

SakeListener::Step SakeListener::receive(Side from, ByteView value) {
    using Kind = Step::Kind;
    constexpr int kMessages = 6;
    if (isStart(value)) {
        // The phone may begin anew at any time; the pump only answers.
        const bool fits = from == Side::Phone || next_ == kAwaitReply;
        next_ = from == Side::Phone ? kAwaitReply : fits ? 0 : kIdle;
        return {fits ? Kind::Start : Kind::Unexpected, 0};
    }
    const Side due = next_ % 2 == 0 ? Side::Phone : Side::Pump;
    if (next_ < 0 || next_ >= kMessages || value.size() != protocol::sake::kMessageSize || from != due)
        return {Kind::Unexpected, 0};
    std::copy(value.begin(), value.end(), messages_.messages[static_cast<std::size_t>(next_)].begin());
    return {Kind::Message, next_++};
}

void SakeListener::reset() {
    next_ = kIdle;
}

std::optional<Transcript> SakeListener::transcript() const {
    if (next_ != static_cast<int>(messages_.messages.size())) return std::nullopt;
    return messages_;
}

} // namespace capture
