// SPDX-License-Identifier: MIT
// `decode` of one capture: keys, dates of records, filters; and `decode --redact`.
#pragma once

#include <string>

#include "bridge/commands/decode.hpp"
#include "bridge/commands/streams.hpp"

namespace bridge {

/// `file`: the bytes of a capture, `name` for messages. Prints each line that the filters let through.
/// Throws KeyFileError for the key database that the command line names.
int decodeCaptureFile(const std::string& name, protocol::ByteView file, const DecodeOptions& options,
                      const Streams& streams);

/// Never replaces an existing file.
int redactCapture(const std::string& from, const std::string& to, const Streams& streams);

} // namespace bridge
