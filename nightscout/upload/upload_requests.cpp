// SPDX-License-Identifier: MIT
// The requests that one batch is made of, and what a document is set aside for. Facts: docs/nightscout/api.md
// 5 to 8 and 10, per generation of the server.
#include <spdlog/logger.h>

#include <boost/asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>
#include <utility>

#include "nightscout/documents/device_status.hpp"
#include "nightscout/documents/profile.hpp"
#include "nightscout/upload/uploader.hpp"

namespace nightscout {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kSmallestBatchBytes = 4096;
/// With it the server does not add its own filter of the last four days (docs/nightscout/api.md 9.2).
constexpr std::string_view kSinceEver = "&find[created_at][$gte]=1970-01-02T00:00:00.000Z";

constexpr std::size_t index(Collection collection) {
    return static_cast<std::size_t>(collection);
}

std::string pathOf(Collection collection) {
    return "/api/v1/" + std::string(name(collection));
}

std::string percentEncoded(std::string_view text) {
    constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        const auto octet = static_cast<unsigned char>(c);
        if (plain.find(c) != std::string_view::npos)
            encoded += c;
        else
            encoded.append({'%', digits[octet >> 4U], digits[octet & 0x0fU]});
    }
    return encoded;
}

bool looksLikeObject(const std::string& body) {
    return body.starts_with('{') && body.ends_with('}');
}

/// The body with the server's `_id` put first; nothing else changes, not even the spelling of a number.
std::string withServerId(const std::string& body, const std::string& serverId) {
    const auto first = body.find_first_not_of(" \t\r\n", 1);
    const bool empty = first == std::string::npos || body[first] == '}';
    return "{\"_id\":" + Json(serverId).dump() + (empty ? "" : ",") + body.substr(1);
}

std::string asArray(std::span<const OutboxItem> items) {
    std::string body = "[";
    for (const auto& item : items) {
        if (body.size() > 1) body += ',';
        body += item.document.body;
    }
    return body + "]";
}

/// Device statuses and profiles go one by one, as objects: old servers account for arrays of them wrongly or
/// crash (docs/nightscout/api.md 7 and 8).
bool goesAlone(Collection collection) {
    return collection == Collection::DeviceStatus || collection == Collection::Profile;
}

} // namespace

asio::awaitable<Response> Uploader::send(std::string_view method, std::string path, std::string body) {
    ++state_.requests;
    return client_.request(std::string(method), std::move(path), std::move(body));
}

Judgement Uploader::judged(const Response& response) const {
    return judge(response, client_.settings().apiSecretHeader);
}

bool Uploader::isIsolating(Operation operation, Collection collection) const {
    const auto& trouble =
        troubles_[operation == Operation::Delete ? std::size_t{kDeletions} : index(collection)];
    return trouble.failures + 1 >= policy_.isolateAfter;
}

void Uploader::acknowledge(Operation operation, Collection collection,
                           std::span<const Acknowledgement> items) {
    outbox_.acknowledge(items);
    accepted_[index(collection)] += items.size();
    for (const auto& item : items) suspects_.erase(item.id);
    if (operation != Operation::Delete) state_.uploaded += items.size();
    noteSuccess(operation, collection, items.size());
}

void Uploader::setAside(std::int64_t id, const std::string& reason) {
    outbox_.setAside(id, reason);
    suspects_.erase(id);
    ++state_.setAside;
    log_.error("nightscout: the site does not take a document, set aside id={}: {}", id, reason);
}

void Uploader::dropOutdated(std::vector<OutboxItem>& items) {
    if (!policy_.now) return;
    const auto limit = policy_.now() - kStatusLifetime;
    std::vector<Acknowledgement> dropped;
    std::erase_if(items, [&](const OutboxItem& item) {
        const bool outdated =
            item.document.collection == Collection::DeviceStatus && item.document.time < limit;
        if (outdated) dropped.push_back({item.id, std::nullopt});
        return outdated;
    });
    if (dropped.empty()) return;
    outbox_.acknowledge(dropped);
    log_.debug("nightscout: dropped outdated device statuses={}", dropped.size());
}

