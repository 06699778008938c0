// SPDX-License-Identifier: MIT
#include "bridge/status/problem.hpp"

#include <fmt/format.h>

#include "bridge/status/service_state_text.hpp"

namespace bridge {
namespace {

using Health = nightscout::UploadState::Health;

constexpr std::uint64_t kMebibyte = std::uint64_t{1024} * 1024;

struct Name {
    std::string_view operator()(const Problem::Bluetooth&) const { return "bluetooth"; }
    std::string_view operator()(const Problem::Link& link) const { return name(link.finding.fault); }
    std::string_view operator()(const Problem::Upload& upload) const {
        if (upload.health == Health::Refused) return "upload-refused";
        return upload.health == Health::Unreachable ? "upload-unreachable" : "upload-failing";
    }
    std::string_view operator()(const Problem::QueueGrows&) const { return "upload-stalled"; }
    std::string_view operator()(const Problem::SetAside&) const { return "documents-set-aside"; }
    std::string_view operator()(const Problem::Held&) const { return "records-held"; }
    std::string_view operator()(const Problem::WrongOnSite&) const { return "times-wrong-on-site"; }
    std::string_view operator()(const Problem::GlucoseOld&) const { return "glucose-old"; }
    std::string_view operator()(const Problem::Reservoir&) const { return "reservoir-low"; }
    std::string_view operator()(const Problem::PumpBattery&) const { return "pump-battery-low"; }
    std::string_view operator()(const Problem::Disk&) const { return "disk-space-low"; }
    std::string_view operator()(const Problem::StoreFails& store) const {
        if (store.failure == WriteFailure::DiskFull) return "disk-full";
        return store.failure == WriteFailure::ReadOnly ? "disk-read-only" : "disk-fails";
    }
    std::string_view operator()(const Problem::ClockUntrusted&) const { return "clock-untrusted"; }
    std::string_view operator()(const Problem::ClocksDisagree&) const { return "clocks-disagree"; }
};

struct Sentence {
    std::string operator()(const Problem::Bluetooth& bluetooth) const {
        return bluetooth.words.empty() ? std::string(describe(bluetooth.stage))
                                       : withShortSerials(bluetooth.words);
    }
    std::string operator()(const Problem::Link& link) const { return link.finding.sentence; }
    std::string operator()(const Problem::Upload& upload) const {
        const char* what = upload.health == Health::Refused       ? "Nightscout refuses what is sent"
                           : upload.health == Health::Unreachable ? "Nightscout cannot be reached"
                                                                  : "Nightscout answers with errors";
        return fmt::format("{}{}{}", what, upload.words.empty() ? "." : ": ", upload.words);
    }
    std::string operator()(const Problem::QueueGrows& queue) const {
        return fmt::format("{} documents wait, and Nightscout has taken none for long.", queue.waiting);
    }
    std::string operator()(const Problem::SetAside& setAside) const {
        return fmt::format("Nightscout does not take {} document{}{}.", setAside.documents,
                           setAside.documents == 1 ? "" : "s",
                           setAside.words.empty() ? "" : ": " + setAside.words);
    }
    std::string operator()(const Problem::Held& held) const {
        return fmt::format("{} records are stored and not sent: their time is not sure.", held.records.count);
    }
    std::string operator()(const Problem::WrongOnSite& wrong) const {
        return fmt::format("{} records are on the site at times that are not theirs.", wrong.records);
    }
    std::string operator()(const Problem::GlucoseOld& glucose) const {
        return fmt::format("The pump is connected, and its newest glucose is {} old.", ageText(glucose.age));
    }
    std::string operator()(const Problem::Reservoir& reservoir) const {
        return fmt::format("The pump's reservoir has {} U left.", reservoir.units.text());
    }
    std::string operator()(const Problem::PumpBattery& battery) const {
        return fmt::format("The pump's battery is at {} %.", battery.percent);
    }
    std::string operator()(const Problem::Disk& disk) const {
        return fmt::format("Only {} MiB are free on the disk that keeps the records.",
                           disk.bytesFree / kMebibyte);
    }
    std::string operator()(const Problem::StoreFails& store) const {
        const char* what = store.failure == WriteFailure::DiskFull   ? "is full"
                           : store.failure == WriteFailure::ReadOnly ? "cannot be written: it is read-only"
                                                                     : "answers with errors";
        return fmt::format("The disk that keeps the records {}. Nothing new is stored, and nothing is sent.",
                           what);
    }
    std::string operator()(const Problem::ClockUntrusted&) const {
        return "Nothing confirms this computer's clock: what needs it is stored and not sent.";
    }
    std::string operator()(const Problem::ClocksDisagree& clocks) const {
        return fmt::format("Nightscout's clock is {} s {} this computer's, which its time service has set.",
                           std::chrono::abs(clocks.siteAhead).count(),
                           clocks.siteAhead.count() < 0 ? "behind" : "ahead of");
    }
};

struct Remedy {
    std::string operator()(const Problem::Bluetooth&) const {
        return "'pump-bridge check' looks at bluetoothd and the adapter.";
    }
    std::string operator()(const Problem::Link& link) const { return link.finding.remedy; }
    std::string operator()(const Problem::Upload& upload) const {
        constexpr const char* kKept = " Nothing is lost: what waits is sent as soon as that is possible.";
        if (upload.health == Health::Refused)
            return std::string(
                       "'pump-bridge check' asks the site what is missing (address, secret, rights).") +
                   kKept;
        return std::string("Look whether the site and this computer's Internet work.") + kKept;
    }
    std::string operator()(const Problem::QueueGrows&) const {
        return "'pump-bridge check' asks the site; the journal has what it answered.";
    }
    std::string operator()(const Problem::SetAside&) const {
        return "They are tried again daily, and at once by 'pump-bridge upload'.";
    }
    std::string operator()(const Problem::Held& held) const { return std::string(describe(held.records)); }
    std::string operator()(const Problem::WrongOnSite&) const {
        return "'pump-bridge upload --correct-times --pretend' lists them; without --pretend it moves them.";
    }
    std::string operator()(const Problem::GlucoseOld&) const {
        return "Look at the pump: a sensor that warms up, has ended or is out of reach has no values.";
    }
    std::string operator()(const Problem::Reservoir&) const { return "Have a new reservoir ready."; }
    std::string operator()(const Problem::PumpBattery&) const { return "Have a new battery ready."; }
    std::string operator()(const Problem::Disk&) const {
        return "Make room: without it new records cannot be kept.";
    }
    std::string operator()(const Problem::StoreFails& store) const {
        constexpr const char* kKept =
            " The service goes on by itself then; meanwhile the pump keeps its records for some days.";
        if (store.failure == WriteFailure::DiskFull) return std::string("Free some space on it.") + kKept;
        if (store.failure == WriteFailure::ReadOnly)
            return std::string(
                       "Look why ('journalctl -k'): the kernel does so after errors of the disk. "
                       "Mount it for writing, or replace the disk or card.") +
                   kKept;
        return std::string("See 'journalctl -k': the disk or card may be failing.") + kKept;
    }
    std::string operator()(const Problem::ClockUntrusted&) const {
        return std::string(describe(therapy::Hold::HostClock));
    }
    std::string operator()(const Problem::ClocksDisagree&) const {
        return "Compare this computer's clock with another one ('timedatectl'); the site's may be the wrong "
               "one.";
    }
};

} // namespace

std::string_view name(Problem::Severity severity) {
    switch (severity) {
        case Problem::Severity::Notice:
            return "notice";
        case Problem::Severity::Warning:
            return "warning";
        case Problem::Severity::Failure:
            break;
    }
    return "failure";
}

std::string_view name(const Problem& problem) {
    return std::visit(Name{}, problem.cause);
}

std::string sentence(const Problem& problem) {
    return std::visit(Sentence{}, problem.cause);
}

std::string remedy(const Problem& problem) {
    return std::visit(Remedy{}, problem.cause);
}

} // namespace bridge
