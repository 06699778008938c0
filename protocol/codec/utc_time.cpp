// SPDX-License-Identifier: MIT
#include "protocol/codec/utc_time.hpp"

#include <array>
#include <cstdio>

namespace protocol {
namespace {

/// With `digits` behind the second.
template <typename Duration>
std::string toText(std::chrono::sys_time<Duration> time, int digits) {
    const auto second = std::chrono::floor<std::chrono::seconds>(time);
    const auto day = std::chrono::floor<std::chrono::days>(second);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(second - day);
    std::array<char, 64> text{};
    int size =
        std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d",
                      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                      static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
    std::string result(text.data(), static_cast<std::size_t>(size));
    if (digits > 0) {
        size = std::snprintf(text.data(), text.size(), ".%0*lld", digits,
                             static_cast<long long>((time - second).count()));
        result.append(text.data(), static_cast<std::size_t>(size));
    }
    return result + 'Z';
}

} // namespace

std::string toIso(std::chrono::sys_time<std::chrono::seconds> time) {
    return toText(time, 0);
}
std::string toIso(std::chrono::sys_time<std::chrono::milliseconds> time) {
    return toText(time, 3);
}
std::string toIso(std::chrono::sys_time<std::chrono::microseconds> time) {
    return toText(time, 6);
}

} // namespace protocol
