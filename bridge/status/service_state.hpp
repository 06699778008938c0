// SPDX-License-Identifier: MIT
// What `status` and the status page tell: plain values, gathered by the service (or, when it does not run,
// from the store alone), and their forms. Serial numbers are personal data: every form shows only the last
// three characters.
#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/publish/held_records.hpp"
#include "bridge/status/link_stage.hpp"
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
    } link;

    /// Something is in the way: what, and what to do.
    struct Problem {
        std::string name; ///< for programs: "discovery-answers-too-long"
        std::string sentence;
        std::string remedy; ///< empty when the sentence says it
        std::optional<Time> since;
        unsigned times = 1;
    };
    std::optional<Problem> problem;

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
        std::uint64_t setAside = 0; ///< documents that the site refuses, tried again daily
        std::string setAsideReason; ///< the site's words; empty when there is none
    } counts;

    struct Upload {
        bool configured = false;
        std::string health = "unknown"; ///< unknown, good, unreachable, failing, refused
        std::optional<Time> last;
        std::string lastError; ///< empty once all is well
    } upload;

    struct Error {
        std::string text;
        Time at;
    };
    std::optional<Error> lastError; ///< of the log
};

/// "NG1234567H" -> "...67H"
std::string shortSerial(std::string_view serial);
/// A text with every pump serial number in it shortened.
std::string withShortSerials(std::string text);
/// "12 s", "3 min", "2 h 5 min", "3 d"; "0 s" for what lies ahead.
std::string ageText(std::chrono::seconds age);
/// Time of day in the configured zone: "14:02", with the date when that is another day.
std::string clockText(const ServiceState& state, ServiceState::Time time);
/// "Flat" -> "→"; empty for what has no arrow.
std::string_view arrowOf(std::string_view direction);

/// The values of PumpStatus that people look at, in their words: {"battery", "75 %"}.
struct LabelledValue {
    std::string label;
    std::string value;
};
std::vector<LabelledValue> pumpValues(const therapy::PumpStatus& status);

nlohmann::ordered_json toJson(const ServiceState& state);
/// A line a value, labels aligned.
std::string toText(const ServiceState& state);

} // namespace bridge
