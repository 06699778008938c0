// SPDX-License-Identifier: MIT
#include "nightscout/upload/suspect_documents.hpp"

#include <algorithm>

namespace nightscout {

void SuspectDocuments::add(const OutboxItem& item) {
    turns_.insert_or_assign(item.id, Turn{item.document.collection, ++lastTurn_});
}

void SuspectDocuments::accepted(Collection collection) {
    const auto ofCollection = [collection](const auto& entry) {
        return entry.second.collection == collection;
    };
    if (std::ranges::count_if(turns_, ofCollection) > 1) std::erase_if(turns_, ofCollection);
}

std::vector<OutboxItem> SuspectDocuments::takeFrom(std::vector<OutboxItem>& items) const {
    std::vector<OutboxItem> suspects;
    std::erase_if(items, [&](const OutboxItem& item) {
        const bool suspect = turns_.contains(item.id);
        if (suspect) suspects.push_back(item);
        return suspect;
    });
    return suspects;
}

const OutboxItem& SuspectDocuments::next(const std::vector<OutboxItem>& suspects) const {
    return *std::ranges::min_element(suspects, {},
                                     [this](const OutboxItem& item) { return turns_.at(item.id).number; });
}

} // namespace nightscout
