// SPDX-License-Identifier: MIT
#include "nightscout/upload/answer.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "nightscout/upload/answer_json.hpp"

namespace nightscout {
namespace {

using Json = nlohmann::json;

std::string textOf(const Json& object, const char* key) {
    const auto found = object.is_object() ? object.find(key) : object.end();
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

/// What the site tells documents of one collection apart by (docs/nightscout/api.md 5.2, 6.2, 9.8); empty
/// when it has none of that.
std::string contentOf(const Json& document) {
    if (!document.is_object()) return {};
    if (const auto date = document.find("date"); date != document.end() && date->is_number_integer())
        return textOf(document, "type") + " " + date->dump();
    const auto createdAt = textOf(document, "created_at");
    if (createdAt.empty()) return {};
    const auto eventType = textOf(document, "eventType");
    return (eventType.empty() ? textOf(document, "device") : eventType) + " " + createdAt;
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
    const Json body = parseAnswer(response.body);
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

std::string lowerCase(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
}

std::string printable(std::string text, std::string_view secret) {
    constexpr std::string_view mask = "***";
    const std::string sought = lowerCase(secret); // a hash may come back in the other case
    for (auto at = sought.empty() ? std::string::npos : lowerCase(text).find(sought); at != std::string::npos;
         at = lowerCase(text).find(sought, at + mask.size()))
        text.replace(at, sought.size(), mask);
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
        case 422:
            return Verdict::Rejected;
        case 401:
        case 403:
            return Verdict::Refused;
        case 404:
            return Verdict::NotFound;
        case 413:
            return Verdict::TooLarge;
        case 415:
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
    if (success && !parseAnswer(response.body).is_discarded()) return {Verdict::Accepted, status};
    const std::string said = printable(saidBy(response), secret);
    const std::string reason = status + (said.empty() ? "" : ": " + said);
    if (success) return {Verdict::Busy, reason + " (not an answer of Nightscout: no JSON)"};
    return {verdictOf(response.status), reason};
}

std::vector<Acknowledgement> readStored(const std::string& body, std::span<const OutboxItem> items) {
    Json stored = parseAnswer(body);
    if (stored.is_object()) stored = Json::array({stored});
    if (!stored.is_array()) return {};
    std::map<std::string, const Json*> byIdentifier;
    std::map<std::string, const Json*> byContent; // of a server that drops what it does not know
    for (const auto& document : stored) {
        if (auto identifier = textOf(document, "identifier"); !identifier.empty())
            byIdentifier.emplace(std::move(identifier), &document);
        else if (auto content = contentOf(document); !content.empty())
            byContent.emplace(std::move(content), &document);
    }
    std::vector<Acknowledgement> acknowledged;
    for (const auto& item : items) {
        auto found = byIdentifier.find(item.document.identifier);
        if (found == byIdentifier.end()) {
            found = byContent.find(contentOf(Json::parse(item.document.body, nullptr, false)));
            if (found == byContent.end()) continue;
        }
        acknowledged.push_back({item.id, readServerId(*found->second)});
    }
    return acknowledged;
}

std::optional<std::uint64_t> readDeletedCount(const std::string& body) {
    const Json answer = parseAnswer(body);
    if (!answer.is_object()) return std::nullopt;
    for (const char* key : {"deletedCount", "n"})
        if (const auto found = answer.find(key); found != answer.end() && found->is_number_unsigned())
            return found->get<std::uint64_t>();
    return std::nullopt;
}

} // namespace nightscout
