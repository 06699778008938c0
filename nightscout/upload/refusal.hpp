// SPDX-License-Identifier: MIT
// The rule of proof: what it takes until a document counts as bad (docs/nightscout/api.md 4.4). Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "nightscout/upload/answer.hpp"
#include "nightscout/upload/outbox.hpp"

namespace nightscout {

inline constexpr int kProofOccasions = 3;
inline constexpr std::chrono::hours kProofApart{1};
inline constexpr std::chrono::hours kRetrySetAside{24};

/// What is known of a document that the site has just refused alone, while it accepted a good one directly
/// before and after. A server error (500) never counts.
Refusal refusedAgain(const OutboxItem& item, Verdict verdict, std::string reason,
                     std::chrono::sys_seconds now);

/// The site rejects these documents, whoever sends them.
constexpr bool isAboutDocuments(Verdict verdict) {
    return verdict == Verdict::Rejected || verdict == Verdict::TooLarge;
}

/// A mistake of ours; empty for what can be sent.
std::optional<std::string> whyUnsendable(const OutboxItem& item);
Refusal unsendable(std::string reason, std::chrono::sys_seconds now);

} // namespace nightscout
