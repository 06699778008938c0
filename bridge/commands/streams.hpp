// SPDX-License-Identifier: MIT
#pragma once

#include <iosfwd>

#include "bridge/exit_code.hpp"

namespace bridge {

/// Data goes to `out`, talk to `err`.
struct Streams {
    std::istream& in;
    std::ostream& out;
    std::ostream& err;
};

} // namespace bridge
