// SPDX-License-Identifier: MIT
#include "bridge/remembered_events.hpp"

#include <nlohmann/json.hpp>

namespace bridge {

using nightscout::Document;
using nightscout::Kind;
using nightscout::StatusMemory;

RememberedEvents::RememberedEvents(const Store& store, const PumpInfo& pump) : key_("events." + pump.serial) {
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

bool RememberedEvents::mayRepeat(const Document& document) const {
    if (document.kind == Kind::Sensor) return memory.ledger.wasTold(document);
    auto ledger = memory.ledger;
    return document.kind != Kind::Battery || ledger.tell(document);
}

void RememberedEvents::save(Store& store) {
    if (memory == saved_) return;
    store.setSetting(key_, memory.toJson().dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    saved_ = memory;
}

} // namespace bridge