asio::awaitable<Uploader::Outcome> Uploader::post(std::vector<OutboxItem> items) {
    const Collection collection = items.front().document.collection;
    const std::uint64_t acceptedBefore = accepted_[index(collection)];
    const bool isolating = isIsolating(Operation::Post, collection);
    dropOutdated(items);
    std::erase_if(items, [this](const OutboxItem& item) {
        if (looksLikeObject(item.document.body)) return false;
        setAside(item.id, "not a JSON object, not sent");
        return true;
    });
    std::vector<SuspectDocument> suspectDocuments;
    std::vector<Items> waiting; // the next part last
    if (!items.empty()) waiting.emplace_back(items);
    while (!waiting.empty()) {
        Items part = waiting.back();
        waiting.pop_back();
        if (goesAlone(collection) && part.size() > 1) {
            waiting.push_back(part.subspan(1));
            part = part.first(1);
        }
        Outcome failure = co_await postPart(part);
        if (!failure) continue;
        const Verdict verdict = failure->verdict;
        const bool theirFault = verdict == Verdict::Rejected || verdict == Verdict::TooLarge ||
                                (verdict == Verdict::ServerError && isolating);
        if (!theirFault) co_return failure;
        if (part.size() > 1) {
            waiting.push_back(part.subspan(part.size() / 2));
            waiting.push_back(part.first(part.size() / 2));
        } else {
            suspectDocuments.push_back({part.front(), std::move(*failure)});
        }
    }
    co_return co_await settle(std::move(suspectDocuments), acceptedBefore);
}

asio::awaitable<Uploader::Outcome> Uploader::postPart(Items part) {
    const Collection collection = part.front().document.collection;
    // What cannot be repeated without harm is looked for first.
    Lookup present;
    if (collection == Collection::Profile) present = co_await findProfile(part.front().document);
    if (collection == Collection::DeviceStatus && part.front().attempts > 0)
        present = co_await findDeviceStatus(part.front().document);
    if (present.failure) co_return present.failure;
    if (present.serverId) {
        const Acknowledgement known{part.front().id, present.serverId};
        acknowledge(Operation::Post, collection, {&known, 1});
        co_return std::nullopt;
    }

    std::vector<std::int64_t> ids;
    for (const auto& item : part) ids.push_back(item.id);
    outbox_.countAttempt(ids);
    std::string body = goesAlone(collection) ? part.front().document.body : asArray(part);
    const std::size_t bodyBytes = body.size();
    const Response response = co_await send("POST", pathOf(collection) + ".json", std::move(body));
    Judgement judgement = judged(response);
    if (judgement.verdict == Verdict::TooLarge)
        batchBytes_ = std::max(kSmallestBatchBytes, std::min(batchBytes_, bodyBytes / 2));
    if (judgement.verdict == Verdict::Accepted) {
        if (const auto stored = readStored(response.body, part)) {
            acknowledge(Operation::Post, collection, *stored);
            co_return std::nullopt;
        }
        judgement = {Verdict::ServerError, judgement.reason + ", but it does not list every document sent"};
    }
    co_return Failure{judgement.verdict, judgement.reason, Operation::Post, collection, response.retryAfter};
}

