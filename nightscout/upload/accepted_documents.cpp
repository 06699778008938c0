// SPDX-License-Identifier: MIT
#include "nightscout/upload/accepted_documents.hpp"

#include <algorithm>

namespace nightscout {

void AcceptedDocuments::remember(const Document& document) {
    if (document.collection == Collection::DeviceStatus) return;
    last_.insert_or_assign({document.collection, document.eventType}, document);
}

void AcceptedDocuments::forget(const Document& document) {
    last_.erase({document.collection, document.eventType});
}

std::optional<Document> AcceptedDocuments::like(const Document& document, Outbox& outbox) {
    const auto ofCollection = [&](const auto& entry) { return entry.first.first == document.collection; };
    std::erase_if(last_,
                  [&](const auto& entry) { return ofCollection(entry) && !outbox.isUploaded(entry.second); });
    auto found = last_.find({document.collection, document.eventType});
    if (found == last_.end()) found = std::ranges::find_if(last_, ofCollection);
    return found == last_.end() ? std::nullopt : std::optional(found->second);
}

} // namespace nightscout
