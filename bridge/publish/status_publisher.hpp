// SPDX-License-Identifier: MIT
// From what was read of the pump's present state to waiting documents: the device status, when one is due,
// and events that have no history record. docs/nightscout/mapping.md 8.9, 8.10, 8.13 and 10.
#pragma once

#include <map>

#include "bridge/publish/host_clock.hpp"
#include "bridge/publish/publisher.hpp"
#include "bridge/store/store.hpp"
#include "nightscout/documents/device_status.hpp"
#include "nightscout/documents/mapping.hpp"
#include "therapy/pump_status.hpp"

namespace bridge {

class StatusPublisher {
public:
    /// `remembers`: what was handed to `sink` is not offered again; false for a sink that only shows it.
    StatusPublisher(Store& store, const HostClock& host, nightscout::MappingSettings settings,
                    DocumentSink sink, bool remembers);

    /// Keeps what of `status` has a say in what the history means; of what counts by its time, nothing while
    /// the host's clock is not trusted. True when it may mean something else now:
    /// Publisher::publishNewest().
    bool note(const PumpInfo& pump, const therapy::PumpStatus& status);

    /// After each batch of readings; queues what is due, which is nothing while the host's clock is not
    /// trusted (docs/nightscout/mapping.md 5.3).
    QueueResult publish(const PumpInfo& pump, therapy::PumpStatus status);

private:
    Store& store_;
    const HostClock& host_;
    nightscout::MappingSettings settings_;
    DocumentSink sink_;
    bool remembers_;
    std::map<PumpId, nightscout::StatusPace> paces_;
};

} // namespace bridge
