// SPDX-License-Identifier: MIT
// Boluses: amounts in IU. The layouts, with offsets and evidence, are in docs/protocol/history.md 6 and 12;
// fields stand here in wire order.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "protocol/codec/med_float.hpp"

namespace protocol::history {

enum class BolusType : std::uint8_t {
    Undetermined = 0x0f,
    Fast = 0x33,
    Extended = 0x3c,
    Multiwave = 0x55,
    MultiwaveAlias = 0xff, ///< in one decoder only; means Multiwave
};
enum class BolusActivation : std::uint8_t {
    Undetermined = 0x0f,
    Manual = 0x33,
    Recommended = 0x3c,
    ManuallyChangedRecommended = 0x55,
    Commanded = 0x5a, ///< without the user: SmartGuard auto correction
};
enum class BolusEndReason : std::uint8_t {
    Undetermined = 0x0f,
    ProgrammedAmountDelivered = 0x33,
    Canceled = 0x3c,
    ErrorAbort = 0x55
};

// The names of the published examples; "unknown" for unlisted values.
std::string_view name(BolusType value);
std::string_view name(BolusActivation value);
std::string_view name(BolusEndReason value);

struct Meal {
    MedFloat foodGrams;
    friend bool operator==(const Meal&, const Meal&) = default;
};
struct BolusCalculatedPart1 {
    MedFloat recommendedFastMeal, recommendedFastCorrection, recommendedExtendedMeal,
        recommendedExtendedCorrection;
    friend bool operator==(const BolusCalculatedPart1&, const BolusCalculatedPart1&) = default;
};
struct BolusCalculatedPart2 {
    MedFloat confirmedFastMeal, confirmedFastCorrection, confirmedExtendedMeal, confirmedExtendedCorrection;
    friend bool operator==(const BolusCalculatedPart2&, const BolusCalculatedPart2&) = default;
};
struct BolusProgrammedPart1 {
    std::uint16_t bolusId = 0; ///< counts modulo 256 together with AutoBasalDelivery: never a key
    BolusType bolusType{};
    MedFloat fastAmount, extendedAmount;
    std::uint16_t durationMinutes = 0; ///< 0 for fast boluses
    friend bool operator==(const BolusProgrammedPart1&, const BolusProgrammedPart1&) = default;
};
struct BolusProgrammedPart2 {
    enum Flag : std::uint8_t {
        DelayTime = 1,
        TemplateNumber = 2,
        ActivationType = 4,
        ReasonCorrection = 8,
        ReasonMeal = 16
    };
    std::uint8_t flags = 0;
    std::optional<std::uint16_t> delayTimeMinutes;
    std::optional<std::uint8_t> templateNumber;
    std::optional<BolusActivation> activationType;
    friend bool operator==(const BolusProgrammedPart2&, const BolusProgrammedPart2&) = default;
};
struct BolusDeliveredPart1 {
    std::uint16_t bolusId = 0;
    BolusType bolusType{};
    MedFloat fastAmount, extendedAmount;
    std::uint16_t durationMinutes = 0; ///< effective duration, 0 for fast boluses
    friend bool operator==(const BolusDeliveredPart1&, const BolusDeliveredPart1&) = default;
};
struct BolusDeliveredPart2 {
    enum Flag : std::uint8_t { ActivationType = 1, EndReason = 2, AnnunciationInstanceId = 4 };
    std::uint8_t flags = 0;
    std::uint32_t startTimeOffset = 0; ///< seconds after part 1
    std::optional<BolusActivation> activationType;
    std::optional<BolusEndReason> endReason; ///< undetermined also for complete boluses
    std::optional<std::uint16_t> annunciationInstanceId;
    friend bool operator==(const BolusDeliveredPart2&, const BolusDeliveredPart2&) = default;
};
struct MaxBolusAmountChanged {
    MedFloat oldAmount, newAmount;
    friend bool operator==(const MaxBolusAmountChanged&, const MaxBolusAmountChanged&) = default;
};
struct BolusTemplateChangedPart1 {
    std::uint8_t templateNumber = 0;
    BolusType bolusType{};
    MedFloat fastAmount, extendedAmount;
    std::uint16_t durationMinutes = 0;
    friend bool operator==(const BolusTemplateChangedPart1&, const BolusTemplateChangedPart1&) = default;
};
struct BolusTemplateChangedPart2 {
    enum Flag : std::uint8_t { DelayTime = 1, ReasonCorrection = 2, ReasonMeal = 4 };
    std::uint8_t flags = 0;
    std::optional<std::uint16_t> delayTimeMinutes;
    friend bool operator==(const BolusTemplateChangedPart2&, const BolusTemplateChangedPart2&) = default;
};

} // namespace protocol::history
