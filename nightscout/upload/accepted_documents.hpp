// SPDX-License-Identifier: MIT
// The last document of each kind that the site accepted, to compare a refused one with.
// docs/architecture.md 8: a document is at fault only while a good one like it is accepted.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "nightscout/upload/outbox.hpp"

namespace nightscout {

class AcceptedDocuments {
public:
    void remember(const Document& document);
    void forget(const Document& document);
    /// One that the site still has, of the same event type where one is known, to be sent again. Device
    /// statuses have none: a repetition would be a second one.
    [[nodiscard]] std::optional<Document> like(const Document& document, Outbox& outbox);

private:
    std::map<std::pair<Collection, std::string>, Document> last_; ///< by collection and event type
};

} // namespace nightscout
