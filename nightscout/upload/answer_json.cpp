// SPDX-License-Identifier: MIT
#include "nightscout/upload/answer_json.hpp"

#include <nlohmann/json.hpp>

namespace nightscout {
namespace {

bool isWithinLimits(std::string_view body) {
    std::size_t depth = 0;
    std::size_t values = 1;
    bool quoted = false;
    for (std::size_t at = 0; at < body.size(); ++at) {
        const char c = body[at];
        if (c == '"') quoted = !quoted;
        if (quoted) {
            if (c == '\\') ++at; // whatever it escapes
            continue;
        }
        if (c == '[' || c == '{') {
            if (++depth > kMostNesting || ++values > kMostValues) return false;
        } else if (c == ']' || c == '}') {
            if (depth > 0) --depth;
        } else if (c == ',' && ++values > kMostValues) {
            return false;
        }
    }
    return true;
}

} // namespace

nlohmann::json parseAnswer(std::string_view body) {
    if (!isWithinLimits(body)) return {nlohmann::json::value_t::discarded};
    return nlohmann::json::parse(body, nullptr, false);
}

} // namespace nightscout
