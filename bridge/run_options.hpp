// SPDX-License-Identifier: MIT
// What `run` was asked for. docs/architecture.md 6.
#pragma once

#include <filesystem>

namespace bridge {

struct RunOptions {
    bool once = false;    ///< one full sync and upload, then exit
    bool pair = false;    ///< open pairing, although a pump is paired
    bool forget = false;  ///< its bond first
    bool pretend = false; ///< print the documents (JSON Lines) instead of uploading them
    /// For the control socket and the adapters' locks; without the right to write there the service does
    /// without them.
    std::filesystem::path runtimeDirectory = "/run/pump-bridge";
};

} // namespace bridge
