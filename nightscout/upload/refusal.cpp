// SPDX-License-Identifier: MIT
#include "nightscout/upload/refusal.hpp"

#include <utility>

namespace nightscout {

Refusal refusedAgain(const OutboxItem& item, Verdict verdict, std::string reason,
                     std::chrono::sys_seconds now) {
    Refusal refusal{item.refusals, item.refusedAt, false, {}, std::move(reason)};
    // A clock that was set back must not make it wait for years.
    const bool apart = !item.refusedAt || std::chrono::abs(now - *item.refusedAt) >= kProofApart;
    if (isAboutDocuments(verdict) && apart) {
        ++refusal.occasions;
        refusal.countedAt = now;
    }
    refusal.setAside = refusal.occasions >= kProofOccasions;
    refusal.retryAt = now + (refusal.setAside ? kRetrySetAside : kProofApart);
    return refusal;
}

std::optional<std::string> whyUnsendable(const OutboxItem& item) {
    const std::string& body = item.document.body;
    if (item.operation == Operation::Delete) {
        if (item.document.collection != Collection::DeviceStatus || item.serverId) return std::nullopt;
        return "cannot be deleted: the site gave it no _id";
    }
    if (body.starts_with('{') && body.ends_with('}')) return std::nullopt;
    return "not a JSON object, not sent";
}

Refusal unsendable(std::string reason, std::chrono::sys_seconds now) {
    return {kProofOccasions, now, true, now + kRetrySetAside, std::move(reason)};
}

} // namespace nightscout
