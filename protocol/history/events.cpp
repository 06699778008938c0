// SPDX-License-Identifier: MIT
#include "protocol/history/events.hpp"

#include <type_traits>

namespace protocol::history {

static_assert(std::is_nothrow_move_constructible_v<EventVariant>);
static_assert(std::is_nothrow_move_assignable_v<EventVariant>);

EventData::EventData(const EventData&) = default;
EventData::EventData(EventData&&) noexcept = default;
EventData& EventData::operator=(const EventData&) = default;
EventData& EventData::operator=(EventData&&) noexcept = default;
EventData::~EventData() = default;

bool operator==(const EventData& left, const EventData& right) {
    return static_cast<const EventVariant&>(left) == static_cast<const EventVariant&>(right);
}

} // namespace protocol::history
