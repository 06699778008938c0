// SPDX-License-Identifier: MIT
#pragma once

namespace bridge {

/// Of every command; docs/architecture.md 6.
enum ExitCode : int {
    kDone = 0,
    kFoundProblem = 1, ///< it ran, and something is wrong
    kWrongUsage = 2,   ///< arguments, configuration, key database, or a file that it cannot do without
    kUnreachable = 3,  ///< pump, Nightscout, BlueZ or the service
};

} // namespace bridge
