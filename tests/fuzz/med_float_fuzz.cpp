// SPDX-License-Identifier: MIT
// Any word survives decoding and encoding, and its text, its double and its scaled value say the same.
#include <cmath>
#include <cstdlib>
#include <tuple>

#include "protocol/codec/cursor.hpp"
#include "protocol/codec/med_float.hpp"

namespace {

using protocol::MedFloat;

void require(bool holds) {
    if (!holds) std::abort();
}

void checkNumber(const MedFloat& value) {
    const std::string text = value.text();
    require(text.find_first_not_of("-.0123456789") == std::string::npos);
    require(std::strtod(text.c_str(), nullptr) == value.toDouble());
    const auto again = MedFloat::fromScaled(value.mantissa(), value.exponent(), value.width());
    require(again == value);
    if (const auto insulin = value.scaled(8)) {
        const auto back = MedFloat::fromScaled(*insulin, -8, MedFloat::Width::Float);
        require(!back || back->text() == text);
    }
}

void check(const MedFloat& value, int places) {
    if (value.isNumber()) {
        checkNumber(value);
    } else {
        require(!std::isfinite(value.toDouble()));
        require(!value.scaled(8));
    }
    const MedFloat moved = value.shifted(places);
    if (moved.isNumber() && value.isNumber()) require(moved.mantissa() == value.mantissa());
    std::ignore = moved.text();
    std::ignore = moved.toSfloat();
    std::ignore = moved.toFloat();
    std::ignore = value.scaled(places);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    protocol::Reader reader{{data, size}};
    const auto raw = reader.get<std::uint32_t>("FLOAT");
    const auto places = reader.getSigned<std::int32_t>("places");
    const auto count = reader.getSigned<std::int64_t>("count");
    const MedFloat flt = MedFloat::fromFloat(raw);
    require(flt.toFloat() == raw);
    check(flt, places);
    const auto half = static_cast<std::uint16_t>(raw);
    const MedFloat sfloat = MedFloat::fromSfloat(half);
    require(sfloat.toSfloat() == half);
    check(sfloat, places);
    for (const auto width : {MedFloat::Width::Sfloat, MedFloat::Width::Float})
        if (const auto made = MedFloat::fromScaled(count, places, width)) checkNumber(*made);
    return 0;
}
