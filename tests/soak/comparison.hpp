// SPDX-License-Identifier: MIT
// What the site has in the end against what the pump's records imply: the documents that the mapping makes of
// all of them at once, dated by the true offsets of the pump's clock.
#pragma once

#include <string>
#include <vector>

#include "weeks.hpp"

namespace soak {

/// Empty: the site is right.
std::vector<std::string> differences(Weeks& weeks, const Plan& plan, const therapy::Zone& zone);

} // namespace soak
