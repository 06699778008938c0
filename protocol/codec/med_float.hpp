// SPDX-License-Identifier: MIT
// medfloat16 (SFLOAT) and medfloat32 (FLOAT) of IEEE 11073-20601: decimal numbers, mantissa x 10^exponent.
// Facts: docs/protocol/numbers.md 1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace protocol {

/// A decimal number as it stood on the wire. The pump does not normalise (0.3 comes as 3000000 x 10^-7), so
/// equal values may differ in representation: operator== compares the representation, compare values by
/// scaled().
class MedFloat {
public:
    enum class Width : std::uint8_t { Sfloat = 2, Float = 4 };
    enum class Kind : std::uint8_t { Number, NaN, NRes, PositiveInfinity, NegativeInfinity, Reserved };

    constexpr MedFloat() = default;
    /// `mantissa` must fit 12 (SFLOAT) or 24 bits, `exponent` 4 or 8 bits, and the two must not make a
    /// special word; else std::invalid_argument.
    static MedFloat number(std::int32_t mantissa, std::int8_t exponent, Width width = Width::Float);
    static MedFloat fromSfloat(std::uint16_t raw);
    static MedFloat fromFloat(std::uint32_t raw);
    /// `value` x 10^`exponent`, for those who make records: as given when that fits the width, else with the
    /// decimal point moved as little as needed. Empty when the value does not fit exactly.
    static std::optional<MedFloat> fromScaled(std::int64_t value, int exponent, Width width);

    /// The word on the wire. What came from the wire in the same width goes back unchanged; a value that the
    /// width cannot say exactly becomes NRes.
    [[nodiscard]] std::uint16_t toSfloat() const;
    [[nodiscard]] std::uint32_t toFloat() const;

    [[nodiscard]] Kind kind() const { return kind_; }
    [[nodiscard]] Width width() const { return width_; }
    [[nodiscard]] bool isNumber() const { return kind_ == Kind::Number; }
    [[nodiscard]] std::int32_t mantissa() const { return mantissa_; }
    [[nodiscard]] std::int8_t exponent() const { return exponent_; }
    [[nodiscard]] bool isNegative() const { return isNumber() && mantissa_ < 0; }
    [[nodiscard]] bool isZero() const { return isNumber() && mantissa_ == 0; }

    /// The value as an integer count of 10^-decimals (8 for insulin is exact for all that a pump sends);
    /// empty for special values, for values finer than that unit, and beyond 64 bits.
    [[nodiscard]] std::optional<std::int64_t> scaled(int decimals) const;

    /// The same number with the decimal point moved: 122 x 10^-5 kg/L shifted by 5 is 122 mg/dL. Widened to
    /// FLOAT when SFLOAT cannot say it; beyond FLOAT's exponents an infinity or NRes. Special values stay.
    [[nodiscard]] MedFloat shifted(int places) const;

    /// Correctly rounded; NaN and infinities as such, NRes and reserved as NaN.
    [[nodiscard]] double toDouble() const;

    /// Shortest decimal text, never an exponent: "11.2"; "NaN", "NRes", "+INF", "-INF", "RFU".
    [[nodiscard]] std::string text() const;

    friend bool operator==(const MedFloat&, const MedFloat&) = default;

private:
    std::int32_t mantissa_ = 0;
    std::int8_t exponent_ = 0;
    Kind kind_ = Kind::Number;
    Width width_ = Width::Float;
};

} // namespace protocol
