// SPDX-License-Identifier: MIT
// Names of enumeration values: docs/protocol/services.md 5.1, 7 and 8.
#include <array>
#include <cstddef>

#include "protocol/idd/command_data.hpp"
#include "protocol/idd/status.hpp"
#include "protocol/idd/status_reader.hpp"

namespace protocol::idd {
namespace {

constexpr std::string_view kUnknown = "unknown";

/// For enumerations without gaps, from 0.
template <std::size_t Size, typename Enum>
constexpr std::string_view nameOf(const std::array<std::string_view, Size>& names, Enum value) {
    const auto index = static_cast<std::size_t>(value);
    return index < Size ? names[index] : kUnknown;
}

constexpr std::array<std::string_view, 15> kSensorMessages{
    "no_message",           "wait_to_calibrate",    "do_not_calibrate",
    "calibration_required", "calibrating",          "searching_for_sensor_signal",
    "no_sensor_signal",     "change_sensor",        "warm_up",
    "sg_below_lower_limit", "sg_above_upper_limit", "gst_battery_depleted",
    "sensor_connected",     "waiting_warm_up",      "no_paired_sensor"};
constexpr std::array<std::string_view, 2> kSettingsTypes{"low", "high"};

} // namespace

std::string_view name(SensorMessage value) {
    return nameOf(kSensorMessages, value);
}

std::string_view name(SettingsType value) {
    return nameOf(kSettingsTypes, value);
}

std::string_view name(ResponseCode value) {
    switch (value) {
        case ResponseCode::Success:
            return "success";
        case ResponseCode::OpCodeNotSupported:
            return "op_code_not_supported";
        case ResponseCode::InvalidOperand:
            return "invalid_operand";
        case ResponseCode::ProcedureNotCompleted:
            return "procedure_not_completed";
        case ResponseCode::ParameterOutOfRange:
            return "parameter_out_of_range";
        case ResponseCode::ProcedureNotApplicable:
            return "procedure_not_applicable";
        case ResponseCode::PlausibilityCheckFailed:
            return "plausibility_check_failed";
        case ResponseCode::MaximumBolusNumberReached:
            return "maximum_bolus_number_reached";
    }
    return kUnknown;
}

namespace status_reader {
namespace {

constexpr std::array<std::string_view, 4> kShields{kUnknown, "open_loop", "auto_basal", "safe_basal"};
constexpr std::array<std::string_view, 6> kReadiness{"no_action_required",   "bg_required",
                                                     "processing_bg",        "waiting_to_enter_bg",
                                                     "calibration_required", "bg_recommended"};
constexpr std::array<std::string_view, 3> kSuspendStates{"on_sg_unavailable", "on_suspended", "on"};
constexpr std::array<std::string_view, 3> kResolutions{"tenths", "hundredths", "thousandths"};
constexpr std::array<std::string_view, 23> kLanguages{
    "german",    "spanish",   "french", "italian",    "dutch",   "swedish",  "czech",   "danish",
    "hungarian", "norwegian", "polish", "portuguese", "slovene", "finnish",  "turkish", "hebrew",
    "arabic",    "russian",   "greek",  "slovak",     "chinese", "japanese", "korean"};
constexpr std::array<std::string_view, 16> kCalibrationIcons{"none",
                                                             "undefined",
                                                             "init",
                                                             "calibration_required_legacy",
                                                             "0_hours",
                                                             "2_hours",
                                                             "4_hours",
                                                             "6_hours",
                                                             "8_hours",
                                                             "10_hours",
                                                             "no_calibration_required",
                                                             "early_calibration",
                                                             "recommended",
                                                             "required",
                                                             "hcl_requires_bg_legacy",
                                                             "hcl_requires_bg"};

} // namespace

std::string_view name(BolusValue value) {
    switch (value) {
        case BolusValue::Programmed:
            return "programmed";
        case BolusValue::Remaining:
            return "remaining";
        case BolusValue::Delivered:
            return "delivered";
    }
    return kUnknown;
}

std::string_view name(CounterType value) {
    switch (value) {
        case CounterType::IddLifetime:
            return "idd_lifetime";
        case CounterType::Warranty:
            return "warranty";
        case CounterType::Loaner:
            return "loaner";
        case CounterType::ReservoirInsulinOperationTime:
            return "reservoir_insulin_operation_time";
    }
    return kUnknown;
}

std::string_view name(CounterValue value) {
    switch (value) {
        case CounterValue::Remaining:
            return "remaining";
        case CounterValue::Elapsed:
            return "elapsed";
    }
    return kUnknown;
}

std::string_view name(AutoModeShield value) {
    return nameOf(kShields, value);
}
std::string_view name(AutoModeReadiness value) {
    return nameOf(kReadiness, value);
}
std::string_view name(SuspendState value) {
    return nameOf(kSuspendStates, value);
}
std::string_view name(ActiveInsulinResolution value) {
    return nameOf(kResolutions, value);
}
std::string_view name(Language value) {
    return nameOf(kLanguages, value);
}
std::string_view name(CalibrationIcon value) {
    return nameOf(kCalibrationIcons, value);
}

} // namespace status_reader
} // namespace protocol::idd
