// SPDX-License-Identifier: MIT
#include "bridge/publish/status_publisher.hpp"

#include <utility>

#include "bridge/store/stored_event_memory.hpp"
#include "nightscout/documents/status_events.hpp"

namespace bridge {

using nightscout::Feature;

namespace {

/// Of the pump's clock now; empty while it is lost, or was never measured.
std::optional<std::chrono::seconds> presentOffset(const Store& store, PumpId pump) {
    const auto offsets = store.clockOffsets(pump);
    if (offsets.empty() || offsets.back().source == therapy::OffsetSource::Lost) return std::nullopt;
    return offsets.back().offset;
}

/// What does not count by its time.
therapy::PumpStatus timeless(const therapy::PumpStatus& status) {
    therapy::PumpStatus rest;
    rest.readAt = status.readAt;
    rest.displayFormat = status.displayFormat;
    return rest;
}

} // namespace

StatusPublisher::StatusPublisher(Store& store, const HostClock& host, nightscout::MappingSettings settings,
                                 DocumentSink sink, bool remembers)
    : store_(store),
      host_(host),
      settings_(std::move(settings)),
      sink_(std::move(sink)),
      remembers_(remembers) {}

bool StatusPublisher::note(const PumpInfo& pump, const therapy::PumpStatus& status) {
    const auto held = store_.held(pump.id);
    StoredEventMemory events(store_, pump);
    const std::uint32_t newest = held.empty() ? 0 : held.back().last;
    const bool news =
        therapy::noteStatus(events.memory.live, host_.trusted() ? status : timeless(status), newest);
    events.save(store_);
    return news;
}

QueueResult StatusPublisher::publish(const PumpInfo& pump, therapy::PumpStatus status) {
    if (!host_.trusted()) return {};
    if (!status.clockOffset) status.clockOffset = presentOffset(store_, pump.id);
    StoredEventMemory events(store_, pump);
    auto documents = nightscout::statusEvents(status, pump.serial, settings_, events.memory);
    nightscout::StatusPace& pace = paces_[pump.id];
    if (settings_.features.contains(Feature::DeviceStatus) && pace.isDue(status)) {
        documents.push_back(nightscout::deviceStatus(status, pump.serial, settings_));
        pace.noteSent(status);
    }
    QueueResult queued;
    if (!documents.empty()) queued = sink_(pump.id, documents, {});
    if (remembers_) events.save(store_);
    return queued;
}

} // namespace bridge
