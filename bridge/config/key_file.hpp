// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <stdexcept>

#include "protocol/sake/key_database.hpp"

namespace bridge {

/// A key database file that cannot be used; the text names the file, what is wrong and what to do, and no
/// key.
class KeyFileError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Any valid key database, binary or hexadecimal.
protocol::sake::KeyDatabase readKeyFile(const std::filesystem::path& file);
/// One that the bridge can use: it belongs to a mobile application and has the pump's entry.
protocol::sake::KeyDatabase readBridgeKeyFile(const std::filesystem::path& file);

} // namespace bridge
