// SPDX-License-Identifier: MIT
// What is wrong, as values: what it is, how bad, since when, and the figures that belong to it. Words are
// made at the edge, by the functions below.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "bridge/publish/held_records.hpp"
#include "bridge/status/link_diagnosis.hpp"
#include "bridge/status/link_stage.hpp"
#include "nightscout/upload/upload_state.hpp"
#include "protocol/codec/med_float.hpp"

namespace bridge {

struct Problem {
    using Time = std::chrono::sys_seconds;

    enum class Severity : std::uint8_t {
        Notice,  ///< somebody should see to it in time
        Warning, ///< values are late, or will be
        Failure, ///< values are missing until a person does something
    };

    /// bluetoothd or the adapter is missing or cannot be used.
    struct Bluetooth {
        LinkStage stage{};
        std::string words; ///< of the system; empty: the stage says it
    };
    struct Link {
        LinkDiagnosis::Finding finding;
    };
    struct Upload {
        nightscout::UploadState::Health health{};
        std::string words; ///< of the site
    };
    /// Nothing is in the way, and yet nothing has been taken for long.
    struct QueueGrows {
        std::uint64_t waiting = 0; ///< documents
    };
    struct SetAside {
        std::uint64_t documents = 0;
        std::string words{}; ///< of the site
    };
    /// Stored and not sent, because their time is not sure.
    struct Held {
        HeldRecords records;
    };
    /// On the site at times that are not theirs: of another bridge, or of this one before.
    struct WrongOnSite {
        std::uint64_t records = 0;
    };
    /// The pump is there, and its newest glucose is old.
    struct GlucoseOld {
        std::chrono::seconds age{};
    };
    struct Reservoir {
        protocol::MedFloat units;
    };
    struct PumpBattery {
        std::uint8_t percent = 0;
    };
    struct Disk {
        std::uint64_t bytesFree = 0; ///< where the store is
    };
    /// The store cannot be written.
    struct StoreFails {
        WriteFailure failure{};
    };
    /// This computer's clock is not trusted: nothing is measured by it, no device status is sent.
    struct ClockUntrusted {};
    /// The time service and the site say different times.
    struct ClocksDisagree {
        std::chrono::seconds siteAhead{};
    };
    using Cause = std::variant<Bluetooth, Link, Upload, QueueGrows, SetAside, Held, WrongOnSite, GlucoseOld,
                               Reservoir, PumpBattery, Disk, StoreFails, ClockUntrusted, ClocksDisagree>;

    Cause cause;
    Severity severity = Severity::Warning;
    std::optional<Time> since; ///< empty: not known
};

std::string_view name(Problem::Severity severity); ///< "notice", "warning", "failure"
/// For programs: "upload-refused"; of the link, the name of the fault.
std::string_view name(const Problem& problem);
std::string sentence(const Problem& problem);
/// What to do; empty when the sentence says it.
std::string remedy(const Problem& problem);

} // namespace bridge
