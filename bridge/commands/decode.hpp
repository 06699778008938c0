// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "bridge/commands/streams.hpp"

namespace bridge {

struct DecodeOptions {
    std::vector<std::string> files; ///< "-": standard input
    bool json = false;
    std::string keyDatabase; ///< for the encrypted parts of captures
};

/// Text files with one history record a line in hexadecimal; blank lines and those that begin with '#' are
/// skipped. A line that cannot be used is told and does not end the work; the exit code is 1 then.
int decode(const DecodeOptions& options, const Streams& streams);

} // namespace bridge
