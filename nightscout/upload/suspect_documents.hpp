// SPDX-License-Identifier: MIT
// Documents that the site refused alone and that have not been compared with a good one yet.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "nightscout/upload/outbox.hpp"

namespace nightscout {

class SuspectDocuments {
public:
    /// Refused alone, or compared just now: the last to be compared.
    void add(const OutboxItem& item);
    void erase(std::int64_t id) { turns_.erase(id); }
    /// The site took a document of this collection: what several were refused for lay with the site.
    void accepted(Collection collection);
    /// Takes the suspects out of `items`.
    [[nodiscard]] std::vector<OutboxItem> takeFrom(std::vector<OutboxItem>& items) const;
    /// Of several suspects, the one that has waited longest. `suspects` is not empty.
    [[nodiscard]] const OutboxItem& next(const std::vector<OutboxItem>& suspects) const;

private:
    struct Turn {
        Collection collection{};
        std::uint64_t number = 0;
    };
    std::map<std::int64_t, Turn> turns_; ///< by the outbox's id
    std::uint64_t lastTurn_ = 0;
};

} // namespace nightscout
