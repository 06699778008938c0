// SPDX-License-Identifier: MIT
#include "bridge/status/status_page.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "bridge/status/service_state_text.hpp"
#include "protocol/codec/glucose.hpp"

namespace bridge {
namespace {

constexpr std::string_view kHead = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="20">
<title>pump-bridge</title>
<style>
:root { color-scheme: light dark; --soft: #66707a; --line: #d9dee3; --card: #f5f7f9; --bad: #b3261e; --old: #9a6700 }
@media (prefers-color-scheme: dark) {
  :root { --soft: #9aa4ae; --line: #3a424a; --card: #1d2329; --bad: #ff8a80; --old: #ffc861 }
  body { background: #12161a; color: #e8ecef }
}
body { font: 16px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 34rem; padding: 1rem }
h1 { font-size: 1rem; margin: 0 0 .75rem; color: var(--soft); font-weight: 600 }
.glucose { font-size: 3.6rem; font-weight: 700; line-height: 1.1; font-variant-numeric: tabular-nums }
.glucose small { font-size: 1.1rem; font-weight: 500; color: var(--soft) }
.glucose.old { color: var(--old) }
.stage { margin: .25rem 0 1rem }
.problem { border-left: 4px solid var(--bad); background: var(--card); padding: .6rem .8rem; margin: 0 0 1rem }
.problem b { color: var(--bad) }
.problem.warning, .problem.notice { border-color: var(--old) }
.problem.warning b, .problem.notice b { color: var(--old) }
.problem p { margin: .2rem 0 0 }
.soft { color: var(--soft) }
table { border-collapse: collapse; table-layout: fixed; width: 100%; margin: 0 0 1rem }
th, td { text-align: left; padding: .35rem 0; border-top: 1px solid var(--line); vertical-align: top }
th { font-weight: 400; color: var(--soft); width: 40%; padding-right: .8rem }
h2 { font-size: .85rem; margin: 0 0 .3rem; color: var(--soft) }
</style></head><body>
<h1>pump-bridge</h1>
)";

std::string escaped(std::string_view text) {
    std::string safe;
    for (const char c : text) {
        switch (c) {
            case '<':
                safe += "&lt;";
                break;
            case '>':
                safe += "&gt;";
                break;
            case '&':
                safe += "&amp;";
                break;
            case '"':
                safe += "&quot;";
                break;
            default:
                safe += c;
        }
    }
    return safe;
}

/// "sg_measurement" -> "sg measurement"
std::string inWords(std::string name) {
    std::ranges::replace(name, '_', ' ');
    return name;
}

/// Writes the parts of the page.
class Page {
public:
    explicit Page(const ServiceState& state) : state_(state), html_(kHead) {}

    std::string build() {
        glucose();
        stage();
        problems();
        pump();
        upload();
        transitions();
        html_ += fmt::format(
            "<p class=\"soft\">Version {}. This page reads only; treat by the pump's own "
            "display.</p></body></html>\n",
            escaped(state_.version));
        return std::move(html_);
    }

private:
    [[nodiscard]] std::string ago(ServiceState::Time time) const {
        return fmt::format("{} ({} ago)", clockText(state_, time), ageText(state_.now - time));
    }

    void row(std::string_view label, std::string_view value) {
        html_ += fmt::format("<tr><th>{}</th><td>{}</td></tr>\n", escaped(label), escaped(value));
    }

    void glucose() {
        if (!state_.glucose) {
            html_ += "<div class=\"glucose\"><small>no glucose yet</small></div>\n";
            return;
        }
        const auto& shown = *state_.glucose;
        const bool old = state_.now - shown.time > kGlucoseIsOld;
        html_ += fmt::format("<div class=\"glucose{}\">", old ? " old" : "");
        std::string when = ago(shown.time);
        if (shown.mgDl) {
            const int tenths = protocol::millimolesTenths(*shown.mgDl);
            html_ += fmt::format("{} {} <small>mg/dL</small>", *shown.mgDl, arrowOf(shown.direction));
            when = fmt::format("{}.{} mmol/L &middot; {}", tenths / 10, tenths % 10, when);
        } else {
            html_ += fmt::format("<small>no value: {}</small>", escaped(inWords(shown.special)));
        }
        html_ += fmt::format("</div>\n<div class=\"soft\">{}</div>\n", when);
    }

    void stage() {
        html_ += fmt::format("<p class=\"stage\">{}", escaped(describe(state_.link.stage)));
        if (state_.link.since)
            html_ += fmt::format(" <span class=\"soft\">since {}</span>", ago(*state_.link.since));
        html_ += "</p>\n";
    }

    void problems() {
        for (const Problem& problem : state_.problems) {
            html_ += fmt::format("<div class=\"problem {}\"><b>{}</b>", name(problem.severity),
                                 escaped(sentence(problem)));
            if (problem.since)
                html_ += fmt::format(" <span class=\"soft\">since {}</span>", ago(*problem.since));
            html_ += fmt::format("<p>{}</p></div>\n", escaped(remedy(problem)));
        }
    }

    void pump() {
        html_ += "<table>\n";
        if (state_.pumpStatus) {
            for (const auto& [label, value] : pumpValues(*state_.pumpStatus)) row(label, value);
            row("pump read", ago(state_.pumpStatus->readAt));
        }
        if (state_.pump) {
            row("pump", fmt::format("{} {}", state_.pump->model, shortSerial(state_.pump->serial)));
            if (!state_.pump->firmware.empty()) row("firmware", state_.pump->firmware);
        }
        if (state_.lastRecord) {
            row("last record",
                fmt::format("{} {}", state_.lastRecord->sequenceNumber, inWords(state_.lastRecord->event)));
            if (state_.lastRecord->time) row("logged", ago(*state_.lastRecord->time));
        }
        row("records stored", fmt::format("{}", state_.counts.records));
        html_ += "</table>\n";
    }

    void upload() {
        html_ += "<h2>Nightscout documents</h2><table>\n";
        row("upload", state_.upload.configured ? name(state_.upload.health) : "off: no site is configured");
        if (state_.upload.last) row("last upload", ago(*state_.upload.last));
        for (const HeldRecords& held : state_.held)
            row("records held", fmt::format("{}: {}", held.count, describe(held)));
        row("waiting", fmt::format("{}", state_.counts.waiting));
        row("uploaded", fmt::format("{}", state_.counts.uploaded));
        if (state_.counts.setAside > 0) row("refused by the site", fmt::format("{}", state_.counts.setAside));
        if (!state_.upload.lastError.empty()) row("error", state_.upload.lastError);
        html_ += "</table>\n";
    }

    void transitions() {
        html_ += "<h2>Link</h2><table>\n";
        const auto& all = state_.link.transitions;
        constexpr std::size_t kShown = 8;
        for (auto it = all.rbegin(); it != all.rend() && it < all.rbegin() + kShown; ++it)
            row(clockText(state_, it->at), describe(it->stage));
        html_ += "</table>\n";
    }

    const ServiceState& state_;
    std::string html_;
};

} // namespace

std::string statusPage(const ServiceState& state) {
    return Page(state).build();
}

} // namespace bridge
