// SPDX-License-Identifier: MIT
#include "nightscout/documents/fault.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "nightscout/documents/treatment.hpp"

namespace nightscout {
namespace {

using protocol::ByteView;
using protocol::MedFloat;
using enum FaultClass;

/// How the bytes after the time stamp are told (layouts: docs/protocol/history.md 11.3).
enum class Value : std::uint8_t {
    None,
    UnitsLeft,    ///< FLOAT U: ", 20 U left"
    Units,        ///< FLOAT U: ", 10 U"
    StoppedBolus, ///< FLOAT U programmed, FLOAT U delivered: ": 4.75 of 11.2 U"
    TimeLeft,     ///< u8 hours, u8 minutes: ", 8:30 h left"
    TimeOfDay,    ///< u8 minutes, u8 hours: " by 09:12"
    Days,         ///< u8, padding: ", 3 days"
    Number,       ///< u8, padding: " 3"
    Glucose,      ///< SFLOAT mg/dL, more may follow: ", 68 mg/dL"
};

/// Fault ids first to last; '#' in the text stands for the id.
struct Entry {
    std::uint16_t first, last;
    FaultClass kind;
    std::string_view text;
    Value value = Value::None;
};
constexpr std::string_view kPumpError = "pump error #, delivery stopped";
constexpr std::string_view kCritical = "critical pump error #, do not use the pump";
constexpr std::string_view kMotorError = "motor error #, delivery stopped";
constexpr std::string_view kRequired = "BG or calibration required for SmartGuard";
constexpr std::string_view kResumed = "basal resumed";
constexpr std::string_view kResumedAtLimit = "basal resumed: two-hour limit";

constexpr std::array kEntries{
    Entry{2, 4, Alarm, kPumpError},
    Entry{6, 6, Alarm, "power lost"},
    Entry{7, 7, Alarm, "insulin flow blocked"},
    Entry{8, 8, Alarm, "insulin flow blocked, reservoir may be empty"},
    Entry{11, 11, Alarm, "replace battery now, delivery stopped"},
    Entry{12, 12, Alarm, "auto-suspend: no button pressed, delivery stopped"},
    Entry{13, 20, Alarm, kPumpError},
    Entry{22, 23, Alarm, kPumpError},
    Entry{24, 24, Alarm, kCritical},
    Entry{25, 25, Alarm, "power error"},
    Entry{26, 28, Alarm, kPumpError},
    Entry{29, 29, Alarm, "pump restarted, delivery stopped"},
    Entry{30, 31, Alarm, kPumpError},
    Entry{33, 34, Alarm, kPumpError},
    Entry{35, 35, Alarm, kCritical},
    Entry{37, 39, Alarm, kMotorError},
    Entry{40, 40, Alarm, kCritical},
    Entry{41, 43, Alarm, kMotorError},
    Entry{44, 46, Alarm, kPumpError},
    Entry{47, 48, Alarm, kCritical},
    Entry{49, 49, Alarm, kPumpError},
    Entry{50, 50, Alarm, kCritical},
    Entry{51, 51, Alarm, "bolus stopped", Value::StoppedBolus},
    Entry{52, 52, Alarm, "delivery limit exceeded"},
    Entry{53, 54, Alarm, kPumpError},
    Entry{55, 55, Alarm, kCritical},
    Entry{57, 57, Alarm, "battery not compatible, delivery stopped"},
    Entry{58, 58, Alarm, "battery failed, delivery stopped"},
    Entry{60, 60, Alarm, kPumpError},
    Entry{61, 61, Warning, "button stuck"},
    Entry{63, 65, Alarm, kPumpError},
    Entry{66, 66, Alarm, "no reservoir, delivery cannot start"},
    Entry{67, 68, Alarm, kPumpError},
    Entry{69, 69, Alarm, "loading incomplete, delivery cannot start"},
    Entry{70, 70, Reminder, "fill cannula?"},
    Entry{71, 72, Warning, "maximum fill reached", Value::Units},
    Entry{73, 73, Alarm, "battery empty within 30 min"},
    Entry{74, 76, Alarm, kPumpError},
    Entry{77, 77, Alarm, "settings error, delivery stopped"},
    Entry{79, 82, Alarm, kPumpError},
    Entry{84, 84, Alarm, "delivery stopped: insert a new battery now"},
    Entry{100, 100, Warning, "bolus not delivered, entry timed out"},
    Entry{103, 103, Reminder, "check BG after bolus"},
    Entry{104, 104, Warning, "pump battery low"},
    Entry{105, 105, Warning, "reservoir low", Value::UnitsLeft},
    Entry{106, 106, Warning, "reservoir low", Value::TimeLeft},
    Entry{107, 107, Reminder, "missed meal bolus"},
    Entry{108, 108, Reminder, "personal reminder", Value::Number},
    Entry{109, 109, Reminder, "set change due", Value::Days},
    Entry{110, 110, Reminder, "a sensor alert was silenced"},
    Entry{113, 113, Alarm, "reservoir empty"},
    Entry{117, 117, Warning, "active insulin cleared"},
    Entry{130, 130, Alarm, "delivery stopped: rewind"},
    Entry{131, 131, Alarm, kCritical},
    Entry{140, 140, Alarm, "delivery stopped: connect infusion set"},
    Entry{775, 775, Sensor, "calibrate now"},
    Entry{776, 776, Sensor, "calibration not accepted"},
    Entry{777, 778, Sensor, "change sensor"},
    Entry{779, 779, Sensor, "recharge transmitter"},
    Entry{780, 780, Sensor, "sensor signal lost"},
    Entry{781, 781, Sensor, "signal interference"},
    Entry{784, 784, Glucose, "rising fast"},
    Entry{786, 787, Sensor, "calibration did not happen"},
    Entry{788, 788, Sensor, "BG not received by transmitter"},
    Entry{789, 789, Sensor, "change sensor"},
    Entry{790, 791, Sensor, "sensor signal not found"},
    Entry{794, 794, Sensor, "sensor expired"},
    Entry{795, 795, Sensor, "check transmitter connection"},
    Entry{796, 796, Sensor, "sensor signal not found"},
    Entry{797, 798, Sensor, "sensor connected"},
    Entry{799, 799, Sensor, "warm-up started"},
    Entry{801, 801, Sensor, "no sensor glucose, sensor updating"},
    Entry{802, 802, Glucose, "low", Value::Glucose},
    Entry{803, 803, Glucose, "low while suspended", Value::Glucose},
    Entry{805, 805, Glucose, "approaching low"},
    Entry{806, 807, Message, kResumed},
    Entry{808, 808, Message, kResumedAtLimit},
    Entry{809, 809, Message, "suspended on low", Value::Glucose},
    Entry{810, 811, Message, "suspended before low"},
    Entry{812, 812, Alarm, "no reaction to a low suspend: emergency"},
    Entry{814, 814, Message, kResumedAtLimit},
    Entry{815, 815, Message, "basal resumed: setting changed"},
    Entry{816, 816, Glucose, "high", Value::Glucose},
    Entry{817, 817, Glucose, "approaching high"},
    Entry{819, 820, Message, "SmartGuard exit"},
    Entry{821, 821, Message, "SmartGuard at minimum delivery, BG required"},
    Entry{822, 822, Message, "SmartGuard at maximum delivery, BG required"},
    Entry{823, 823, Glucose, "high for more than 1 h"},
    Entry{824, 824, Message, "SmartGuard exit after high glucose"},
    Entry{825, 825, Message, "SmartGuard started"},
    Entry{826, 826, Message, "SmartGuard off"},
    Entry{827, 827, Glucose, "urgent low", Value::Glucose},
    Entry{829, 832, Message, kRequired},
    Entry{833, 833, Reminder, "correction bolus recommended"},
    Entry{836, 836, Glucose, "high for more than 3 h"},
    Entry{837, 837, Sensor, "calibration recommended"},
    Entry{843, 843, Sensor, "calibration done"},
    Entry{844, 844, Sensor, "calibration early"},
    Entry{869, 869, Reminder, "calibrate", Value::TimeOfDay},
    Entry{870, 870, Sensor, "transmitter battery low"},
};
static_assert(std::ranges::all_of(kEntries, [](const Entry& e) { return e.first <= e.last; }));
static_assert(std::ranges::adjacent_find(kEntries, [](const Entry& a, const Entry& b) {
                  return a.last >= b.first;
              }) == kEntries.end());

/// Sensor faults begin here.
constexpr std::uint16_t kFirstSensorFault = 0x300;
constexpr Entry kOtherPump{0, 0, Warning, "pump message #"};
constexpr Entry kOtherSensor{0, 0, Sensor, "sensor message #"};

const Entry& entryOf(std::uint16_t id) {
    const auto found = std::ranges::lower_bound(kEntries, id, {}, &Entry::last);
    if (found != kEntries.end() && found->first <= id) return *found;
    return id < kFirstSensorFault ? kOtherPump : kOtherSensor;
}

template <std::size_t Count>
std::uint32_t littleEndian(ByteView bytes) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < Count; ++i) value |= std::uint32_t{bytes[i]} << (8 * i);
    return value;
}

