// SPDX-License-Identifier: MIT
#include "site.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

namespace soak {

using nightscout::testing::ScriptedAnswer;
using Json = nlohmann::json;

namespace {

constexpr std::size_t kTooLargeFrom = 6000; // bytes: more than any document alone

ScriptedAnswer give(unsigned status, std::string body, std::string contentType = "application/json") {
    ScriptedAnswer answer;
    answer.status = status;
    answer.body = std::move(body);
    answer.contentType = std::move(contentType);
    return answer;
}
ScriptedAnswer html(unsigned status) {
    return give(status, "<html><head><title>Just a moment...</title></head></html>", "text/html");
}

std::string decoded(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size()) {
            plain += static_cast<char>(std::strtol(std::string(text.substr(i + 1, 2)).c_str(), nullptr, 16));
            i += 2;
        } else {
            plain += text[i];
        }
    }
    return plain;
}

/// "find[date][$gte]=1": the field, "$gte" or nothing, the value.
struct Condition {
    std::string field, op, value;

    [[nodiscard]] bool holds(const Json& document) const {
        const auto found = document.find(field);
        if (found == document.end()) return false;
        if (op == "$regex" || (value.starts_with('/') && value.ends_with('/')))
            return found->is_string() && found->get<std::string>().find("minimed-780g") != std::string::npos;
        int order = 0;
        if (found->is_number()) {
            const auto number = found->get<std::int64_t>();
            const auto limit = std::strtoll(value.c_str(), nullptr, 10);
            order = number < limit ? -1 : number > limit ? 1 : 0;
        } else if (found->is_string()) {
            order = found->get_ref<const std::string&>().compare(value);
        }
        if (op == "$gte") return order >= 0;
        if (op == "$lte") return order <= 0;
        if (op == "$lt") return order < 0;
        return order == 0;
    }
};

} // namespace

struct Site::Target {
    std::string collection, id;
    std::vector<Condition> conditions;
    std::size_t count = 1000;

    explicit Target(const std::string& target) {
        constexpr std::string_view kPrefix = "/api/v1/";
        const auto question = target.find('?');
        std::string path = target.substr(kPrefix.size(), question - kPrefix.size());
        const auto slash = path.find('/');
        if (slash != std::string::npos) id = decoded(path.substr(slash + 1));
        if (id == "*") id.clear();
        collection = path.substr(0, slash);
        if (collection.ends_with(".json")) collection.resize(collection.size() - 5);
        for (auto at = question; at != std::string::npos;) {
            const auto next = target.find('&', at + 1);
            add(target.substr(at + 1, next == std::string::npos ? next : next - at - 1));
            at = next;
        }
    }
    [[nodiscard]] bool selects(const std::string& documentId, const Json& document) const {
        if (!id.empty() && id != documentId) return false;
        return std::ranges::all_of(conditions, [&](const Condition& one) { return one.holds(document); });
    }

private:
    void add(const std::string& pair) {
        const auto equals = pair.find('=');
        const std::string key = decoded(pair.substr(0, equals)), value = decoded(pair.substr(equals + 1));
        if (key == "count") count = std::strtoul(value.c_str(), nullptr, 10);
        if (!key.starts_with("find[")) return;
        const auto end = key.find(']');
        Condition condition{key.substr(5, end - 5), {}, value};
        if (end + 2 < key.size()) condition.op = key.substr(end + 2, key.size() - end - 3);
        conditions.push_back(std::move(condition));
    }
};

std::string_view name(SiteFault fault) {
    static constexpr std::array<std::string_view, kSiteFaults + 1> kNames{
        "none",         "refused",       "reset",       "server-error",  "bad-gateway", "parked",
        "unauthorized", "no-treatments", "too-large",   "unprocessable", "answer-lost", "answer-cut",
        "no-answer",    "part-listed",   "part-stored", "reordered",     "slow",        "too-many-requests"};
    return kNames.at(static_cast<std::size_t>(fault));
}

Site::Site(boost::asio::io_context& io, Generation generation, std::uint64_t seed)
    : generation_(generation),
      random_(seed),
      server_(io, [this](Request request) -> boost::asio::awaitable<Answer> {
          return [](Answer given) -> boost::asio::awaitable<Answer> { co_return given; }(answer(request));
      }) {}

void Site::fail(SiteFault fault, unsigned share) {
    fault_ = fault;
    share_ = share;
}

std::vector<const Json*> Site::documents(const std::string& collection) const {
    std::vector<const Json*> result;
    const auto found = collections_.find(collection);
    if (found == collections_.end()) return result;
    for (const auto& [id, document] : found->second.byId) result.push_back(&document);
    return result;
}

ScriptedAnswer Site::answer(const Request& request) {
    ++requests_;
    server_.forgetRequests();
    Answer closed;
    closed.fault = Answer::Fault::CutBeforeAnswer;
    if (ignored_) return closed;
    const SiteFault fault = random_() % 100 < share_ ? fault_ : SiteFault::None;
    if (auto instead = failBefore(request, fault)) return *instead;
    Answer given = serve(request, fault);
    switch (fault) {
        case SiteFault::AnswerLost:
            return closed;
        case SiteFault::AnswerCut:
            given.fault = Answer::Fault::CutInsideBody;
            break;
        case SiteFault::NoAnswer:
            given.fault = Answer::Fault::NoAnswer;
            break;
        case SiteFault::Slow:
            given.delay = std::chrono::milliseconds(random_() % 55000);
            break;
        default:
            break;
    }
    return given;
}

