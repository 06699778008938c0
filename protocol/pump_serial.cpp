// SPDX-License-Identifier: MIT
#include "protocol/pump_serial.hpp"

namespace protocol {

namespace {

constexpr std::string_view kPrefix = "NG";
constexpr std::string_view kPumpName = "Pump";
constexpr std::size_t kShortest = 4;
constexpr std::size_t kLongest = 20;

std::string_view withoutPrefix(std::string_view serial) {
    if (serial.starts_with(kPrefix)) serial.remove_prefix(kPrefix.size());
    return serial;
}

bool isBlank(char c) {
    return c == ' ' || c == '-' || c == '\t' || c == '\r' || c == '\n' || c == '\0';
}

} // namespace

Parsed<std::string> parsePumpSerial(std::string_view text) {
    std::string serial;
    for (std::size_t at = 0; at < text.size(); ++at) {
        char c = text[at];
        if (isBlank(c)) continue;
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
        const bool known = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!known || serial.size() == kLongest)
            return ParseError{ParseError::Code::BadValue, at, "serial_number"};
        serial.push_back(c);
    }
    if (serial.size() < kShortest)
        return ParseError{ParseError::Code::Truncated, text.size(), "serial_number"};
    return serial;
}

bool sameSerial(std::string_view a, std::string_view b) {
    return withoutPrefix(a) == withoutPrefix(b);
}

bool nameFitsSerial(std::string_view deviceName, std::string_view serial) {
    return deviceName.starts_with(kPumpName) &&
           (serial.empty() || deviceName.ends_with(withoutPrefix(serial)));
}

} // namespace protocol
