// SPDX-License-Identifier: MIT
// What goes wrong with the site, for how long it is left alone because of that, and how to say it: at most
// one attempt per step, whatever it answers (docs/architecture.md 8). Pure.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "nightscout/documents/document.hpp"

namespace nightscout {

/// How uploading goes; the worst that is the case is the last.
enum class UploadHealth : std::uint8_t {
    Unknown,
    Good,
    Unreachable,
    Failing,
    Refused, ///< a person must act
};

/// What can fail by itself. The first are the collections.
enum class FailureScope : std::uint8_t { Entries, Treatments, DeviceStatus, Deletions, Site };
inline constexpr std::size_t kFailureScopes = 5;
constexpr FailureScope scopeOf(Collection collection) {
    return static_cast<FailureScope>(collection);
}

class BackOff {
public:
    using Time = std::chrono::steady_clock::time_point;
    using Wait = std::chrono::milliseconds;
    struct Policy {
        Wait first = std::chrono::seconds(1);
        Wait longest = std::chrono::minutes(5);
        /// After 401, 403 and 404, in turn; the last again and again (docs/nightscout/api.md 3.7).
        std::array<Wait, 3> refused{std::chrono::minutes(10), std::chrono::minutes(30),
                                    std::chrono::hours(1)};
        double jitter = 0.2; ///< a wait varies by this share, both ways
    };
    struct Failure {
        UploadHealth health = UploadHealth::Failing;
        bool passes = true;   ///< by waiting; else a person must act
        bool refused = false; ///< waits as after a refusal
        std::chrono::seconds atLeast{0};
        std::string sentence;
    };
    struct State {
        unsigned failures = 0; ///< in a row
        Time until{};          ///< no further attempt before
        Failure last{UploadHealth::Good, true, false, std::chrono::seconds(0), {}};
    };

    /// `random`: uniform in [0, 1).
    BackOff(Policy policy, std::function<double()> random);

    /// Another failure: returns how long to wait from `now`.
    Wait fail(FailureScope scope, Failure failure, Time now);
    /// How many failures ended with this success.
    unsigned succeed(FailureScope scope);
    /// What waits because it was refused may be tried at once: the credentials are others.
    void release();

    [[nodiscard]] const State& of(FailureScope scope) const {
        return states_.at(static_cast<std::size_t>(scope));
    }
    [[nodiscard]] bool waits(FailureScope scope, Time now) const { return now < of(scope).until; }
    /// When the first of what waits may be tried again; `passing`: of what passes by waiting only.
    [[nodiscard]] std::optional<Time> nextAttempt(Time now, bool passing) const;
    /// Good when nothing has failed.
    [[nodiscard]] UploadHealth health() const;

private:
    [[nodiscard]] Wait step(unsigned failures) const;

    Policy policy_;
    std::function<double()> random_;
    std::array<State, kFailureScopes> states_{};
};

} // namespace nightscout
