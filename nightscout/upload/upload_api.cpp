// SPDX-License-Identifier: MIT
#include "nightscout/upload/upload_api.hpp"

#include <boost/asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>
#include <utility>

#include "nightscout/upload/answer_json.hpp"

namespace nightscout {
namespace {

using Json = nlohmann::json;

/// With it the server does not add its own filter of the last four days (docs/nightscout/api.md 9.2).
constexpr std::string_view kSinceEver = "&find[created_at][$gte]=1970-01-02T00:00:00.000Z";

std::string pathOf(Collection collection) {
    return "/api/v1/" + std::string(name(collection));
}

std::string percentEncoded(std::string_view text) {
    constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (plain.find(c) != std::string_view::npos)
            encoded += c;
        else
            encoded.append({'%', digits[byte >> 4U], digits[byte & 0x0fU]});
    }
    return encoded;
}

/// The body with the server's `_id` put first; nothing else changes, not even the spelling of a number.
std::string withServerId(const std::string& body, const std::string& serverId) {
    const auto first = body.find_first_not_of(" \t\r\n", 1);
    const bool empty = first == std::string::npos || body[first] == '}';
    return "{\"_id\":" + Json(serverId).dump() + (empty ? "" : ",") + body.substr(1);
}

std::string asArray(const std::vector<OutboxItem>& items) {
    std::string body = "[";
    for (const auto& item : items) {
        if (body.size() > 1) body += ',';
        body += item.document.body;
    }
    return body + "]";
}

/// An accepted answer of another kind is none: something between us and Nightscout has answered.
void requireKind(Reply& reply, bool right, const char* instead) {
    if (reply.accepted() && !right) reply = {Verdict::ServerError, reply.reason + instead, reply.retryAfter};
}

} // namespace

asio::awaitable<Response> UploadApi::send(std::string_view method, std::string path, std::string body) {
    ++requests_;
    return client_.request(std::string(method), std::move(path), std::move(body));
}

Reply UploadApi::judged(const Response& response) const {
    Judgement judgement = judge(response, client_.settings().apiSecretHeader);
    return {judgement.verdict, std::move(judgement.reason), response.retryAfter};
}

asio::awaitable<UploadApi::Posted> UploadApi::post(const std::vector<OutboxItem>& items) {
    const Document& first = items.front().document;
    const bool alone = first.collection == Collection::DeviceStatus && items.size() == 1;
    std::string body = alone ? first.body : asArray(items);
    Posted posted;
    posted.bytes = body.size();
    const Response response = co_await send("POST", pathOf(first.collection) + ".json", std::move(body));
    posted.reply = judged(response);
    if (!posted.reply.accepted()) co_return posted;
    posted.stored = readStored(response.body, items);
    requireKind(posted.reply, posted.stored.size() == items.size(),
                ", but it does not list every document sent");
    co_return posted;
}

asio::awaitable<Reply> UploadApi::put(const OutboxItem& item, const std::string& serverId) {
    std::string body = withServerId(item.document.body, serverId);
    const Response response =
        co_await send("PUT", pathOf(item.document.collection) + ".json", std::move(body));
    Reply reply = judged(response);
    requireKind(reply, parseAnswer(response.body).is_object(), ", but no document");
    co_return reply;
}

asio::awaitable<Reply> UploadApi::remove(const OutboxItem& item) {
    const Collection collection = item.document.collection;
    const std::string byIdentifier = "?find[identifier]=" + percentEncoded(item.document.identifier);
    std::vector<std::string> paths;
    if (item.serverId && collection != Collection::Entries)
        paths.push_back(pathOf(collection) + "/" + percentEncoded(*item.serverId));
    if (collection == Collection::Entries)
        paths.push_back(pathOf(collection) + "/*" + byIdentifier + "&find[date][$gte]=1");
    else if (collection == Collection::Treatments)
        paths.push_back(pathOf(collection) + byIdentifier + std::string(kSinceEver));
    Reply reply;
    for (const auto& path : paths) {
        const Response response = co_await send("DELETE", path, {});
        reply = judged(response);
        if (!reply.accepted() || readDeletedCount(response.body).value_or(1) > 0) break;
    }
    co_return reply;
}

asio::awaitable<UploadApi::Found> UploadApi::findTreatment(const Document& document) {
    const std::string path = pathOf(Collection::Treatments) +
                             ".json?find[identifier]=" + percentEncoded(document.identifier) +
                             std::string(kSinceEver) + "&count=2";
    const Response response = co_await send("GET", path, {});
    Found found{judged(response), std::nullopt};
    const Json present = parseAnswer(response.body);
    requireKind(found.reply, present.is_array(), ", but no list of treatments");
    if (!found.reply.accepted()) co_return found;
    std::vector<std::string> surplus;
    for (const auto& hit : present) {
        auto id = readServerId(hit);
        if (!id) continue;
        const auto createdAt = hit.find("created_at");
        const bool exact = createdAt != hit.end() && *createdAt == toIso(document.time);
        if (found.serverId && exact) std::swap(*found.serverId, *id);
        if (found.serverId)
            surplus.push_back(std::move(*id));
        else
            found.serverId = std::move(id);
    }
    for (const auto& id : surplus) {
        const Response removed =
            co_await send("DELETE", pathOf(Collection::Treatments) + "/" + percentEncoded(id), {});
        found.reply = judged(removed);
        if (!found.reply.accepted()) co_return found;
    }
    co_return found;
}

asio::awaitable<UploadApi::Found> UploadApi::findDeviceStatus(const Document& document) {
    const Json wanted = Json::parse(document.body, nullptr, false);
    const auto device = wanted.is_object() ? wanted.find("device") : wanted.end();
    if (device == wanted.end() || !device->is_string()) co_return Found{};
    const std::string time = toIso(document.time);
    const std::string path = pathOf(Collection::DeviceStatus) +
                             ".json?find[device]=" + percentEncoded(device->get<std::string>()) +
                             "&find[created_at][$gte]=" + time + "&find[created_at][$lte]=" + time +
                             "&count=1";
    const Response response = co_await send("GET", path, {});
    Found found{judged(response), std::nullopt};
    const Json present = parseAnswer(response.body);
    requireKind(found.reply, present.is_array(), ", but no list of device statuses");
    if (found.reply.accepted() && !present.empty()) found.serverId = readServerId(present.front());
    co_return found;
}

asio::awaitable<UploadApi::Listed> UploadApi::list(Collection collection, UtcMilliseconds from,
                                                   UtcMilliseconds before) {
    const Response response = co_await send("GET", siteDocumentsPath(collection, from, before), {});
    Listed listed{judged(response), {}};
    auto page = readSiteDocuments(collection, response.body);
    requireKind(listed.reply, page.has_value(), ", but no list of documents");
    if (listed.reply.accepted()) listed.page = std::move(*page);
    co_return listed;
}

} // namespace nightscout