asio::awaitable<Uploader::Outcome> Uploader::put(OutboxItem item) {
    const Collection collection = item.document.collection;
    std::vector<OutboxItem> alone{item};
    // Entries have no PUT: a POST of the same time and type replaces (docs/nightscout/api.md 5.2).
    const bool updatable = collection == Collection::Treatments || collection == Collection::Profile;
    if (!updatable || !mayUpdate_ || !looksLikeObject(item.document.body))
        co_return co_await post(std::move(alone));
    if (!item.serverId && collection == Collection::Treatments) {
        const Lookup found = co_await findTreatment(item.document);
        if (found.failure) co_return found.failure;
        item.serverId = found.serverId;
    }
    if (!item.serverId) co_return co_await post(std::move(alone));

    const std::uint64_t acceptedBefore = accepted_[index(collection)];
    outbox_.countAttempt({&item.id, 1});
    std::string body = withServerId(item.document.body, *item.serverId);
    const Response response = co_await send("PUT", pathOf(collection) + ".json", std::move(body));
    const Judgement judgement = judged(response);
    if (judgement.verdict == Verdict::Accepted) {
        const Acknowledgement updated{item.id, item.serverId};
        acknowledge(Operation::Put, collection, {&updated, 1});
        co_return std::nullopt;
    }
    if (judgement.verdict ==
        Verdict::Refused) { // a token without the right to update (docs/nightscout/api.md 10.3)
        Outcome failure = co_await post(std::move(alone));
        if (failure) co_return failure;
        mayUpdate_ = false;
        log_.warn("nightscout: the token may not update, changed documents are posted again: {}",
                  judgement.reason);
        co_return std::nullopt;
    }
    Failure failure{judgement.verdict, judgement.reason, Operation::Put, collection, response.retryAfter};
    if (failure.verdict == Verdict::ServerError) suspects_.try_emplace(item.id, acceptedBefore);
    const bool lasting = failure.verdict == Verdict::Rejected || failure.verdict == Verdict::TooLarge ||
                         (failure.verdict == Verdict::ServerError && isIsolating(Operation::Put, collection));
    if (!lasting) co_return failure;
    std::vector<SuspectDocument> suspectDocuments;
    suspectDocuments.push_back({std::move(item), std::move(failure)});
    co_return co_await settle(std::move(suspectDocuments), acceptedBefore);
}

asio::awaitable<Uploader::Outcome> Uploader::remove(OutboxItem item) {
    const Collection collection = item.document.collection;
    const std::string byIdentifier = "?find[identifier]=" + percentEncoded(item.document.identifier);
    std::vector<std::string> paths; // by `_id`, and by identifier where that removed nothing
    if (item.serverId && collection != Collection::Entries)
        paths.push_back(pathOf(collection) + "/" + percentEncoded(*item.serverId));
    if (collection == Collection::Entries)
        paths.push_back(pathOf(collection) + "/*" + byIdentifier + "&find[date][$gte]=1");
    else if (collection == Collection::Treatments)
        paths.push_back(pathOf(collection) + byIdentifier + std::string(kSinceEver));
    if (paths.empty()) {
        setAside(item.id, "cannot be deleted: the site gave it no _id");
        co_return std::nullopt;
    }
    const std::uint64_t acceptedBefore = accepted_[index(collection)];
    outbox_.countAttempt({&item.id, 1});
    for (const auto& path : paths) {
        const Response response = co_await send("DELETE", path, {});
        const Judgement judgement = judged(response);
        if (judgement.verdict == Verdict::Accepted) {
            if (readDeletedCount(response.body).value_or(1) > 0) break;
            continue;
        }
        Failure failure{judgement.verdict, judgement.reason, Operation::Delete, collection,
                        response.retryAfter};
        const bool lasting =
            failure.verdict == Verdict::Rejected ||
            (failure.verdict == Verdict::ServerError && isIsolating(Operation::Delete, collection));
        if (!lasting) co_return failure;
        std::vector<SuspectDocument> suspectDocuments;
        suspectDocuments.push_back({std::move(item), std::move(failure)});
        co_return co_await settle(std::move(suspectDocuments), acceptedBefore);
    }
    const Acknowledgement removed{item.id, std::nullopt};
    acknowledge(Operation::Delete, collection, {&removed, 1});
    co_return std::nullopt;
}

/// A treatment's `_id`, by its identifier. Of two documents (an answer was lost while created_at changed, on
/// an old server) the one with another created_at is removed (docs/nightscout/api.md 10.3).
asio::awaitable<Uploader::Lookup> Uploader::findTreatment(Document document) {
    const std::string path = pathOf(Collection::Treatments) +
                             ".json?find[identifier]=" + percentEncoded(document.identifier) +
                             std::string(kSinceEver) + "&count=2";
    const Response response = co_await send("GET", path, {});
    Judgement judgement = judged(response);
    const Json found = Json::parse(response.body, nullptr, false);
    if (judgement.verdict == Verdict::Accepted && !found.is_array())
        judgement = {Verdict::ServerError, judgement.reason + ", but no list of treatments"};
    if (judgement.verdict != Verdict::Accepted)
        co_return Lookup{Failure{judgement.verdict, judgement.reason, Operation::Put, Collection::Treatments,
                                 response.retryAfter},
                         std::nullopt};
    std::optional<std::string> kept;
    std::vector<std::string> surplus;
    for (const auto& hit : found) {
        auto id = readServerId(hit);
        if (!id) continue;
        const auto createdAt = hit.find("created_at");
        const bool exact = createdAt != hit.end() && *createdAt == toIso(document.time);
        if (kept && exact) std::swap(*kept, *id);
        if (kept)
            surplus.push_back(std::move(*id));
        else
            kept = std::move(id);
    }
    for (const auto& id : surplus) {
        const Response removed =
            co_await send("DELETE", pathOf(Collection::Treatments) + "/" + percentEncoded(id), {});
        const Judgement verdict = judged(removed);
        if (verdict.verdict != Verdict::Accepted)
            co_return Lookup{Failure{verdict.verdict, verdict.reason, Operation::Put, Collection::Treatments,
                                     removed.retryAfter},
                             std::nullopt};
    }
    co_return Lookup{std::nullopt, std::move(kept)};
}

