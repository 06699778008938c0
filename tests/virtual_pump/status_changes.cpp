// SPDX-License-Identifier: MIT
#include "virtual_pump/status_changes.hpp"

namespace virtual_pump {

namespace {

// Marks of the encoding, not changes of anything.
constexpr std::uint64_t kMarks = std::uint64_t{1} << 15U | std::uint64_t{1} << 31U;

StatusChanges::Flags withMarks(std::uint64_t flags) {
    flags &= ~kMarks;
    const StatusChanges::Flags plain{flags};
    if (plain.blocks() > 2) flags |= std::uint64_t{1} << 31U;
    if (plain.blocks() > 1) flags |= std::uint64_t{1} << 15U;
    return {flags};
}

} // namespace

void StatusChanges::raise(Flags changes) {
    latched_ = withMarks(latched_.flags | changes.flags);
    untold_ = withMarks(untold_.flags | changes.flags);
}

void StatusChanges::reset(Flags changes) {
    latched_ = withMarks(latched_.flags & ~changes.flags);
    untold_ = withMarks(untold_.flags & ~changes.flags);
    awaitsReset_ = false;
}

void StatusChanges::subscribed() {
    untold_ = latched_;
    awaitsReset_ = false;
}

std::optional<StatusChanges::Flags> StatusChanges::takeIndication() {
    if (awaitsReset_ || untold_.flags == 0) return std::nullopt;
    awaitsReset_ = true;
    untold_ = {};
    return latched_;
}

} // namespace virtual_pump
