// SPDX-License-Identifier: MIT
// What `check` finds: one line each. Exit codes: 2 the configuration cannot be used; else 1 something failed
// on this side; else 3 bluetoothd or the site could not be reached; else 0.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bridge::check {

enum class Grade : std::uint8_t { Ok, Warning, Failed };

struct Finding {
    std::string check; ///< for programs: "bluez.mtu"
    Grade grade = Grade::Ok;
    std::string text;
    std::string remedy{};     ///< empty when nothing has to be done
    bool unreachable = false; ///< failed because the other side did not answer
};
using Findings = std::vector<Finding>;

Finding ok(std::string check, std::string text);
Finding warning(std::string check, std::string text, std::string remedy);
Finding failed(std::string check, std::string text, std::string remedy);
Finding unreachable(std::string check, std::string text, std::string remedy);

void append(Findings& all, Findings more);

/// "warning  bluez.version        bluetoothd 5.50 was never tried -> take 5.66 or 5.82"
std::string toLine(const Finding& finding);
/// One JSON object: check, grade, text, remedy (or null).
std::string toJsonLine(const Finding& finding);
/// Without the configuration's part.
int exitCodeOf(const Findings& findings);

} // namespace bridge::check
