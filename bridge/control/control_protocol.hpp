// SPDX-License-Identifier: MIT
// What is spoken on the control socket: JSON lines, docs/architecture.md 6.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>

namespace bridge {

inline constexpr std::size_t kControlRequestBytes = 4096; ///< with its line feed
inline constexpr std::size_t kControlTextBytes =
    std::size_t{16} * 1024; ///< of one "out" or "err", before quoting
inline constexpr std::size_t kControlAnswerBytes =
    std::size_t{128} * 1024; ///< of a line, quoted, as a client takes it

enum class ControlRefusal : std::uint8_t {
    TooLong,   ///< the request
    Malformed, ///< no JSON object with a command
    UnknownCommand,
    WrongOption,  ///< one that the command does not have, or a value that it cannot take
    NotPermitted, ///< neither root, nor the service's user, nor of its group
    Busy,         ///< too many connections, or the command is under way already
    TimedOut,     ///< no request came
};
/// Where a service with this runtime directory listens.
std::filesystem::path controlSocket(const std::filesystem::path& runtimeDirectory);

std::string_view name(ControlRefusal refusal); ///< "too-long"

/// Thrown by a command that does not take its request.
class ControlError : public std::runtime_error {
public:
    ControlError(ControlRefusal refusal, const std::string& text)
        : std::runtime_error(text), refusal_(refusal) {}
    [[nodiscard]] ControlRefusal refusal() const { return refusal_; }

private:
    ControlRefusal refusal_;
};

struct ControlRequest {
    std::string command;
    nlohmann::json options; ///< an object
};
/// One line without its line feed.
std::variant<ControlRequest, ControlRefusal> parseControlRequest(std::string_view line);
std::string toLine(const ControlRequest& request);

} // namespace bridge
