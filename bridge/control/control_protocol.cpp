// SPDX-License-Identifier: MIT
#include "bridge/control/control_protocol.hpp"

namespace bridge {

using nlohmann::json;

std::variant<ControlRequest, ControlRefusal> parseControlRequest(std::string_view line) {
    if (line.size() >= kControlRequestBytes) return ControlRefusal::TooLong;
    const json request = json::parse(line, nullptr, false);
    if (!request.is_object()) return ControlRefusal::Malformed;
    const auto command = request.find("command");
    if (command == request.end() || !command->is_string()) return ControlRefusal::Malformed;
    const auto options = request.find("options");
    if (options != request.end() && !options->is_object()) return ControlRefusal::Malformed;
    return ControlRequest{command->get<std::string>(),
                          options == request.end() ? json::object() : json(*options)};
}

std::string toLine(const ControlRequest& request) {
    const json line{{"command", request.command}, {"options", request.options}};
    return line.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

} // namespace bridge
