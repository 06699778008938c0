// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bridge/commands/streams.hpp"
#include "protocol/codec/date_time.hpp"

namespace bridge {

struct DecodeOptions {
    std::vector<std::string> files; ///< "-": standard input
    bool json = false;

    // Captures only.
    std::string keyDatabase;           ///< for the encrypted parts; must be usable when given
    std::string configuredKeyDatabase; ///< taken when no other is given; done without when unusable
    bool handshakeOnly = false;
    bool historyOnly = false;
    std::optional<protocol::LocalSeconds> from; ///< capture time in UTC, included
    std::optional<protocol::LocalSeconds> to;   ///< capture time in UTC, included
};

/// Each file is a btsnoop capture, or text with one history record a line in hexadecimal; there, blank lines
/// and those that begin with '#' are skipped. What cannot be used is told and does not end the work; the exit
/// code is 1 then.
int decode(const DecodeOptions& options, const Streams& streams);

} // namespace bridge
