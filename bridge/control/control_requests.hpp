// SPDX-License-Identifier: MIT
// The commands that a running service carries out for others, as requests: both directions of each.
#pragma once

#include "bridge/commands/history.hpp"
#include "bridge/commands/status.hpp"
#include "bridge/control/control_protocol.hpp"
#include "bridge/publish/backfill.hpp"

namespace bridge {

inline constexpr const char* kStatusCommand = "status";
inline constexpr const char* kHistoryCommand = "history";
inline constexpr const char* kUploadCommand = "upload";

ControlRequest toRequest(const StatusOptions& options);
ControlRequest toRequest(const HistoryOptions& options);
ControlRequest toRequest(const BackfillOptions& options);

// Throw ControlError for an option that there is not, or a value that it cannot have.
StatusOptions readStatusOptions(const nlohmann::json& options);
HistoryOptions readHistoryOptions(const nlohmann::json& options);
BackfillOptions readBackfillOptions(const nlohmann::json& options);

} // namespace bridge
