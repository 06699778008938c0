// SPDX-License-Identifier: MIT
// Insulin, carbohydrates and glucose as exact decimals: what the pump gave is what the document says
// (docs/nightscout/mapping.md 6.2, "Numbers").
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "protocol/codec/med_float.hpp"

namespace therapy {

/// A decimal number that is not negative, below a million, with eight places: exact for all that a pump
/// sends.
struct Amount {
    static constexpr std::int64_t kOne = 100'000'000;
    std::int64_t hundredMillionths = 0;

    [[nodiscard]] constexpr bool isZero() const { return hundredMillionths == 0; }
    friend constexpr auto operator<=>(const Amount&, const Amount&) = default;
    friend constexpr Amount operator+(Amount a, Amount b) {
        return {a.hundredMillionths + b.hundredMillionths};
    }
};

/// Empty for what no amount can be: special values, negative numbers, a million and more, finer than eight
/// places.
std::optional<Amount> amountOf(const protocol::MedFloat& value);

/// "11.2"; never an exponent.
std::string text(Amount amount);

/// What `amount` in `minutes` is in one hour, rounded to three places (half up). `minutes` > 0.
Amount perHour(Amount amount, std::uint16_t minutes);
/// `rate` by `factor`, rounded to three places (half up); empty for a factor of a hundred and more.
std::optional<Amount> product(Amount rate, Amount factor);
/// The share of `part` in `whole` in whole percent (half up); `whole` > 0.
int percent(Amount part, Amount whole);

} // namespace therapy