std::optional<Amount> units(ByteView bytes) {
    return amountOf(MedFloat::fromFloat(littleEndian<4>(bytes)));
}

/// "68 mg/dL", "3.8 mmol/L"
std::string glucose(Amount milligrams, GlucoseUnits units) {
    if (units == GlucoseUnits::MilligramsPerDecilitre) return text(milligrams) + " mg/dL";
    std::array<char, 32> buffer{};
    const int size = std::snprintf(buffer.data(), buffer.size(), "%.1f mmol/L", millimoles(milligrams));
    return {buffer.data(), static_cast<std::size_t>(size)};
}

std::string clock(const char* format, unsigned hours, unsigned minutes) {
    std::array<char, 32> buffer{};
    const int size = std::snprintf(buffer.data(), buffer.size(), format, hours, minutes);
    return {buffer.data(), static_cast<std::size_t>(size)};
}

std::string unitsText(std::string_view before, std::optional<Amount> amount, std::string_view after) {
    return amount ? std::string(before).append(text(*amount)).append(after) : std::string();
}

/// Empty when the bytes are not those of `value`.
std::string valueText(Value value, ByteView aux, GlucoseUnits glucoseUnits) {
    switch (value) {
        case Value::None:
            break;
        case Value::UnitsLeft:
            return aux.size() == 4 ? unitsText(", ", units(aux), " U left") : std::string();
        case Value::Units:
            return aux.size() == 4 ? unitsText(", ", units(aux), " U") : std::string();
        case Value::StoppedBolus: {
            if (aux.size() != 8) break;
            const auto programmed = units(aux.first(4));
            const auto delivered = units(aux.subspan(4));
            if (!programmed || !delivered) break;
            return ": " + text(*delivered) + " of " + text(*programmed) + " U";
        }
        case Value::TimeLeft:
            return aux.size() == 2 ? clock(", %u:%02u h left", aux[0], aux[1]) : std::string();
        case Value::TimeOfDay:
            return aux.size() == 2 ? clock(" by %02u:%02u", aux[1], aux[0]) : std::string();
        case Value::Days:
            return aux.size() == 2 ? ", " + std::to_string(aux[0]) + " days" : std::string();
        case Value::Number:
            return aux.size() == 2 ? " " + std::to_string(aux[0]) : std::string();
        case Value::Glucose: {
            if (aux.size() != 2 && aux.size() != 4) break;
            const auto raw = static_cast<std::uint16_t>(littleEndian<2>(aux));
            const auto milligrams = amountOf(MedFloat::fromSfloat(raw));
            return milligrams ? ", " + glucose(*milligrams, glucoseUnits) : std::string();
        }
    }
    return {};
}

} // namespace

