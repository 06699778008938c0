// SPDX-License-Identifier: MIT
#include "nightscout/upload/answer.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

namespace nightscout {
namespace {

using Json = nlohmann::json;

Json parse(const std::string& text) {
    return Json::parse(text, nullptr, false);
}

std::string textOf(const Json& object, const char* key) {
    const auto found = object.is_object() ? object.find(key) : object.end();
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::string titleOf(const std::string& html) {
    constexpr std::string_view open = "<title>";
    const auto begin = html.find(open);
    if (begin == std::string::npos) return {};
    const auto end = html.find('<', begin + open.size());
    return end == std::string::npos ? std::string{}
                                    : html.substr(begin + open.size(), end - begin - open.size());
}

/// What the site said, without stack traces and without connection details (docs/nightscout/api.md 4.4, 6.4).
std::string saidBy(const Response& response) {
    const Json body = parse(response.body);
    if (body.is_object()) {
        const auto error = body.find("error");
        std::string said = textOf(error != body.end() ? *error : body, "message");
        if (said.empty()) said = textOf(body, "error");
        if (const auto more = textOf(body, "description"); !more.empty())
            said += (said.empty() ? "" : ", ") + more;
        return said;
    }
    if (response.body.find('<') != std::string::npos) return titleOf(response.body);
    return body.is_discarded() ? response.body : std::string{};
}

std::string printable(std::string text, std::string_view secret) {
    for (auto at = secret.empty() ? std::string::npos : text.find(secret); at != std::string::npos;
         at = text.find(secret, at))
        text.replace(at, secret.size(), "***");
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, ' ');
    const auto first = text.find_first_not_of(' ');
    text.erase(0, std::min(first, text.size()));
    constexpr std::size_t longest = 200;
    if (text.size() > longest) text.resize(longest);
    while (text.ends_with(' ')) text.pop_back();
    return text;
}

Verdict verdictOf(unsigned status) {
    switch (status) {
        case 400:
        case 415:
        case 422:
            return Verdict::Rejected;
        case 401:
        case 403:
            return Verdict::Refused;
        case 404:
            return Verdict::NotFound;
        case 413:
            return Verdict::TooLarge;
        case 500:
            return Verdict::ServerError;
        default:
            return Verdict::Busy;
    }
}

} // namespace

Judgement judge(const Response& response, std::string_view secret) {
    const std::string status = "HTTP " + std::to_string(response.status);
    const bool success = response.status / 100 == 2;
    if (success && Json::accept(response.body)) return {Verdict::Accepted, status};
    const std::string said = printable(saidBy(response), secret);
    const std::string reason = status + (said.empty() ? "" : ": " + said);
    if (success) return {Verdict::Busy, reason + " (not an answer of Nightscout: no JSON)"};
    return {verdictOf(response.status), reason};
}

std::optional<std::vector<Acknowledgement>> readStored(const std::string& body,
                                                       std::span<const OutboxItem> items) {
    Json stored = parse(body);
    if (stored.is_object() && items.size() == 1 && readServerId(stored)) stored = Json::array({stored});
    if (!stored.is_array() || stored.size() < items.size()) return std::nullopt;
    std::map<std::string, std::string> byIdentifier;
    for (const auto& document : stored)
        if (auto id = readServerId(document))
            byIdentifier.emplace(textOf(document, "identifier"), std::move(*id));

    std::vector<Acknowledgement> acknowledged;
    for (std::size_t at = 0; at < items.size(); ++at) {
        const auto& identifier = items[at].document.identifier;
        Acknowledgement item{items[at].id, std::nullopt};
        if (const auto found = byIdentifier.find(identifier); found != byIdentifier.end())
            item.serverId = found->second;
        else if (textOf(stored[at], "identifier").empty()) // a server that drops what it does not know
            item.serverId = readServerId(stored[at]);
        acknowledged.push_back(std::move(item));
    }
    return acknowledged;
}

std::optional<std::uint64_t> readDeletedCount(const std::string& body) {
    const Json answer = parse(body);
    if (!answer.is_object()) return std::nullopt;
    for (const char* key : {"deletedCount", "n"})
        if (const auto found = answer.find(key); found != answer.end() && found->is_number_unsigned())
            return found->get<std::uint64_t>();
    return std::nullopt;
}

} // namespace nightscout
