// SPDX-License-Identifier: MIT
#pragma once

namespace bridge {

/// Keys and health data are in memory: no core file, and no other process of this user may look into it.
/// Does nothing in a build with the address sanitizer, whose leak check must look.
void keepMemoryPrivate();

} // namespace bridge
