// SPDX-License-Identifier: MIT
// The one log of the process, made in main and handed to whoever needs it. One event a line, on stderr.
//
// info: states and counts; debug: frames, serial numbers and health values; secrets nowhere.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "bridge/config/configuration.hpp"

namespace spdlog {
class logger;
}

namespace bridge {

enum class LogLevel { Debug, Info, Warning, Error };
std::optional<LogLevel> logLevelByName(std::string_view name); ///< "debug", "info", "warning", "error"

/// Under systemd (JOURNAL_STREAM is set) each line begins with its priority, "<6>", and has no time: the
/// journal keeps both. Elsewhere it has the time in UTC and the level's name.
std::shared_ptr<spdlog::logger> makeLog(LogLevel level, const Environment& environment);

} // namespace bridge
