// SPDX-License-Identifier: MIT
// The project's own files, for tests that read data or run scripts.
#pragma once

#include <string>
#include <string_view>

namespace support {

/// The absolute path of a file of the project: projectFile("tests/protocol/data/history-examples.jsonl").
std::string projectFile(std::string_view path);

} // namespace support
