// SPDX-License-Identifier: MIT
#include "protocol/codec/date_time.hpp"

#include <algorithm>
#include <limits>
#include <string_view>

namespace protocol {
namespace {

using std::chrono::days;
using std::chrono::seconds;

// docs/protocol/numbers.md 3; anything else cannot be a time reference.
constexpr std::uint16_t kFirstYear = 1582;
constexpr std::uint16_t kLastYear = 9999;

constexpr LocalSeconds kPumpEpoch = std::chrono::local_days{
    std::chrono::year_month_day{std::chrono::year{2000}, std::chrono::January, std::chrono::day{1}}};

void appendPadded(std::string& text, unsigned value, std::size_t width) {
    const std::string digits = std::to_string(value);
    if (digits.size() < width) text.append(width - digits.size(), '0');
    text += digits;
}

} // namespace

DateTime DateTime::from(LocalSeconds time) {
    const auto midnight = std::chrono::floor<days>(time);
    const std::chrono::year_month_day date{midnight};
    const std::chrono::hh_mm_ss clock{time - midnight};
    return DateTime{
        .year = static_cast<std::uint16_t>(static_cast<int>(date.year())),
        .month = static_cast<std::uint8_t>(static_cast<unsigned>(date.month())),
        .day = static_cast<std::uint8_t>(static_cast<unsigned>(date.day())),
        .hour = static_cast<std::uint8_t>(clock.hours().count()),
        .minute = static_cast<std::uint8_t>(clock.minutes().count()),
        .second = static_cast<std::uint8_t>(clock.seconds().count()),
    };
}

std::optional<LocalSeconds> DateTime::local() const {
    if (year < kFirstYear || year > kLastYear || hour > 23 || minute > 59 || second > 59) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                                           std::chrono::day{day}};
    if (!date.ok()) return std::nullopt;
    return std::chrono::local_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
           seconds{second};
}

DateTime readDateTime(Reader& reader, std::string_view field) {
    DateTime value;
    value.year = reader.get<std::uint16_t>(field);
    value.month = reader.get<std::uint8_t>(field);
    value.day = reader.get<std::uint8_t>(field);
    value.hour = reader.get<std::uint8_t>(field);
    value.minute = reader.get<std::uint8_t>(field);
    value.second = reader.get<std::uint8_t>(field);
    return value;
}

void writeDateTime(Writer& writer, const DateTime& value) {
    writer.put(value.year);
    for (const std::uint8_t part : {value.month, value.day, value.hour, value.minute, value.second})
        writer.put(part);
}

std::string toString(const DateTime& value) {
    std::string text;
    appendPadded(text, value.year, 4);
    text += '-';
    appendPadded(text, value.month, 2);
    text += '-';
    appendPadded(text, value.day, 2);
    text += 'T';
    appendPadded(text, value.hour, 2);
    text += ':';
    appendPadded(text, value.minute, 2);
    text += ':';
    appendPadded(text, value.second, 2);
    return text;
}

std::string toString(LocalSeconds value) {
    return toString(DateTime::from(value));
}

Parsed<CurrentTime> parseCurrentTime(ByteView bytes) {
    Reader reader{bytes};
    CurrentTime value;
    value.dateTime = readDateTime(reader, "date_time");
    value.dayOfWeek = reader.get<std::uint8_t>("day_of_week");
    value.fractions256 = reader.get<std::uint8_t>("fractions_256");
    value.adjustReason = reader.get<std::uint8_t>("adjust_reason");
    return reader.finish(value);
}

Bytes serialize(const CurrentTime& value) {
    Writer writer;
    writeDateTime(writer, value.dateTime);
    writer.put(value.dayOfWeek).put(value.fractions256).put(value.adjustReason);
    return std::move(writer).bytes();
}

LocalSeconds fromPumpEpoch(std::uint32_t since) {
    return kPumpEpoch + seconds{since};
}

std::uint32_t toPumpEpoch(LocalSeconds time) {
    constexpr std::int64_t kLast = std::numeric_limits<std::uint32_t>::max();
    const std::int64_t since = (time - kPumpEpoch).count();
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(since, 0, kLast));
}

} // namespace protocol
