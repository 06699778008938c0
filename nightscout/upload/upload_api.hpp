// SPDX-License-Identifier: MIT
// The requests that documents are sent with, one at a time, and what the site's answers mean. Facts:
// docs/nightscout/api.md 5 to 10, per generation of the server.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nightscout/upload/answer.hpp"
#include "nightscout/upload/client.hpp"
#include "nightscout/upload/outbox.hpp"
#include "nightscout/upload/site_documents.hpp"

namespace nightscout {

struct Reply {
    Verdict verdict = Verdict::Accepted;
    std::string reason; ///< of Judgement
    std::optional<std::chrono::seconds> retryAfter;
    [[nodiscard]] bool accepted() const { return verdict == Verdict::Accepted; }
};

/// Every function throws TransportError where there is no answer. What is passed by reference is to stay
/// until the function has ended.
class UploadApi {
public:
    explicit UploadApi(Client& client) : client_(client) {}

    /// `stored`: those that the site has now, which may be fewer than were sent even of an accepted request.
    struct Posted {
        Reply reply;
        std::vector<Acknowledgement> stored;
        std::size_t bytes = 0; ///< of the request's body
    };
    /// In one request, as an array; a single device status as an object (docs/nightscout/api.md 7).
    asio::awaitable<Posted> post(const std::vector<OutboxItem>& items);
    /// Replaces the document with this `_id`.
    asio::awaitable<Reply> put(const OutboxItem& item, const std::string& serverId);
    /// By `_id`, and by identifier where that removed nothing. Accepted also when it was not there.
    asio::awaitable<Reply> remove(const OutboxItem& item);

    struct Found {
        Reply reply;
        std::optional<std::string> serverId; ///< empty: not there
    };
    /// By identifier. Of two documents (an answer was lost while created_at changed, on an old server) the
    /// one with another created_at is removed (docs/nightscout/api.md 10.3).
    asio::awaitable<Found> findTreatment(const Document& document);
    /// By device and time: a device status has no key on the server (docs/nightscout/api.md 10.4).
    asio::awaitable<Found> findDeviceStatus(const Document& document);

    struct Listed {
        Reply reply;
        SiteDocuments page;
    };
    /// The newest documents of ours that the site has with from <= time < before, one page of them.
    asio::awaitable<Listed> list(Collection collection, UtcMilliseconds from, UtcMilliseconds before);

    [[nodiscard]] std::uint64_t requests() const { return requests_; }

private:
    asio::awaitable<Response> send(std::string_view method, std::string path, std::string body);
    [[nodiscard]] Reply judged(const Response& response) const;

    Client& client_;
    std::uint64_t requests_ = 0;
};

} // namespace nightscout
