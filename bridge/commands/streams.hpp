// SPDX-License-Identifier: MIT
#pragma once

#include <iosfwd>

namespace bridge {

/// Data goes to `out`, talk to `err`.
struct Streams {
    std::istream& in;
    std::ostream& out;
    std::ostream& err;
};

/// docs/architecture.md 6.
enum ExitCode : int {
    kDone = 0,
    kFoundProblem = 1,
    kWrongUsage = 2,
    kUnreachable = 3,
};

} // namespace bridge
