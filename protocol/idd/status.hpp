// SPDX-License-Identifier: MIT
// IDD Status (vendor 0x0102) and IDD Annunciation Status (vendor 0x0103). Facts: docs/protocol/services.md 5.
#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/codec/bytes.hpp"
#include "protocol/codec/med_float.hpp"
#include "protocol/history/events.hpp"
#include "protocol/history/record.hpp"

namespace protocol::idd {

enum class SensorMessage : std::uint8_t {
    NoMessage = 0x00, ///< also: old sensor removed, transmitter in its charger
    WaitToCalibrate = 0x01,
    DoNotCalibrate = 0x02, ///< shown as "sensor updating"
    CalibrationRequired = 0x03,
    Calibrating = 0x04,
    SearchingForSensorSignal = 0x05,
    NoSensorSignal = 0x06,
    ChangeSensor = 0x07,
    WarmUp = 0x08,            ///< about 2 h
    SgBelowLowerLimit = 0x09, ///< off scale low; the measurement itself says 0
    SgAboveUpperLimit = 0x0a,
    GstBatteryDepleted = 0x0b,
    SensorConnected = 0x0c,
    WaitingWarmUp = 0x0d,
    NoPairedSensor = 0x0e,
};
/// "sg_below_lower_limit"; "unknown" for unlisted values.
std::string_view name(SensorMessage value);

///   offset  type   field
///   0       u8     therapy control state
///   1       u8     operational state
///   2       FLOAT  reservoir remaining amount   IU; NaN without reservoir
///   6       u8     flags
///   7       u8     sensor connectivity
///   8       u8     sensor message state
///
/// Therapy stopped and not ready: a set change is going on. Stopped and ready: suspended by the user.
struct Status {
    enum Flag : std::uint8_t { ReservoirAttached = 1 };
    /// A pump used without sensor says neither on nor paired but sets the other two: look at those two first.
    enum Connectivity : std::uint8_t {
        SensorOn = 1,
        SensorPaired = 2,
        GstSignalLost = 4,
        SensorGstDetached = 8
    };
    history::TherapyControlState therapyControlState{};
    history::OperationalState operationalState{};
    MedFloat reservoirRemaining; ///< IU
    std::uint8_t flags = 0;
    std::uint8_t connectivity = 0;
    SensorMessage sensorMessage{};

    [[nodiscard]] bool reservoirAttached() const { return (flags & ReservoirAttached) != 0; }
    [[nodiscard]] bool sensorOn() const { return (connectivity & SensorOn) != 0; }
    [[nodiscard]] bool sensorPaired() const { return (connectivity & SensorPaired) != 0; }
    [[nodiscard]] bool gstSignalLost() const { return (connectivity & GstSignalLost) != 0; }
    [[nodiscard]] bool sensorGstDetached() const { return (connectivity & SensorGstDetached) != 0; }
    friend bool operator==(const Status&, const Status&) = default;
};
Parsed<Status> parseStatus(ByteView bytes);
Bytes serialize(const Status& value);
void describe(const Status& value, history::FieldSink& sink);

///   offset  type  field
///   0       u8    flags                bit 0 present, 1..5 AuxInfo 1..5 (unlike the history's record)
///   1       u16   instance id          if present
///   3       u16   annunciation type    if present; 0xf000 + fault id
///   5       u8    status               if present
///   -       2 each  AuxInfo
///
/// Only "none" (00) was captured; the rest is the specification's.
struct Annunciation {
    enum Flag : std::uint8_t { Present = 1, Aux1 = 2, Aux2 = 4, Aux3 = 8, Aux4 = 16, Aux5 = 32 };
    std::uint8_t flags = 0;
    std::uint16_t instanceId = 0;
    std::uint16_t annunciationType = 0;
    history::AnnunciationStatus status{};
    Bytes aux; ///< two bytes for each AuxInfo

    [[nodiscard]] bool present() const { return (flags & Present) != 0; }
    [[nodiscard]] std::uint16_t faultId() const { return annunciationType & 0x0fffU; }
    friend bool operator==(const Annunciation&, const Annunciation&) = default;
};
Parsed<Annunciation> parseAnnunciation(ByteView bytes);
Bytes serialize(const Annunciation& value);
void describe(const Annunciation& value, history::FieldSink& sink);

} // namespace protocol::idd
