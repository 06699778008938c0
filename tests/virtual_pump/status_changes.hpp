// SPDX-License-Identifier: MIT
// IDD Status Changed on the pump's side: bits stay set until they are reset, and between two resets there is
// one indication. Facts: docs/protocol/services.md 6.
#pragma once

#include <optional>

#include "protocol/idd/status_changed.hpp"

namespace virtual_pump {

class StatusChanges {
public:
    using Flags = protocol::idd::StatusChanged;

    void raise(Flags changes);
    /// What is latched, for a read.
    [[nodiscard]] Flags latched() const { return latched_; }
    /// Clears these bits, also where they were raised again meanwhile, and lets the pump indicate again.
    void reset(Flags changes);
    /// A new subscription: everything latched is told once more.
    void subscribed();

    /// What to indicate now, everything latched; empty while nothing is new or a reset is awaited.
    std::optional<Flags> takeIndication();

private:
    Flags latched_;
    Flags untold_; ///< raised since the last indication
    bool awaitsReset_ = false;
};

} // namespace virtual_pump
