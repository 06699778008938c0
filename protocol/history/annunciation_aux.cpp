// SPDX-License-Identifier: MIT
#include "protocol/history/annunciation_aux.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <span>
#include <string_view>

#include "protocol/codec/cursor.hpp"
#include "protocol/codec/glucose.hpp"
#include "protocol/codec/med_float.hpp"
#include "protocol/history/events.hpp"

namespace protocol::history {
namespace {

enum class AuxKind : std::uint8_t {
    Byte,
    Padding,      ///< one byte
    Word,         ///< u16
    Glucose,      ///< SFLOAT mg/dL
    BloodGlucose, ///< SFLOAT kg/L
    Insulin,      ///< FLOAT IU
};
struct AuxField {
    AuxKind kind;
    std::string_view key; ///< empty for padding
};

constexpr std::size_t auxSize(AuxKind kind) {
    switch (kind) {
        case AuxKind::Byte:
        case AuxKind::Padding:
            return 1;
        case AuxKind::Word:
        case AuxKind::Glucose:
        case AuxKind::BloodGlucose:
            return 2;
        case AuxKind::Insulin:
            return 4;
    }
    return 0;
}

using enum AuxKind;
constexpr AuxField kPadding{Padding, {}};
constexpr std::array kOcclusion{AuxField{Byte, "occlusion_type"}, kPadding};
constexpr std::array kBolusStopped{AuxField{Insulin, "units_programmed_iu"},
                                   AuxField{Insulin, "units_delivered_iu"}};
constexpr std::array kFill{AuxField{Insulin, "units_delivered_iu"}};
constexpr std::array kCheckBg{AuxField{Word, "duration_since_last_bolus"}};
constexpr std::array kReservoirUnits{AuxField{Insulin, "units_remaining_iu"}};
// Hours first, unlike every other pair.
constexpr std::array kReservoirTime{AuxField{Byte, "time_remaining_hours"},
                                    AuxField{Byte, "time_remaining_minutes"}};
constexpr std::array kReminder{AuxField{Byte, "reminder_name"}, kPadding};
constexpr std::array kSetChange{AuxField{Byte, "days_since_set_change"}, kPadding};
constexpr std::array kIobCleared{AuxField{Byte, "time_when_iob_cleared_minutes"},
                                 AuxField{Byte, "time_when_iob_cleared_hours"},
                                 AuxField{Byte, "iob_partial_status_remaining_minutes"},
                                 AuxField{Byte, "iob_partial_status_remaining_hours"}};
constexpr std::array kCalibrationType{AuxField{Byte, "calibration_type"}, kPadding};
constexpr std::array kTimeOfDay{AuxField{Byte, "contextual_time_minutes"},
                                AuxField{Byte, "contextual_time_hours"}};
constexpr std::array kGlucose{AuxField{Glucose, "sg_mg_dl"}};
constexpr std::array kGlucoseAndTime{AuxField{Glucose, "sg_mg_dl"}, AuxField{Byte, "contextual_time_minutes"},
                                     AuxField{Byte, "contextual_time_hours"}};
constexpr std::array kBasalPattern{AuxField{Byte, "basal_pattern"}, kPadding};
constexpr std::array kExit{AuxField{Byte, "basal_pattern"}, kPadding, AuxField{Byte, "delivery_suspended"},
                           kPadding};
constexpr std::array kSuspended{AuxField{Byte, "delivery_suspended"}, kPadding};
constexpr std::array kBolusRecommended{AuxField{BloodGlucose, "bg_kg_per_l"}};
constexpr std::array kExpiration{AuxField{Byte, "sg_expiration_time_minutes"},
                                 AuxField{Byte, "sg_expiration_time_hours"}};
constexpr std::array kFirstCalibration{AuxField{Byte, "early_calibration_time_minutes"},
                                       AuxField{Byte, "early_calibration_time_hours"},
                                       AuxField{Byte, "calibration_recommended_time_minutes"},
                                       AuxField{Byte, "calibration_recommended_time_hours"},
                                       AuxField{Byte, "sg_expiration_time_minutes"},
                                       AuxField{Byte, "sg_expiration_time_hours"}};

struct Fault {
    std::uint16_t id;
    std::string_view name;
    std::span<const AuxField> aux{};
};
constexpr std::array kFaults{
    Fault{7, "no_delivery", kOcclusion},
    Fault{8, "fault8"},
    Fault{51, "bolus_stopped", kBolusStopped},
    Fault{71, "max_fill_reached", kFill},
    Fault{72, "max_fill_reached_2", kFill},
    Fault{84, "insert_battery_alert"},
    Fault{103, "check_bolus_bg_alert", kCheckBg},
    Fault{104, "low_battery_pump_alert"},
    Fault{105, "low_reservoir_alert", kReservoirUnits},
    Fault{106, "low_reservoir_alert_2", kReservoirTime},
    Fault{108, "personal_reminder", kReminder},
    Fault{109, "set_change_reminders", kSetChange},
    Fault{117, "iob_cleared_alert", kIobCleared},
    Fault{775, "calibrate_now_alert", kCalibrationType},
    Fault{776, "calibration_not_accepted_alert"},
    Fault{777, "change_sensor_1"},
    Fault{778, "change_sensor_2"},
    Fault{780, "lost_sensor_signal_alert"},
    Fault{786, "no_sg_calibration_occurred", kTimeOfDay},
    Fault{789, "change_sensor_3"},
    Fault{798, "sensor_connected_alert"},
    Fault{801, "sensor_error_alert"},
    Fault{802, "low_sg_plgm_alert", kGlucose},
    Fault{803, "low_sg_suspend_alert", kGlucoseAndTime},
    Fault{805, "alert_before_low_sg"},
    Fault{807, "predictive_resume_alert", kTimeOfDay},
    Fault{809, "threshold_suspend_alarm", kGlucose},
    Fault{810, "low_sg_suspend_before_low_quiet_alert"},
    Fault{811, "low_sg_suspend_before_low_alert"},
    Fault{814, "low_sg_suspension_timeout"},
    Fault{815, "manual_resume", kTimeOfDay},
    Fault{816, "high_sensor_glucose_2", kGlucose},
    Fault{817, "high_sg_alert"},
    Fault{819, "cl1_exit_high_sg", kBasalPattern},
    Fault{820, "cl1_exit_alert", kExit},
    Fault{821, "cl1_umin_alert", kSuspended},
    Fault{822, "cl1_umax_alert", kSuspended},
    Fault{826, "cl1_off_alert", kBasalPattern},
    Fault{827, "severe_low_sg", kGlucose},
    Fault{833, "cl1_bolus_recommended", kBolusRecommended},
    Fault{836, "high_sg_for_3_hours_alert"},
    Fault{837, "calibration_recommended", kExpiration},
    Fault{843, "first_calibration_successful", kFirstCalibration},
    Fault{844, "early_calibration", kExpiration},
    Fault{869, "calibrate_reminder", kTimeOfDay},
};
static_assert(std::ranges::adjacent_find(kFaults, std::greater_equal{}, &Fault::id) == kFaults.end(),
              "sorted by id, each once");

const Fault* findFault(std::uint16_t id) {
    const auto found = std::ranges::lower_bound(kFaults, id, {}, &Fault::id);
    return found != kFaults.end() && found->id == id ? &*found : nullptr;
}

std::size_t totalSize(std::span<const AuxField> fields) {
    std::size_t size = 0;
    for (const AuxField& field : fields) size += auxSize(field.kind);
    return size;
}

void describeField(const AuxField& field, Reader& in, FieldSink& sink) {
    switch (field.kind) {
        case Byte:
            sink.integer(field.key, in.get<std::uint8_t>(field.key));
            break;
        case Padding:
            in.take(1, field.key);
            break;
        case Word:
            sink.integer(field.key, in.get<std::uint16_t>(field.key));
            break;
        case Glucose:
            sink.text(field.key, MedFloat::fromSfloat(in.get<std::uint16_t>(field.key)).text());
            break;
        case BloodGlucose: {
            const auto bg = MedFloat::fromSfloat(in.get<std::uint16_t>(field.key));
            sink.text(field.key, bg.text());
            sink.text("bg_mg_dl", milligramsPerDecilitre(bg).text());
            break;
        }
        case Insulin:
            sink.text(field.key, MedFloat::fromFloat(in.get<std::uint32_t>(field.key)).text());
            break;
    }
}

} // namespace

void describeAux(const AuxInfo& aux, std::uint16_t faultId, std::size_t count, FieldSink& sink) {
    const ByteView bytes = ByteView(aux.bytes).first(count);
    const Fault* fault = findFault(faultId);
    if (fault == nullptr || totalSize(fault->aux) != bytes.size()) return;
    Reader in(bytes);
    for (const AuxField& field : fault->aux) describeField(field, in, sink);
}

std::string_view faultName(std::uint16_t faultId) {
    const Fault* fault = findFault(faultId);
    return fault == nullptr ? std::string_view{} : fault->name;
}

} // namespace protocol::history
