// SPDX-License-Identifier: MIT
#include "nightscout/documents/event_deduplicator.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace nightscout {
namespace {

using Json = nlohmann::json;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// A pump holds the history of a week; sensors last as long.
constexpr std::size_t kRemembered = 32;

seconds patienceOf(Kind kind) {
    return kind == Kind::Sensor ? seconds{hours{24}} : seconds{minutes{15}};
}
milliseconds windowOf(Kind kind) {
    return kind == Kind::Sensor ? hours{3} : hours{2};
}

Json toJson(const Document& document) {
    return {{"identifier", document.identifier},   {"kind", static_cast<unsigned>(document.kind)},
            {"event_type", document.eventType},    {"time", document.time.time_since_epoch().count()},
            {"sequence", document.sequenceNumber}, {"body", document.body}};
}

Document documentFrom(const Json& saved) {
    Document document;
    document.identifier = saved.at("identifier").get<std::string>();
    document.collection = Collection::Treatments;
    document.kind = static_cast<Kind>(saved.at("kind").get<unsigned>());
    document.feature = Feature::PumpEvents;
    document.eventType = saved.at("event_type").get<std::string>();
    document.time = UtcMilliseconds(milliseconds(saved.at("time").get<std::int64_t>()));
    document.sequenceNumber = saved.at("sequence").get<std::uint32_t>();
    document.body = saved.at("body").get<std::string>();
    return document;
}

} // namespace

const EventDeduplicator::Reported* EventDeduplicator::sameEvent(const Document& document) const {
    const auto found = std::ranges::find_if(reported_, [&](const Reported& told) {
        return told.kind == document.kind &&
               std::chrono::abs(told.time - document.time) <= windowOf(document.kind);
    });
    return found == reported_.end() ? nullptr : &*found;
}

void EventDeduplicator::note(const Document& document) {
    reported_.push_back({document.kind, document.time, document.identifier});
    if (reported_.size() > kRemembered) reported_.erase(reported_.begin());
}

bool EventDeduplicator::wasReported(const Document& document) const {
    return std::ranges::any_of(reported_,
                               [&](const Reported& told) { return told.identifier == document.identifier; });
}

bool EventDeduplicator::report(const Document& document) {
    if (wasReported(document)) return true;
    if (sameEvent(document) != nullptr) return false;
    note(document);
    return true;
}

void EventDeduplicator::hold(const Document& document) {
    if (wasReported(document) || sameEvent(document) != nullptr) return;
    const auto held = std::ranges::find_if(
        held_, [&](const Held& one) { return one.document.identifier == document.identifier; });
    if (held != held_.end()) {
        held->document = document;
    } else {
        held_.push_back({document, std::nullopt});
    }
}

std::vector<Document> EventDeduplicator::release(UtcSeconds now) {
    std::vector<Document> released;
    std::vector<Held> kept;
    for (Held& held : held_) {
        if (sameEvent(held.document) != nullptr) continue;
        if (!held.since) held.since = now;
        if (now - *held.since < patienceOf(held.document.kind)) {
            kept.push_back(std::move(held));
        } else {
            note(held.document);
            released.push_back(std::move(held.document));
        }
    }
    held_ = std::move(kept);
    return released;
}

Json EventDeduplicator::toJson() const {
    Json told = Json::array();
    for (const Reported& one : reported_) {
        told.push_back({{"kind", static_cast<unsigned>(one.kind)},
                        {"time", one.time.time_since_epoch().count()},
                        {"identifier", one.identifier}});
    }
    Json held = Json::array();
    for (const Held& one : held_) {
        Json entry = nightscout::toJson(one.document);
        if (one.since) entry["since"] = one.since->time_since_epoch().count();
        held.push_back(std::move(entry));
    }
    return {{"told", std::move(told)}, {"held", std::move(held)}};
}

EventDeduplicator EventDeduplicator::fromJson(const Json& saved) {
    EventDeduplicator deduplicator;
    try {
        for (const Json& one : saved.at("told")) {
            deduplicator.reported_.push_back(
                {static_cast<Kind>(one.at("kind").get<unsigned>()),
                 UtcMilliseconds(milliseconds(one.at("time").get<std::int64_t>())),
                 one.at("identifier").get<std::string>()});
        }
        for (const Json& one : saved.at("held")) {
            Held held{documentFrom(one), std::nullopt};
            if (one.contains("since")) held.since = UtcSeconds(seconds(one["since"].get<std::int64_t>()));
            deduplicator.held_.push_back(std::move(held));
        }
    } catch (const Json::exception&) {
        return deduplicator; // of another version of the bridge
    }
    return deduplicator;
}

} // namespace nightscout
