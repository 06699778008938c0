// SPDX-License-Identifier: MIT
// A Nightscout in miniature on the scripted server: it stores what it is sent, unless a test has it fail.
#pragma once

#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>

#include "upload_fixture.hpp"

namespace nightscout::testing {

inline ScriptedAnswer give(unsigned status, std::string body, std::string contentType = "application/json") {
    ScriptedAnswer answer;
    answer.status = status;
    answer.body = std::move(body);
    answer.contentType = std::move(contentType);
    return answer;
}
inline ScriptedAnswer html(unsigned status) {
    return give(status, "<html><head><title>Just a moment...</title></head></html>", "text/html");
}

/// A site that stores what it is sent; `fault` may answer instead.
class ScriptedSite {
public:
    using FaultScript = std::function<std::optional<ScriptedAnswer>(const SeenRequest&)>;
    explicit ScriptedSite(asio::io_context& io)
        : server(io, [this](SeenRequest request) { return answer(std::move(request)); }) {}

    FaultScript fault = [](const SeenRequest&) { return std::nullopt; };
    std::map<std::string, nlohmann::json> stored; ///< by `_id`

    std::size_t requestsTo(const std::string& start, const std::string& method = "POST") const {
        return static_cast<std::size_t>(std::count_if(
            server.requests().begin(), server.requests().end(), [&](const SeenRequest& request) {
                return request.method == method && request.target.starts_with(start);
            }));
    }

private:
    asio::awaitable<ScriptedAnswer> answer(SeenRequest request) {
        if (auto instead = fault(request)) co_return *instead;
        nlohmann::json reply = nlohmann::json::array();
        if (request.method == "GET" && request.target == "/api/v1/status.json")
            co_return give(200, R"({"status":"ok"})");
        if (request.method == "GET") {
            for (const auto& [id, document] : stored)
                if (request.target.find(document.value("identifier", "?")) != std::string::npos)
                    reply.push_back(document);
            co_return give(200, reply.dump());
        }
        if (request.method == "DELETE") co_return give(200, remove(request.target).dump());
        const nlohmann::json body = nlohmann::json::parse(request.body);
        for (const auto& document : body.is_array() ? body : nlohmann::json::array({body}))
            reply.push_back(store(document));
        co_return give(200, request.method == "PUT" ? reply[0].dump() : reply.dump());
    }
    nlohmann::json store(nlohmann::json document) {
        for (const auto& [id, present] :
             stored) // as servers from 15.0.7 on: the same identifier, the same document
            if (!document.contains("_id") && document.contains("identifier") &&
                present.value("identifier", "") == document["identifier"])
                document["_id"] = id;
        if (!document.contains("_id")) {
            char id[25] = {};
            std::snprintf(id, sizeof id, "%024d", ++lastId_);
            document["_id"] = id;
        }
        return stored[document["_id"]] = document;
    }
    nlohmann::json remove(const std::string& target) {
        const auto gone = std::erase_if(stored, [&](const auto& one) {
            return target.find(one.first) != std::string::npos ||
                   target.find(one.second.value("identifier", "?")) != std::string::npos;
        });
        return {{"acknowledged", true}, {"deletedCount", gone}};
    }
    int lastId_ = 0;

public:
    ScriptedServer server; ///< last: it may answer once it is there
};

class ScriptedSiteTest : public UploaderTest {
protected:
    ScriptedSiteTest() { connectTo(site_.server.port()); }
    void addTreatments(int count) {
        for (int number = 0; number < count; ++number) outbox_.add(treatment(number));
    }
    /// The site has it as "...bbb", and under its identifier another, of another time, as "...aaa".
    void storeTwice(const Document& document) {
        nlohmann::json wrong = nlohmann::json::parse(document.body);
        nlohmann::json right = wrong;
        wrong["_id"] = "000000000000000000000aaa";
        wrong["created_at"] = "2020-01-01T00:00:00.000Z";
        right["_id"] = "000000000000000000000bbb";
        site_.stored = {{wrong["_id"], wrong}, {right["_id"], right}};
    }
    std::size_t storedCount() const { return site_.stored.size(); }
    std::set<std::string> storedIdentifiers() const {
        std::set<std::string> all;
        for (const auto& [id, document] : site_.stored) all.insert(document.value("identifier", id));
        return all;
    }
    /// The first `count` requests get this answer.
    void failFirst(int count, ScriptedAnswer answer) {
        site_.fault = [count, answer](const SeenRequest&) mutable {
            return count-- > 0 ? std::optional(answer) : std::nullopt;
        };
    }

    ScriptedSite site_{io_};
};

} // namespace nightscout::testing
