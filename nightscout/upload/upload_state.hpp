// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "nightscout/upload/back_off.hpp"

namespace nightscout {

/// How uploading goes, for status and for the exit code of `run --once`.
struct UploadState {
    using Health = UploadHealth;
    Health health = Health::Unknown; ///< the worst that is the case for any collection
    std::uint64_t requests = 0;
    std::uint64_t uploaded = 0; ///< documents acknowledged since start, updates included
    std::uint64_t refused = 0;  ///< refusals of single documents since start; each is tried again later
    std::uint64_t setAside = 0; ///< of those, the proven ones
    std::optional<std::chrono::sys_seconds> lastUpload; ///< of anything
    std::string lastError;   ///< a sentence, never a secret; empty again once all is well
    std::string lastRefusal; ///< the site's words for a single document
};

} // namespace nightscout
