// SPDX-License-Identifier: MIT
#include "nightscout/upload/http_date.hpp"

#include <date/date.h>

#include <algorithm>
#include <charconv>
#include <locale>
#include <sstream>

namespace nightscout {
namespace {

constexpr const char* kFormat = "%a, %d %b %Y %H:%M:%S GMT";

} // namespace

std::optional<std::chrono::sys_seconds> parseHttpDate(std::string_view text) {
    std::istringstream in{std::string(text)};
    in.imbue(std::locale::classic());
    std::chrono::sys_seconds time;
    in >> date::parse(kFormat, time);
    if (in.fail()) return std::nullopt;
    std::ostringstream back; // parsing is lenient: a day of one digit, names in full, what follows
    back.imbue(std::locale::classic());
    back << date::format(kFormat, time);
    return back.str() == text ? std::optional(time) : std::nullopt;
}

std::optional<std::chrono::seconds> parseRetryAfter(std::string_view field,
                                                    const std::optional<std::string>& date) {
    constexpr std::chrono::seconds longest = std::chrono::hours(1);
    if (field.empty()) return std::nullopt;
    if (field.find_first_not_of("0123456789") == std::string_view::npos) {
        std::int64_t seconds = longest.count(); // also for a number too large to read
        std::from_chars(field.data(), field.data() + field.size(), seconds);
        return std::min(std::chrono::seconds(seconds), longest);
    }
    const auto until = parseHttpDate(field);
    const auto now = date ? parseHttpDate(*date) : std::nullopt;
    if (!until || !now) return std::nullopt;
    return std::clamp(*until - *now, std::chrono::seconds(0), longest);
}

} // namespace nightscout
