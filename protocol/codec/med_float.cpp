// SPDX-License-Identifier: MIT
#include "protocol/codec/med_float.hpp"

#include <charconv>
#include <limits>
#include <stdexcept>

namespace protocol {
namespace {

using Kind = MedFloat::Kind;
using Width = MedFloat::Width;

struct Format {
    std::int32_t minMantissa;
    std::int32_t maxMantissa;
    int minExponent;
    int maxExponent;
};

constexpr Format kSfloat{-2048, 2047, -8, 7};
constexpr Format kFloat{-8388608, 8388607, -128, 127};
constexpr int kMantissaBitsSfloat = 12;
constexpr int kMantissaBitsFloat = 24;

constexpr const Format& format(Width width) {
    return width == Width::Sfloat ? kSfloat : kFloat;
}

// The special words are the ends of the mantissa's range at exponent 0 (docs/protocol/numbers.md 1).
constexpr Kind kindOf(std::int32_t mantissa, int exponent, const Format& f) {
    if (exponent != 0) return Kind::Number;
    if (mantissa == f.maxMantissa) return Kind::NaN;
    if (mantissa == f.maxMantissa - 1) return Kind::PositiveInfinity;
    if (mantissa == f.minMantissa) return Kind::NRes;
    if (mantissa == f.minMantissa + 1) return Kind::Reserved;
    if (mantissa == f.minMantissa + 2) return Kind::NegativeInfinity;
    return Kind::Number;
}

constexpr std::int32_t specialMantissa(Kind kind, const Format& f) {
    switch (kind) {
        case Kind::NaN:
            return f.maxMantissa;
        case Kind::PositiveInfinity:
            return f.maxMantissa - 1;
        case Kind::Reserved:
            return f.minMantissa + 1;
        case Kind::NegativeInfinity:
            return f.minMantissa + 2;
        case Kind::NRes:
        case Kind::Number:
            break;
    }
    return f.minMantissa;
}

constexpr bool encodable(std::int64_t mantissa, int exponent, const Format& f) {
    return mantissa >= f.minMantissa && mantissa <= f.maxMantissa && exponent >= f.minExponent &&
           exponent <= f.maxExponent &&
           kindOf(static_cast<std::int32_t>(mantissa), exponent, f) == Kind::Number;
}

struct Decimal {
    std::int64_t mantissa;
    int exponent;
};

/// The same value, changed as little as needed to fit the format; empty when it cannot be said exactly.
constexpr std::optional<Decimal> fit(Decimal value, const Format& f) {
    if (value.mantissa == 0)
        return Decimal{0,
                       value.exponent < f.minExponent || value.exponent > f.maxExponent ? 0 : value.exponent};
    constexpr int kDigits = 19; // of 64 bits: beyond these, no shift can help
    if (value.exponent < f.minExponent - kDigits || value.exponent > f.maxExponent + kDigits)
        return std::nullopt;
    while (value.exponent > f.maxExponent) {
        if (value.mantissa < f.minMantissa || value.mantissa > f.maxMantissa) return std::nullopt;
        value.mantissa *= 10;
        --value.exponent;
    }
    while (!encodable(value.mantissa, value.exponent, f)) {
        if (value.mantissa % 10 != 0 || value.exponent == f.maxExponent) return std::nullopt;
        value.mantissa /= 10;
        ++value.exponent;
    }
    return value;
}

constexpr std::int32_t signExtend(std::uint32_t value, int bits) {
    const std::uint32_t sign = 1U << static_cast<unsigned>(bits - 1);
    return static_cast<std::int32_t>(value ^ sign) - static_cast<std::int32_t>(sign);
}

/// Mantissa (two's complement, unmasked) and exponent of the word that says `value` in the format.
Decimal encode(const MedFloat& value, const Format& f) {
    if (!value.isNumber()) return {specialMantissa(value.kind(), f), 0};
    const auto fitted = fit({value.mantissa(), value.exponent()}, f);
    return fitted ? *fitted : Decimal{specialMantissa(Kind::NRes, f), 0};
}

} // namespace

MedFloat MedFloat::number(std::int32_t mantissa, std::int8_t exponent, Width width) {
    if (!encodable(mantissa, exponent, format(width)))
        throw std::invalid_argument("MedFloat::number: mantissa and exponent do not fit");
    MedFloat value;
    value.mantissa_ = mantissa;
    value.exponent_ = exponent;
    value.width_ = width;
    return value;
}

MedFloat MedFloat::fromSfloat(std::uint16_t raw) {
    MedFloat value;
    value.mantissa_ = signExtend(raw & 0x0fffU, kMantissaBitsSfloat);
    value.exponent_ = static_cast<std::int8_t>(signExtend(static_cast<std::uint32_t>(raw) >> 12U, 4));
    value.kind_ = kindOf(value.mantissa_, value.exponent_, kSfloat);
    value.width_ = Width::Sfloat;
    return value;
}

MedFloat MedFloat::fromFloat(std::uint32_t raw) {
    MedFloat value;
    value.mantissa_ = signExtend(raw & 0x00ffffffU, kMantissaBitsFloat);
    value.exponent_ = static_cast<std::int8_t>(signExtend(raw >> 24U, 8));
    value.kind_ = kindOf(value.mantissa_, value.exponent_, kFloat);
    value.width_ = Width::Float;
    return value;
}

std::optional<MedFloat> MedFloat::fromScaled(std::int64_t value, int exponent, Width width) {
    const auto fitted = fit({value, exponent}, format(width));
    if (!fitted) return std::nullopt;
    return number(static_cast<std::int32_t>(fitted->mantissa), static_cast<std::int8_t>(fitted->exponent),
                  width);
}

std::uint16_t MedFloat::toSfloat() const {
    const Decimal word = encode(*this, kSfloat);
    const auto mantissa = static_cast<std::uint32_t>(word.mantissa) & 0x0fffU;
    const auto exponent = static_cast<std::uint32_t>(word.exponent) & 0x0fU;
    return static_cast<std::uint16_t>(exponent << 12U | mantissa);
}

std::uint32_t MedFloat::toFloat() const {
    const Decimal word = encode(*this, kFloat);
    const auto mantissa = static_cast<std::uint32_t>(word.mantissa) & 0x00ffffffU;
    const auto exponent = static_cast<std::uint32_t>(word.exponent) & 0xffU;
    return exponent << 24U | mantissa;
}

std::optional<std::int64_t> MedFloat::scaled(int decimals) const {
    if (!isNumber()) return std::nullopt;
    if (mantissa_ == 0) return 0;
    constexpr std::int64_t kMaxUp = std::numeric_limits<std::int64_t>::max() / 10;
    std::int64_t value = mantissa_;
    std::int64_t places = std::int64_t{exponent_} + decimals;
    for (; places > 0; --places) {
        if (value > kMaxUp || value < -kMaxUp) return std::nullopt;
        value *= 10;
    }
    for (; places < 0; ++places) {
        if (value % 10 != 0) return std::nullopt;
        value /= 10;
    }
    return value;
}

MedFloat MedFloat::shifted(int places) const {
    if (!isNumber() || mantissa_ == 0) return *this;
    // A value that the width cannot say is widened, so that 2047 x 10^-5 kg/L does not become NaN mg/dL.
    MedFloat value = *this;
    const std::int64_t exponent = std::int64_t{exponent_} + places;
    if (exponent >= kFloat.minExponent && exponent <= kFloat.maxExponent) {
        value.exponent_ = static_cast<std::int8_t>(exponent);
        if (!encodable(mantissa_, value.exponent_, format(width_))) value.width_ = Width::Float;
        return value;
    }
    value = MedFloat{};
    value.kind_ = exponent < 0 ? Kind::NRes : mantissa_ > 0 ? Kind::PositiveInfinity : Kind::NegativeInfinity;
    value.mantissa_ = specialMantissa(value.kind_, kFloat);
    return value;
}

double MedFloat::toDouble() const {
    switch (kind_) {
        case Kind::PositiveInfinity:
            return std::numeric_limits<double>::infinity();
        case Kind::NegativeInfinity:
            return -std::numeric_limits<double>::infinity();
        case Kind::NaN:
        case Kind::NRes:
        case Kind::Reserved:
            return std::numeric_limits<double>::quiet_NaN();
        case Kind::Number:
            break;
    }
    // Through decimal text, because mantissa x pow(10, exponent) is off in the last place for many values
    // (docs/protocol/numbers.md 1.2), and from_chars rounds correctly.
    const std::string decimal = std::to_string(mantissa_) + 'e' + std::to_string(exponent_);
    double value = 0;
    std::from_chars(decimal.data(), decimal.data() + decimal.size(), value);
    return value;
}

std::string MedFloat::text() const {
    switch (kind_) {
        case Kind::NaN:
            return "NaN";
        case Kind::NRes:
            return "NRes";
        case Kind::PositiveInfinity:
            return "+INF";
        case Kind::NegativeInfinity:
            return "-INF";
        case Kind::Reserved:
            return "RFU";
        case Kind::Number:
            break;
    }
    if (mantissa_ == 0) return "0";
    std::int32_t magnitude = mantissa_ < 0 ? -mantissa_ : mantissa_;
    int zeros = 0;
    for (; magnitude % 10 == 0; magnitude /= 10) ++zeros;
    const int exponent = exponent_ + zeros;
    std::string digits = std::to_string(magnitude);
    if (exponent >= 0) {
        digits.append(static_cast<std::size_t>(exponent), '0');
    } else {
        const auto decimals = static_cast<std::size_t>(-exponent);
        if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
        digits.insert(digits.size() - decimals, 1, '.');
    }
    return mantissa_ < 0 ? "-" + digits : digits;
}

} // namespace protocol
