// SPDX-License-Identifier: MIT
// How every command ends: docs/architecture.md 6.
#pragma once

namespace bridge {

inline constexpr int kDone = 0;
inline constexpr int kFoundProblem = 1; ///< it ran, and something is wrong
/// Arguments, configuration, key database, or a file that it cannot do without.
inline constexpr int kWrongUsage = 2;
inline constexpr int kUnreachable = 3; ///< pump, Nightscout, BlueZ or the service

} // namespace bridge
