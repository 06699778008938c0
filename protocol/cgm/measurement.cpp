// SPDX-License-Identifier: MIT
#include "protocol/cgm/measurement.hpp"

#include <bit>
#include <cmath>
#include <utility>

#include "protocol/codec/value_codec.hpp"

namespace protocol::cgm {
namespace {

constexpr std::size_t kSmallest = 8; ///< size, flags, glucose, time offset, CRC

} // namespace

void layout(auto& c, Is<Measurement> auto& v) {
    c.field("flags", v.flags);
    c.medfloat16("glucose_mg_dl", v.glucose);
    c.field("time_offset_min", v.timeOffsetMinutes);
    c.announced("status", (v.flags & Measurement::Status) != 0, v.status);
    c.announced("cal_temp", (v.flags & Measurement::CalTemp) != 0, v.calTemp);
    c.announced("warning", (v.flags & Measurement::Warning) != 0, v.warning);
    c.optionalMedfloat16("trend_mg_dl_min", (v.flags & Measurement::Trend) != 0, v.trend);
    c.optionalMedfloat16("quality", (v.flags & Measurement::Quality) != 0, v.quality);
    c.bits("status_bits", v.statusBits());
}

/// The record as it travels. The size follows from the flags, so it is not kept.
struct SizedMeasurement {
    std::uint8_t size = 0;
    Measurement measurement;
};

void layout(auto& c, Is<SizedMeasurement> auto& v) {
    c.field("size", v.size);
    layout(c, v.measurement);
}

std::uint8_t Measurement::size() const {
    constexpr unsigned kBytes = Warning | CalTemp | Status;
    constexpr unsigned kFloats = Trend | Quality;
    return static_cast<std::uint8_t>(kSmallest + static_cast<unsigned>(std::popcount(flags & kBytes)) +
                                     2 * static_cast<std::size_t>(std::popcount(flags & kFloats)));
}

std::optional<int> Measurement::glucoseMgDl() const {
    constexpr double kBeyondAnyMeter = 10000;
    if (!glucose.isNumber() || glucose.isZero()) return std::nullopt;
    const double value = std::round(glucose.toDouble());
    if (value < 1 || value > kBeyondAnyMeter) return std::nullopt;
    return static_cast<int>(value);
}

Parsed<Measurement> parseMeasurement(ByteView bytes) {
    auto sized = parseProtected<SizedMeasurement>(bytes);
    if (!sized.has_value()) return sized.error();
    if (sized->size > bytes.size())
        return ParseError{ParseError::Code::Truncated, bytes.size(), "end of frame"};
    if (sized->size < bytes.size())
        return ParseError{ParseError::Code::Trailing, sized->size, "end of frame"};
    return sized->measurement;
}

Bytes serialize(const Measurement& value) {
    return serializeProtected(SizedMeasurement{value.size(), value});
}

void describe(const Measurement& value, FieldSink& sink) {
    describeValue(SizedMeasurement{value.size(), value}, sink);
}

std::vector<Bytes> MeasurementAssembler::add(ByteView piece) {
    pending_.insert(pending_.end(), piece.begin(), piece.end());
    std::vector<Bytes> records;
    while (!pending_.empty()) {
        const std::size_t size = pending_.front();
        if (size < kSmallest) {
            records.push_back(std::exchange(pending_, {}));
            break;
        }
        if (size > pending_.size()) break;
        const auto end = pending_.begin() + static_cast<std::ptrdiff_t>(size);
        records.emplace_back(pending_.begin(), end);
        pending_.erase(pending_.begin(), end);
    }
    return records;
}

} // namespace protocol::cgm
