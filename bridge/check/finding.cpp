// SPDX-License-Identifier: MIT
#include "bridge/check/finding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "bridge/exit_code.hpp"

namespace bridge::check {
namespace {

std::string_view name(Grade grade) {
    switch (grade) {
        case Grade::Ok:
            return "ok";
        case Grade::Warning:
            return "warning";
        case Grade::Failed:
            break;
    }
    return "failed";
}

} // namespace

Finding ok(std::string check, std::string text) {
    return {.check = std::move(check), .grade = Grade::Ok, .text = std::move(text)};
}

Finding warning(std::string check, std::string text, std::string remedy) {
    return {.check = std::move(check),
            .grade = Grade::Warning,
            .text = std::move(text),
            .remedy = std::move(remedy)};
}

Finding failed(std::string check, std::string text, std::string remedy) {
    return {.check = std::move(check),
            .grade = Grade::Failed,
            .text = std::move(text),
            .remedy = std::move(remedy)};
}

Finding unreachable(std::string check, std::string text, std::string remedy) {
    Finding finding = failed(std::move(check), std::move(text), std::move(remedy));
    finding.unreachable = true;
    return finding;
}

void append(Findings& all, Findings more) {
    std::ranges::move(more, std::back_inserter(all));
}

// Texts may quote what a site or a device says of itself.
std::string toLine(const Finding& finding) {
    std::string line = fmt::format("{:<8} {:<20} {}{}", name(finding.grade), finding.check, finding.text,
                                   finding.remedy.empty() ? "" : " -> " + finding.remedy);
    std::ranges::replace_if(
        line, [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
    return line;
}

std::string toJsonLine(const Finding& finding) {
    const nlohmann::ordered_json json{
        {"check", finding.check},
        {"grade", name(finding.grade)},
        {"text", finding.text},
        {"remedy",
         finding.remedy.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(finding.remedy)}};
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

int exitCodeOf(const Findings& findings) {
    const auto bad = [](bool unreachable) {
        return [unreachable](const Finding& finding) {
            return finding.grade == Grade::Failed && finding.unreachable == unreachable;
        };
    };
    if (std::ranges::any_of(findings, bad(false))) return kFoundProblem;
    return std::ranges::any_of(findings, bad(true)) ? kUnreachable : kDone;
}

} // namespace bridge::check
