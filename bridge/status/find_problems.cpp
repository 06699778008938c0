// SPDX-License-Identifier: MIT
#include "bridge/status/find_problems.hpp"

#include <algorithm>

#include "bridge/store/disk_space.hpp"

namespace bridge {
namespace {

using namespace std::chrono_literals;
using Health = nightscout::UploadState::Health;
using Severity = Problem::Severity;

/// The usual batch is taken within seconds, a back-off ends after five minutes.
constexpr auto kStalled = 30min;
/// A time service needs some minutes after a start.
constexpr auto kClockConfirmed = 10min;
/// By then the pump's clock should have been measured (docs/nightscout/mapping.md 5.3).
constexpr auto kHeldLong = 24h;
/// The pump itself warns at 20 units unless its user has chosen otherwise.
constexpr double kReservoirLow = 20;
/// The pump shows its battery in quarters.
constexpr std::uint8_t kBatteryLow = 25;

class Finder {
public:
    explicit Finder(const ServiceState& state) : state_(state) {}

    std::vector<Problem> find() {
        link();
        upload();
        if (state_.counts.setAside > 0)
            add(Problem::SetAside{state_.counts.setAside, state_.counts.setAsideReason}, Severity::Warning,
                std::nullopt);
        for (const HeldRecords& held : state_.held) {
            // Soon after connecting the clock is read; the other reasons need somebody.
            const bool fresh = !held.since || state_.now - *held.since <= kHeldLong;
            const bool passing = held.reason == therapy::Hold::NotMeasured && fresh;
            add(Problem::Held{held}, passing ? Severity::Notice : Severity::Warning, held.since);
        }
        if (state_.counts.wrongOnSite > 0)
            add(Problem::WrongOnSite{state_.counts.wrongOnSite}, Severity::Warning, std::nullopt);
        clock();
        if (state_.startedAt) pump();
        disk();
        std::ranges::stable_sort(problems_, std::ranges::greater{}, &Problem::severity);
        return std::move(problems_);
    }

private:
    void add(Problem::Cause cause, Severity severity, std::optional<Problem::Time> since) {
        problems_.push_back({std::move(cause), severity, since});
    }

    /// A host that cannot serve the link explains all that was found on it before.
    void link() {
        const ServiceState::Link& link = state_.link;
        const bool hostIsMissing =
            link.stage == LinkStage::BluetoothMissing || link.stage == LinkStage::AdapterMissing;
        if (hostIsMissing || (!link.finding && !link.hostWords.empty())) {
            add(Problem::Bluetooth{link.stage, link.hostWords}, Severity::Failure,
                hostIsMissing ? link.since : std::nullopt);
        } else if (link.finding) {
            add(Problem::Link{*link.finding}, Severity::Failure, link.finding->since);
        }
    }

    void upload() {
        const ServiceState::Upload& upload = state_.upload;
        if (!upload.configured || !state_.startedAt) return;
        if (upload.health == Health::Refused) {
            add(Problem::Upload{upload.health, upload.lastError}, Severity::Failure, upload.last);
        } else if (upload.health == Health::Unreachable || upload.health == Health::Failing) {
            add(Problem::Upload{upload.health, upload.lastError}, Severity::Warning, upload.last);
        } else if (state_.counts.waiting > 0 && upload.last && state_.now - *upload.last > kStalled) {
            add(Problem::QueueGrows{state_.counts.waiting}, Severity::Warning, upload.last);
        }
    }

    void clock() {
        if (!state_.clock) return;
        const auto& [trustedBy, untrustedFor, siteAhead] = *state_.clock;
        if (untrustedFor && *untrustedFor > kClockConfirmed)
            add(Problem::ClockUntrusted{}, Severity::Warning, std::nullopt);
        if (siteAhead) add(Problem::ClocksDisagree{*siteAhead}, Severity::Warning, std::nullopt);
    }

    void pump() {
        const bool tellsAges = !state_.clock || state_.clock->trusted();
        if (tellsAges && state_.link.stage == LinkStage::Following && state_.glucose &&
            state_.now - state_.glucose->time > kGlucoseIsOld) {
            add(Problem::GlucoseOld{state_.now - state_.glucose->time}, Severity::Warning,
                state_.glucose->time);
        }
        if (!state_.pumpStatus) return;
        const therapy::PumpStatus& read = *state_.pumpStatus;
        if (read.status && read.status->reservoirAttached() && read.status->reservoirRemaining.isNumber() &&
            read.status->reservoirRemaining.toDouble() <= kReservoirLow) {
            add(Problem::Reservoir{read.status->reservoirRemaining}, Severity::Notice, std::nullopt);
        }
        if (read.batteryPercent && *read.batteryPercent <= kBatteryLow)
            add(Problem::PumpBattery{*read.batteryPercent}, Severity::Notice, std::nullopt);
    }

    void disk() {
        if (state_.writeFailure)
            add(Problem::StoreFails{*state_.writeFailure}, Severity::Failure, std::nullopt);
        if (state_.writeFailure == WriteFailure::DiskFull) return; // that it has little space is said
        if (!state_.bytesFree || *state_.bytesFree >= kLittleSpace) return;
        add(Problem::Disk{*state_.bytesFree},
            *state_.bytesFree < kNoSpace ? Severity::Failure : Severity::Warning, std::nullopt);
    }

    const ServiceState& state_;
    std::vector<Problem> problems_;
};

} // namespace

std::vector<Problem> findProblems(const ServiceState& state) {
    return Finder(state).find();
}

} // namespace bridge