/// The current profile's `_id` when it says the same: then there is nothing to send
/// (docs/nightscout/api.md 10.5).
asio::awaitable<Uploader::Lookup> Uploader::findProfile(Document wanted) {
    const Response response = co_await send("GET", "/api/v1/profile/current", {});
    const Judgement judgement = judged(response);
    if (judgement.verdict != Verdict::Accepted)
        co_return Lookup{Failure{judgement.verdict, judgement.reason, Operation::Post, Collection::Profile,
                                 response.retryAfter},
                         std::nullopt};
    const Json present = Json::parse(response.body, nullptr, false);
    if (!sameProfile(Json::parse(wanted.body, nullptr, false), present)) co_return Lookup{};
    co_return Lookup{std::nullopt, readServerId(present)};
}

/// A device status has no key on the server: after an answer was lost, ask before repeating
/// (docs/nightscout/api.md 10.4).
asio::awaitable<Uploader::Lookup> Uploader::findDeviceStatus(Document document) {
    const Json wanted = Json::parse(document.body, nullptr, false);
    const auto device = wanted.is_object() ? wanted.find("device") : wanted.end();
    if (device == wanted.end() || !device->is_string()) co_return Lookup{};
    const std::string time = toIso(document.time);
    const std::string path = pathOf(Collection::DeviceStatus) +
                             ".json?find[device]=" + percentEncoded(device->get<std::string>()) +
                             "&find[created_at][$gte]=" + time + "&find[created_at][$lte]=" + time +
                             "&count=1";
    const Response response = co_await send("GET", path, {});
    const Judgement judgement = judged(response);
    if (judgement.verdict != Verdict::Accepted)
        co_return Lookup{Failure{judgement.verdict, judgement.reason, Operation::Post,
                                 Collection::DeviceStatus, response.retryAfter},
                         std::nullopt};
    const Json found = Json::parse(response.body, nullptr, false);
    if (!found.is_array() || found.empty()) co_return Lookup{};
    co_return Lookup{std::nullopt, readServerId(found.front())};
}

/// A document is to blame when others of its collection were accepted since it first failed alone, or, where
/// the site rejected it (400, 413, 422), when the site answers as usual otherwise. A server error needs the
/// former: a full database also answers questions and stores nothing.
asio::awaitable<Uploader::Outcome> Uploader::settle(std::vector<SuspectDocument> suspectDocuments,
                                                    std::uint64_t acceptedBefore) {
    std::optional<bool> siteIsSound;
    Outcome unsettled;
    for (auto& suspect : suspectDocuments) {
        const auto id = suspect.item.id;
        const auto since = suspects_.try_emplace(id, acceptedBefore).first->second;
        bool toBlame = accepted_[index(suspect.failure.collection)] > since;
        if (!toBlame && suspect.failure.verdict != Verdict::ServerError) {
            if (!siteIsSound) {
                const Response response = co_await send("GET", "/api/v1/status.json", {});
                siteIsSound = judged(response).verdict == Verdict::Accepted;
            }
            toBlame = *siteIsSound;
        }
        if (toBlame)
            setAside(id, suspect.failure.reason);
        else
            unsettled = std::move(suspect.failure);
    }
    co_return unsettled;
}

} // namespace nightscout
