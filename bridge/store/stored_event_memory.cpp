// SPDX-License-Identifier: MIT
#include "bridge/store/stored_event_memory.hpp"

#include <nlohmann/json.hpp>

namespace bridge {

using nightscout::Document;
using nightscout::Kind;
using nightscout::StatusMemory;

StoredEventMemory::StoredEventMemory(const Store& store, const PumpInfo& pump)
    : key_("events." + pump.serial) {
    if (const auto text = store.setting(key_)) {
        memory = StatusMemory::fromJson(nlohmann::json::parse(*text, nullptr, false));
    }
    saved_ = memory;
}

void StoredEventMemory::settle(std::vector<Document>& documents) {
    std::erase_if(documents, [this](const Document& document) {
        if (document.kind == Kind::Sensor) {
            memory.events.hold(document); // for the start that the sensor session tells
            return true;
        }
        return document.kind == Kind::Battery && !memory.events.report(document);
    });
}

bool StoredEventMemory::mayRepeat(const Document& document) const {
    if (document.kind == Kind::Sensor) return memory.events.wasReported(document);
    auto events = memory.events;
    return document.kind != Kind::Battery || events.report(document);
}

void StoredEventMemory::save(Store& store) {
    if (memory == saved_) return;
    store.setSetting(key_, memory.toJson().dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    saved_ = memory;
}

} // namespace bridge
