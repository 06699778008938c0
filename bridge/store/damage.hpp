// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <filesystem>

namespace bridge {

/// Moves a damaged store out of the way, to "<file>.damaged-20260314T093000Z" beside it, and makes a new one
/// that has the old one's settings, as far as they can still be read. Its records come from the pump again.
/// Where the old file is now. Throws StoreError or std::filesystem::filesystem_error.
std::filesystem::path setDamagedStoreAside(const std::filesystem::path& file, std::chrono::sys_seconds now);

} // namespace bridge
