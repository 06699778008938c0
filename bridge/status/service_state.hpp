// SPDX-License-Identifier: MIT
// What `status` and the status page show: plain values, gathered by the service (or, when it does not run,
// from the store alone). Their forms: service_state_text.hpp, service_state_json.hpp, status_page.hpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bridge/publish/held_records.hpp"
#include "bridge/publish/host_clock.hpp"
#include "bridge/status/link_diagnosis.hpp"
#include "bridge/status/link_stage.hpp"
#include "bridge/status/problem.hpp"
#include "nightscout/upload/upload_state.hpp"
#include "therapy/pump_status.hpp"

namespace bridge {

struct ServiceState {
    using Time = std::chrono::sys_seconds;

    std::string version;
    Time now;                          ///< when this was gathered; ages count from here
    std::optional<Time> startedAt;     ///< empty: the service does not run
    std::chrono::seconds utcOffset{0}; ///< of the configured zone now, to show times of day

    struct Link {
        LinkStage stage = LinkStage::Stopped;
        std::optional<Time> since;
        std::vector<LinkStages::Transition> transitions; ///< oldest first
        std::optional<LinkDiagnosis::Finding> finding;
        std::string hostWords; ///< what bluetoothd or the adapter has against us; empty: nothing
    } link;

    /// As findProblems() gives them, the worst first.
    std::vector<Problem> problems;

    struct Pump {
        std::string serial; ///< as read from it
        std::string model;
        std::string firmware;
    };
    std::optional<Pump> pump;
    /// As last read; its readAt tells how old that is.
    std::optional<therapy::PumpStatus> pumpStatus;

    struct Glucose {
        Time time; ///< of the sample
        std::optional<int> mgDl;
        std::string special;   ///< why there is no value: "warm_up"
        std::string direction; ///< as in Nightscout: "Flat"; empty: not known
    };
    std::optional<Glucose> glucose;

    struct Record {
        std::uint32_t sequenceNumber = 0;
        std::string event; ///< "sg_measurement"
        std::optional<Time> time;
    };
    std::optional<Record> lastRecord;

    /// Stored and not published: by why their time is not sure.
    std::vector<HeldRecords> held;

    struct Counts {
        std::uint64_t records = 0; ///< of the pump above
        std::uint64_t waiting = 0; ///< documents in the outbox
        std::uint64_t uploaded = 0;
        std::uint64_t setAside = 0;    ///< documents that the site refuses, tried again daily
        std::uint64_t wrongOnSite = 0; ///< records that the site has at another time than theirs
        std::string setAsideReason{};  ///< the site's words; empty when there is none
    } counts;

    struct Upload {
        bool configured = false;
        nightscout::UploadState::Health health = nightscout::UploadState::Health::Unknown;
        std::optional<Time> last;
        std::string lastError; ///< the site's words; empty once all is well
    } upload;

    /// Of this computer; docs/nightscout/mapping.md 5.3.
    struct Clock {
        std::optional<ClockWitness> trustedBy;
        std::optional<std::chrono::seconds> untrustedFor; ///< without trustedBy
        std::optional<std::chrono::seconds> siteAhead;    ///< of the time service, where that is too much
        [[nodiscard]] bool trusted() const { return trustedBy.has_value(); }
    };
    std::optional<Clock> clock; ///< empty: the service does not run

    std::optional<std::uint64_t> bytesFree;   ///< where the store is
    std::optional<WriteFailure> writeFailure; ///< of the store; empty: it can be written
};

/// A value every five minutes: one that is missing may be late, two are not.
inline constexpr std::chrono::minutes kGlucoseIsOld{12};

} // namespace bridge
