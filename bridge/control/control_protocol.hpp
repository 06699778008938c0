// SPDX-License-Identifier: MIT
// What is spoken on the control socket: JSON lines, docs/architecture.md 6.1.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <variant>

#include "bridge/control/control_error.hpp"

namespace bridge {

inline constexpr std::size_t kControlRequestBytes = 4096; ///< with its line feed
inline constexpr std::size_t kControlTextBytes =
    std::size_t{16} * 1024; ///< of one "out" or "err", before quoting
inline constexpr std::size_t kControlAnswerBytes =
    std::size_t{128} * 1024; ///< of a line, quoted, as a client takes it

struct ControlRequest {
    std::string command;
    nlohmann::json options; ///< an object
};
/// One line without its line feed.
std::variant<ControlRequest, ControlRefusal> parseControlRequest(std::string_view line);
std::string toLine(const ControlRequest& request);

} // namespace bridge
