// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

namespace bridge {

/// Where a service with this runtime directory listens.
inline std::filesystem::path controlSocket(const std::filesystem::path& runtimeDirectory) {
    return runtimeDirectory / "control";
}

} // namespace bridge