std::optional<FaultClass> faultClass(std::uint16_t id) {
    if (id == 0) return std::nullopt;
    return entryOf(id).kind;
}

Urgency urgency(std::uint16_t id) {
    constexpr std::uint16_t kBolusStopped = 51;
    constexpr std::uint16_t kHalfAnHourLeft = 73;
    constexpr std::uint16_t kNoReaction = 812;
    constexpr std::uint16_t kUrgentLow = 827;
    const Entry& entry = entryOf(id);
    if (entry.text == kCritical || id == kNoReaction || id == kUrgentLow) return Urgency::Emergency;
    if (entry.kind != Alarm) return Urgency::Other;
    return id == kBolusStopped || id == kHalfAnHourLeft ? Urgency::Alarm : Urgency::DeliveryStopped;
}

std::string faultText(std::uint16_t id, ByteView aux, GlucoseUnits units) {
    const Entry& entry = entryOf(id);
    std::string text(entry.text);
    if (const auto place = text.find('#'); place != std::string::npos)
        text.replace(place, 1, std::to_string(id));
    return text + valueText(entry.value, aux, units);
}

ReportedBy reportedBy(std::uint16_t id) {
    switch (id) {
        case 806:
        case 807:
        case 808:
        case 814:
        case 815:
            return ReportedBy::Restart;
        case 809:
        case 810:
        case 811:
            return ReportedBy::Stop;
        case 819:
        case 820:
        case 824:
        case 826:
            return ReportedBy::TransitionOut;
        case 825:
            return ReportedBy::TransitionIn;
        default:
            return ReportedBy::Nothing;
    }
}

} // namespace nightscout
