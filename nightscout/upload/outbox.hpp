// SPDX-License-Identifier: MIT
// Where documents wait until Nightscout has acknowledged them. The uploader drives it; the bridge's store
// keeps it in the same SQLite file as the records.
#pragma once

#include <bitset>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "nightscout/documents/document.hpp"

namespace nightscout {

enum class Operation : std::uint8_t {
    Post = 0, ///< not on the server, or may be (an answer was lost): a repetition is harmless
    /// Acknowledged once with another body; or sent once without an answer, and changed since.
    Put = 1,
    Delete = 2, ///< superseded
};

struct OutboxItem {
    std::int64_t id = 0; ///< of the outbox row
    Operation operation{};
    Document document;                   ///< body empty for Delete
    std::optional<std::string> serverId; ///< `_id` that the server gave, when known
    int attempts = 0; ///< times sent before; above 0 the server may have it although no answer came
    int refusals = 0; ///< occasions that count by the rule of proof (docs/nightscout/api.md 4.4)
    std::optional<std::chrono::sys_seconds> refusedAt; ///< the last of them
};

struct Acknowledgement {
    std::int64_t id = 0;
    std::optional<std::string> serverId;
};

/// The site refuses a document: it waits by itself and does not keep the others waiting.
struct Refusal {
    int occasions = 0;                                 ///< that count
    std::optional<std::chrono::sys_seconds> countedAt; ///< the last of them
    bool setAside = false;                             ///< proven bad: a problem to be shown
    std::chrono::sys_seconds retryAt{};                ///< not due before
    std::string reason;                                ///< the site's words
};

class Outbox {
public:
    Outbox() = default;
    Outbox(const Outbox&) = delete;
    Outbox& operator=(const Outbox&) = delete;
    virtual ~Outbox() = default;

    /// What is due at `now`, all of one collection and one operation, in the order of
    /// docs/nightscout/mapping.md 14: the newest entry of glucose, then treatments oldest first, then older
    /// entries newest first; deletions last. At most `limit` items and about `maxBytes` of bodies (one item
    /// at least). Empty when nothing is due. Collections for which isHeld() is true are left out.
    virtual std::vector<OutboxItem> next(std::size_t limit, std::size_t maxBytes,
                                         std::chrono::sys_seconds now) = 0;

    /// In one transaction: the items leave the outbox, their documents are remembered as uploaded.
    virtual void acknowledge(std::span<const Acknowledgement> items) = 0;
    /// Stays in the outbox, with what is known of it. Another body of the document begins anew.
    virtual void refuse(std::int64_t id, const Refusal& refusal) = 0;
    /// What was refused, set aside or not, is due at once.
    virtual void retryRefused() = 0;
    /// When the first of what was refused is due.
    [[nodiscard]] virtual std::optional<std::chrono::sys_seconds> nextRetry() = 0;
    virtual void countAttempt(std::span<const std::int64_t> ids) = 0;
    /// Whether the site has this document with exactly this body, and nothing of it waits.
    [[nodiscard]] virtual bool isUploaded(const Document& document) = 0;
    /// What waits, without what is set aside.
    [[nodiscard]] virtual std::size_t depth() = 0;

    /// A collection that the site does not take at present (treatments while careportal is off) stays queued
    /// without keeping the others waiting. Forgotten when the process ends.
    void setHeld(Collection collection, bool held) { held_.set(static_cast<std::size_t>(collection), held); }
    [[nodiscard]] bool isHeld(Collection collection) const {
        return held_.test(static_cast<std::size_t>(collection));
    }

private:
    std::bitset<kCollections> held_;
};

} // namespace nightscout
