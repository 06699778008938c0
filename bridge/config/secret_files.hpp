// SPDX-License-Identifier: MIT
// Small files with or without secrets in them. The returned texts name the file and the system's reason,
// never the content.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "protocol/codec/bytes.hpp"

namespace bridge {

/// The reason, without the file's name, when the file cannot be read or is larger than 64 KiB.
[[nodiscard]] std::optional<std::string> readWhole(const std::filesystem::path& file, std::string& content);

/// The file's content without white space at its end; an empty file is refused.
[[nodiscard]] std::optional<std::string> readSecretFile(const std::filesystem::path& file,
                                                        std::string& secret);

/// The file exists and its mode lets users other than the owner and the group read it.
[[nodiscard]] bool isReadableByOthers(const std::filesystem::path& file);

enum class Overwrite { No, Yes };
/// A new file of mode 0600, on the disk when this returns; an old one is replaced in one step, or refused.
[[nodiscard]] std::optional<std::string> writePrivately(const std::filesystem::path& file,
                                                        protocol::ByteView content, Overwrite overwrite);

} // namespace bridge
