// SPDX-License-Identifier: MIT
#include "therapy/amount.hpp"

namespace therapy {
namespace {

constexpr int kPlaces = 8;
constexpr std::int64_t kOne = Amount::kOne;
constexpr std::int64_t kLimit = 1'000'000 * kOne;
constexpr std::int64_t kThousandth = kOne / 1000;

} // namespace

std::optional<Amount> amountOf(const protocol::MedFloat& value) {
    const auto scaled = value.scaled(kPlaces);
    if (!scaled || *scaled < 0 || *scaled >= kLimit) return std::nullopt;
    return Amount{*scaled};
}

std::string text(Amount amount) {
    std::string places = std::to_string(kOne + amount.hundredMillionths % kOne).substr(1);
    places.erase(places.find_last_not_of('0') + 1);
    std::string whole = std::to_string(amount.hundredMillionths / kOne);
    return places.empty() ? whole : whole + "." + places;
}

Amount perHour(Amount amount, std::uint16_t minutes) {
    const std::int64_t divisor = minutes * kThousandth;
    return {(amount.hundredMillionths * 60 + divisor / 2) / divisor * kThousandth};
}

std::optional<Amount> product(Amount rate, Amount factor) {
    if (factor.hundredMillionths >= 100 * kOne) return std::nullopt;
    // Five places of a rate by three of a factor: 64 bits hold it.
    const std::int64_t places = (rate.hundredMillionths / 1000) * (factor.hundredMillionths / kThousandth);
    return Amount{(places + kThousandth / 2) / kThousandth * kThousandth};
}

int percent(Amount part, Amount whole) {
    return static_cast<int>((part.hundredMillionths * 100 + whole.hundredMillionths / 2) /
                            whole.hundredMillionths);
}

} // namespace therapy
