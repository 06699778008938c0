// SPDX-License-Identifier: MIT
// Names of enumeration values: docs/protocol/history.md 5.1, 7.5, 8.2, 8.3, 9.1.
#include "protocol/history/events.hpp"

namespace protocol::history {

namespace {
constexpr std::string_view kUnknown = "unknown";
}

std::string_view name(RecordingReason value) {
    switch (value) {
        case RecordingReason::Undetermined:
            return "undetermined";
        case RecordingReason::SetDateTime:
            return "set_date_time";
        case RecordingReason::Periodic:
            return "periodic_recording";
        case RecordingReason::DateTimeLoss:
            return "date_time_loss";
    }
    return kUnknown;
}

std::string_view name(BolusType value) {
    switch (value) {
        case BolusType::Undetermined:
            return "undetermined";
        case BolusType::Fast:
            return "fast";
        case BolusType::Extended:
            return "extended";
        case BolusType::Multiwave:
        case BolusType::MultiwaveAlias:
            return "multiwave";
    }
    return kUnknown;
}

std::string_view name(BolusActivation value) {
    switch (value) {
        case BolusActivation::Undetermined:
            return "undetermined";
        case BolusActivation::Manual:
            return "manual";
        case BolusActivation::Recommended:
            return "recommended";
        case BolusActivation::ManuallyChangedRecommended:
            return "manually_changed_recommended";
        case BolusActivation::Commanded:
            return "commanded";
    }
    return kUnknown;
}

std::string_view name(BolusEndReason value) {
    switch (value) {
        case BolusEndReason::Undetermined:
            return "undetermined";
        case BolusEndReason::ProgrammedAmountDelivered:
            return "programmed_amount_delivered";
        case BolusEndReason::Canceled:
            return "canceled";
        case BolusEndReason::ErrorAbort:
            return "error_abort";
    }
    return kUnknown;
}

std::string_view name(TbrType value) {
    switch (value) {
        case TbrType::Undetermined:
            return "undetermined";
        case TbrType::Absolute:
            return "absolute";
        case TbrType::Relative:
            return "relative";
    }
    return kUnknown;
}

std::string_view name(TbrEndReason value) {
    switch (value) {
        case TbrEndReason::Undetermined:
            return "undetermined";
        case TbrEndReason::ProgrammedDurationOver:
            return "programmed_duration_over";
        case TbrEndReason::Canceled:
            return "canceled";
        case TbrEndReason::ErrorAbort:
            return "error_abort";
    }
    return kUnknown;
}

std::string_view name(BasalDeliveryContext value) {
    switch (value) {
        case BasalDeliveryContext::Undetermined:
            return "undetermined";
        case BasalDeliveryContext::DeviceBased:
            return "device_based";
        case BasalDeliveryContext::RemoteControl:
            return "remote_control";
        case BasalDeliveryContext::ApController:
            return "ap_controller";
    }
    return kUnknown;
}

std::string_view name(ProfileTemplateType value) {
    switch (value) {
        case ProfileTemplateType::Undetermined:
            return "undetermined";
        case ProfileTemplateType::BasalRate:
            return "basal_rate_profile";
        case ProfileTemplateType::Isf:
            return "isf_profile";
        case ProfileTemplateType::CarbRatio:
            return "i2cho_ratio_profile";
        case ProfileTemplateType::TargetRange:
            return "target_glucose_range_profile";
    }
    return kUnknown;
}

std::string_view name(TherapyControlState value) {
    switch (value) {
        case TherapyControlState::Undetermined:
            return "undetermined";
        case TherapyControlState::Stop:
            return "stop";
        case TherapyControlState::Pause:
            return "pause";
        case TherapyControlState::Run:
            return "run";
    }
    return kUnknown;
}

std::string_view name(OperationalState value) {
    switch (value) {
        case OperationalState::Undetermined:
            return "undetermined";
        case OperationalState::Off:
            return "off";
        case OperationalState::Standby:
            return "standby";
        case OperationalState::Preparing:
            return "preparing";
        case OperationalState::Priming:
            return "priming";
        case OperationalState::Waiting:
            return "waiting";
        case OperationalState::Ready:
            return "ready";
    }
    return kUnknown;
}

std::string_view name(AnnunciationStatus value) {
    switch (value) {
        case AnnunciationStatus::Undetermined:
            return "undetermined";
        case AnnunciationStatus::Pending:
            return "pending";
        case AnnunciationStatus::Snoozed:
            return "snoozed";
        case AnnunciationStatus::Confirmed:
            return "confirmed";
    }
    return kUnknown;
}

std::string_view name(PrimingEndReason value) {
    switch (value) {
        case PrimingEndReason::Undetermined:
            return "undetermined";
        case PrimingEndReason::AbortedByUser:
            return "aborted_by_user";
        case PrimingEndReason::ProgrammedAmountReached:
            return "programmed_amount_reached";
        case PrimingEndReason::ErrorAbort:
            return "error_abort";
    }
    return kUnknown;
}

std::string_view name(StoppedReason value) {
    switch (value) {
        case StoppedReason::AlarmSuspended:
            return "alarm_suspended";
        case StoppedReason::UserSuspended:
            return "user_suspended";
        case StoppedReason::AutoSuspended:
            return "auto_suspended";
        case StoppedReason::LowSgSuspended:
            return "low_sg_suspended";
        case StoppedReason::NotSeated:
            return "not_seated";
        case StoppedReason::Unknown08:
            return "unknown_08";
        case StoppedReason::PredictedLowSgSuspended:
            return "plgm_on_low_sg_suspended";
    }
    return kUnknown;
}

std::string_view name(RestartedReason value) {
    switch (value) {
        case RestartedReason::UserSelectsResume:
            return "user_selects_resume";
        case RestartedReason::UserClearsAlarm:
            return "user_clears_alarm";
        case RestartedReason::LowManualResume:
            return "lgm_manual_resume";
        case RestartedReason::LowAutoResumeMaxTime:
            return "lgm_auto_resume_max_suspend_time";
        case RestartedReason::LowAutoResumeSg:
            return "lgm_auto_resume_psg_and_sg";
        case RestartedReason::LowManualResumeByDisable:
            return "lgm_manual_resume_via_disable";
    }
    return kUnknown;
}

std::string_view name(Cl1TransitionKind value) {
    switch (value) {
        case Cl1TransitionKind::IntoAuto:
            return "into_si_pass";
        case Cl1TransitionKind::OutUserOverride:
            return "out_user_override";
        case Cl1TransitionKind::OutAlarm:
            return "out_alarm";
        case Cl1TransitionKind::OutSafeBasalTimeout:
            return "out_safe_basal_timeout";
        case Cl1TransitionKind::OutHighSg:
            return "out_high_sg";
    }
    return kUnknown;
}

std::string_view name(SgSpecial value) {
    switch (value) {
        case SgSpecial::None:
            return "none";
        case SgSpecial::NoValueZero:
            return "no_value_zero";
        case SgSpecial::SensorStarting:
            return "sensor_starting";
        case SgSpecial::SensorUpdating:
            return "sensor_updating";
        case SgSpecial::Above400:
            return "above_400_mg_dl";
        case SgSpecial::Below50:
            return "below_50_mg_dl";
        case SgSpecial::Unknown:
            break;
    }
    return kUnknown;
}

} // namespace protocol::history
