// SPDX-License-Identifier: MIT
// What is known of events that have no history record of their own, from one run of the bridge to the next.
#pragma once

#include <string>
#include <vector>

#include "bridge/store/store.hpp"
#include "nightscout/documents/status_events.hpp"

namespace bridge {

/// Read from the store's settings when made; nothing is written before save().
class StoredEventMemory {
public:
    StoredEventMemory(const Store& store, const PumpInfo& pump);

    nightscout::StatusMemory memory;

    /// Of documents of the history, leaves out those that another source tells, or may still tell.
    void settle(std::vector<nightscout::Document>& documents);
    /// Whether a document of the history may be sent in a back-fill: not when another source told its event,
    /// or is still waited for.
    [[nodiscard]] bool mayRepeat(const nightscout::Document& document) const;
    /// After what was decided by it is queued: a crash in between only repeats.
    void save(Store& store);

private:
    std::string key_;
    nightscout::StatusMemory saved_;
};

} // namespace bridge