/// Answers by which nothing has been done.
std::optional<ScriptedAnswer> Site::failBefore(const Request& request, SiteFault fault) {
    const bool sends = request.method == "POST" || request.method == "PUT";
    Answer reset;
    reset.fault = Answer::Fault::Reset;
    switch (fault) {
        case SiteFault::Refused: // on a connection that was kept
        case SiteFault::Reset:
            return reset;
        case SiteFault::ServerError:
            return give(500, R"({"status":500,"message":"Mongo is away"})");
        case SiteFault::BadGateway:
            return html(502);
        case SiteFault::Parked:
            return html(200);
        case SiteFault::Unauthorized:
            return give(401, R"({"status":401,"message":"Unauthorized"})");
        case SiteFault::NoTreatments:
            if (!sends || !request.target.starts_with("/api/v1/treatments")) return std::nullopt;
            return html(404);
        case SiteFault::TooLarge:
            if (request.body.size() < kTooLargeFrom) return std::nullopt;
            return html(413);
        case SiteFault::Unprocessable:
            if (!sends) return std::nullopt;
            return give(422, R"({"status":422,"message":"Unprocessable"})");
        case SiteFault::TooManyRequests: {
            Answer wait = give(429, "{}");
            wait.headers["Retry-After"] = std::to_string(1 + random_() % 900);
            return wait;
        }
        default:
            return std::nullopt;
    }
}

ScriptedAnswer Site::serve(const Request& request, SiteFault fault) {
    if (request.target.starts_with("/api/v1/status")) return give(200, R"({"status":"ok"})");
    const Target target(request.target);
    if (request.method == "GET") return give(200, find(target).dump());
    if (request.method == "DELETE") return give(200, remove(target).dump());
    Json body = Json::parse(request.body);
    if (request.method == "PUT") return give(200, put(target.collection, std::move(body)).dump());
    if (body.is_object()) body = Json::array({std::move(body)});
    return give(200, post(target.collection, std::move(body), fault).dump());
}

std::string Site::keyOf(const std::string& collection, const Json& document) const {
    if (collection == "entries") return document.value("dateString", "") + document.value("type", "");
    if (collection != "treatments") return {};
    if (generation_ == Generation::New) return document.value("identifier", "");
    return document.value("created_at", "") + document.value("eventType", "");
}

std::string Site::newId() {
    return fmt::format("{:024x}", ++lastId_);
}

Json Site::post(const std::string& name, Json documents, SiteFault fault) {
    auto& collection = collections_[name];
    Json stored = Json::array();
    const std::size_t half = (documents.size() + 1) / 2;
    for (std::size_t i = 0; i < documents.size(); ++i) {
        if (fault == SiteFault::PartStored && i >= half) break;
        Json& document = documents[i];
        const auto key = keyOf(name, document);
        const auto known = key.empty() ? collection.ids.end() : collection.ids.find(key);
        const bool isNew = known == collection.ids.end();
        const auto id = isNew ? newId() : known->second;
        Json kept = document;
        kept["_id"] = id;
        collection.byId[id] = kept;
        if (!key.empty()) collection.ids[key] = id;
        if (isNew || (generation_ == Generation::New && name == "treatments")) document["_id"] = id;
        if (fault != SiteFault::PartListed || i < half) stored.push_back(std::move(document));
    }
    if (fault == SiteFault::Reordered) std::reverse(stored.begin(), stored.end());
    return stored;
}

Json Site::put(const std::string& name, Json document) {
    auto& collection = collections_[name];
    const std::string id = document.value("_id", newId());
    erase(name, id);
    const auto key = keyOf(name, document);
    if (const auto same = collection.ids.find(key); same != collection.ids.end())
        erase(name, std::string(same->second));
    collection.ids[key] = id;
    Json answer = generation_ == Generation::New ? document : Json{{"result", {{"n", 1}, {"ok", 1}}}};
    collection.byId[id] = std::move(document);
    return answer;
}

void Site::erase(const std::string& name, const std::string& id) {
    auto& collection = collections_[name];
    const auto document = collection.byId.find(id);
    if (document == collection.byId.end()) return;
    const auto known = collection.ids.find(keyOf(name, document->second));
    if (known != collection.ids.end() && known->second == id) collection.ids.erase(known);
    collection.byId.erase(document);
}

Json Site::find(const Target& target) const {
    std::vector<const Json*> hits;
    const auto collection = collections_.find(target.collection);
    if (collection == collections_.end()) return Json::array();
    for (const auto& [id, document] : collection->second.byId) {
        if (target.selects(id, document)) hits.push_back(&document);
    }
    const char* time = target.collection == "entries" ? "date" : "created_at";
    std::ranges::stable_sort(hits, [&](const Json* a, const Json* b) { return b->at(time) < a->at(time); });
    Json found = Json::array();
    for (const Json* hit : hits) {
        if (found.size() < target.count) found.push_back(*hit);
    }
    return found;
}

Json Site::remove(const Target& target) {
    auto& collection = collections_[target.collection];
    std::vector<std::string> gone;
    for (const auto& [id, document] : collection.byId) {
        if (target.selects(id, document)) gone.push_back(id);
    }
    for (const auto& id : gone) erase(target.collection, id);
    return {{"n", gone.size()}, {"deletedCount", gone.size()}};
}

} // namespace soak
