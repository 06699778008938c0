// SPDX-License-Identifier: MIT
// A Nightscout in miniature on the loopback that keeps what it is sent by the keys of the real one, of the
// old generation or the new (docs/nightscout/api.md 5.2 and 6.2), and fails in the ways of the real ones.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "../nightscout/scripted_server.hpp"

namespace soak {

enum class SiteFault : std::uint8_t {
    None,
    Refused,         ///< nothing listens
    Reset,           ///< the connection is, before anything is stored
    ServerError,     ///< 500
    BadGateway,      ///< 502 and HTML
    Parked,          ///< 200 and HTML
    Unauthorized,    ///< 401
    NoTreatments,    ///< 404 for treatments: careportal is off
    TooLarge,        ///< 413 for more than a few documents
    Unprocessable,   ///< 422 for whatever is sent
    AnswerLost,      ///< stored, and the connection closed
    AnswerCut,       ///< stored, and half of the answer comes
    NoAnswer,        ///< stored, and nothing comes
    PartListed,      ///< stored, and half of it is acknowledged
    PartStored,      ///< half of it is stored, and acknowledged
    Reordered,       ///< acknowledged in another order
    Slow,            ///< the answer comes before the client gives up
    TooManyRequests, ///< 429, with Retry-After
};
inline constexpr unsigned kSiteFaults = 17; ///< without None
std::string_view name(SiteFault fault);

class Site {
public:
    enum class Generation : std::uint8_t { Old, New };
    Site(boost::asio::io_context& io, Generation generation, std::uint64_t seed);

    [[nodiscard]] std::uint16_t port() const { return server_.port(); }
    /// `share`: of the requests that fail so, in percent.
    void fail(SiteFault fault, unsigned share);
    [[nodiscard]] bool refuses() const { return fault_ == SiteFault::Refused; }
    /// Who asks is dead already, and only does not know it yet.
    void ignoreAll(bool ignored) { ignored_ = ignored; }
    [[nodiscard]] std::uint64_t requests() const { return requests_; }

    using Json = nlohmann::json;
    /// In no order: of "entries", "treatments" or "devicestatus".
    [[nodiscard]] std::vector<const Json*> documents(const std::string& collection) const;

private:
    using Request = nightscout::testing::SeenRequest;
    using Answer = nightscout::testing::ScriptedAnswer;
    struct Target;
    struct Collection {
        std::map<std::string, Json> byId;
        std::map<std::string, std::string> ids; ///< by key
    };

    [[nodiscard]] Answer answer(const Request& request);
    [[nodiscard]] std::optional<Answer> failBefore(const Request& request, SiteFault fault);
    [[nodiscard]] Answer serve(const Request& request, SiteFault fault);
    [[nodiscard]] Json post(const std::string& collection, Json documents, SiteFault fault);
    [[nodiscard]] Json put(const std::string& collection, Json document);
    [[nodiscard]] Json find(const Target& target) const;
    [[nodiscard]] Json remove(const Target& target);
    [[nodiscard]] std::string keyOf(const std::string& collection, const Json& document) const;
    void erase(const std::string& collection, const std::string& id);
    std::string newId();

    Generation generation_;
    std::mt19937_64 random_;
    SiteFault fault_ = SiteFault::None;
    unsigned share_ = 0;
    bool ignored_ = false;
    std::uint64_t requests_ = 0;
    std::uint64_t lastId_ = 0;
    std::map<std::string, Collection> collections_;
    nightscout::testing::ScriptedServer server_;
};

} // namespace soak
