// SPDX-License-Identifier: MIT
#include "bridge/collapsing_sink.hpp"

#include <fmt/format.h>

#include <cctype>

namespace bridge {

namespace {

std::string grouped(unsigned number) {
    std::string digits = std::to_string(number);
    for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
    return digits;
}

} // namespace

CollapsingSink::~CollapsingSink() {
    try {
        closeWindows(spdlog::log_clock::now(), true);
    } catch (...) { // nobody is left to hear of it
        return;
    }
}

// A word is a number of some kind when it has a digit.
std::string CollapsingSink::kindOf(std::string_view line) {
    std::string kind;
    for (std::size_t at = 0; at < line.size();) {
        const auto isPart = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
        std::size_t end = at;
        bool digits = false;
        while (end < line.size() && isPart(line[end])) {
            digits = digits || std::isdigit(static_cast<unsigned char>(line[end])) != 0;
            ++end;
        }
        if (end == at)
            kind.push_back(line[at++]);
        else if (digits)
            kind.push_back('#');
        else
            kind.append(line.substr(at, end - at));
        at = std::max(at, end);
    }
    return kind;
}

void CollapsingSink::sink_it_(const spdlog::details::log_msg& message) {
    if (message.time - lastLook_ >= std::chrono::seconds(1)) {
        closeWindows(message.time, false);
        lastLook_ = message.time;
    }
    if (message.level <= spdlog::level::debug) return target_->log(message);
    if (kinds_.size() >= kKinds) closeWindows(message.time, true);
    auto& kind = kinds_[kindOf({message.payload.data(), message.payload.size()})];
    if (kind.passed == 0) {
        kind.since = message.time;
        kind.name = {message.logger_name.data(), message.logger_name.size()};
    }
    kind.level = message.level;
    if (kind.passed >= kAtOnce) {
        ++kind.held;
        return;
    }
    ++kind.passed;
    target_->log(message);
}

void CollapsingSink::closeWindows(Time now, bool all) {
    for (auto kind = kinds_.begin(); kind != kinds_.end();) {
        if (!all && now - kind->second.since < kWindow) {
            ++kind;
            continue;
        }
        if (kind->second.held > 0) reportHeld(kind->first, kind->second, now);
        kind = kinds_.erase(kind);
    }
}

void CollapsingSink::reportHeld(const std::string& text, const Kind& kind, Time now) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - kind.since).count();
    const auto line = fmt::format("{} more like this in {} s: {}", grouped(kind.held), seconds, text);
    target_->log(spdlog::details::log_msg(now, {}, kind.name, kind.level, line));
}

} // namespace bridge
