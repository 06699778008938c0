// SPDX-License-Identifier: MIT
#include "bridge/remembered_events.hpp"

#include <nlohmann/json.hpp>

namespace bridge {

using nightscout::Document;
using nightscout::Kind;
using nightscout::StatusMemory;

RememberedEvents::RememberedEvents(Store& store, const PumpInfo& pump)
    : store_(store), key_("events." + pump.serial) {
    if (const auto text = store.setting(key_)) {
        memory = StatusMemory::fromJson(nlohmann::json::parse(*text, nullptr, false));
    }
    saved_ = memory;
}

void RememberedEvents::settle(std::vector<Document>& documents) {
    std::erase_if(documents, [this](const Document& document) {
        if (document.kind == Kind::Sensor) {
            memory.ledger.hold(document); // for the start that the sensor session tells
            return true;
        }
        return document.kind == Kind::Battery && !memory.ledger.tell(document);
    });
}

void RememberedEvents::save() {
    if (memory == saved_) return;
    store_.setSetting(key_, memory.toJson().dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    saved_ = memory;
}

} // namespace bridge
