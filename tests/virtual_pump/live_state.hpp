// SPDX-License-Identifier: MIT
// What the pump shows of itself now, as it follows from the records that it has written: glucose and its
// trend, the sensor session, active insulin, reservoir, delivery, SmartGuard.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "protocol/cgm/measurement.hpp"
#include "protocol/cgm/session.hpp"
#include "protocol/codec/bytes.hpp"
#include "protocol/codec/date_time.hpp"
#include "protocol/idd/status.hpp"
#include "protocol/idd/status_changed.hpp"
#include "protocol/idd/status_reader.hpp"
#include "therapy/time_line.hpp"

namespace virtual_pump {

class LiveState {
public:
    /// A record has been written: what has changed with it, as the pump indicates it
    /// (docs/protocol/services.md 6).
    protocol::idd::StatusChanged observe(const protocol::Bytes& raw);
    void clear() { *this = LiveState(); }

    [[nodiscard]] protocol::idd::Status status() const;
    /// The newest one that was not cleared.
    [[nodiscard]] const protocol::idd::Annunciation& annunciation() const { return annunciation_; }
    [[nodiscard]] protocol::idd::status_reader::InsulinOnBoard insulinOnBoard(
        protocol::LocalSeconds now) const;
    [[nodiscard]] protocol::idd::status_reader::TherapyAlgorithmStates algorithm() const;
    [[nodiscard]] protocol::idd::status_reader::ActiveBasalRateDelivery basal() const;
    [[nodiscard]] protocol::idd::status_reader::ActiveBolusIds activeBoluses() const;
    /// Empty without a sensor session.
    [[nodiscard]] std::optional<protocol::cgm::Measurement> measurement() const;
    [[nodiscard]] std::optional<protocol::cgm::SessionStartTime> session() const;

private:
    using Record = protocol::history::Record;
    /// Thousandths of a unit; a delivery is never finer.
    using MilliUnits = std::int64_t;

    void date(const Record& record);
    void apply(const protocol::history::SgMeasurement& sg, protocol::LocalSeconds time);
    void applyDelivery(const Record& record);
    void applyTherapy(const Record& record);

    struct Sample {
        protocol::LocalSeconds time;
        std::uint16_t raw = 0;
    };
    struct Bolus {
        protocol::LocalSeconds time;
        MilliUnits amount = 0;
    };

    std::optional<therapy::Reference> reference_;
    protocol::LocalSeconds now_{}; ///< of the newest dated record
    std::optional<protocol::LocalSeconds> sessionStart_;
    std::optional<Sample> sample_, before_;
    std::deque<Bolus> boluses_; ///< that can still be active
    MilliUnits reservoir_ = 180'000;
    std::vector<std::uint16_t> active_; ///< ids of programmed boluses
    protocol::idd::Annunciation annunciation_;
    bool stopped_ = false;
    bool changingSet_ = false;
    bool priming_ = false;
    bool smartGuard_ = true;
    std::int64_t patternRate_ = 0; ///< thousandths of IU/h
};

} // namespace virtual_pump
