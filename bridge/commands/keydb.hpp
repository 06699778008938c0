// SPDX-License-Identifier: MIT
// Key database files (docs/protocol/sake.md 4). No command prints a key unless `reveal` asks for it.
#pragma once

#include <filesystem>

#include "bridge/commands/streams.hpp"
#include "protocol/sake/crypto.hpp"

namespace bridge {

enum class KeyFileForm { Binary, Hexadecimal };

struct KeydbShowOptions {
    std::filesystem::path file;
    bool reveal = false;
};
int keydbShow(const KeydbShowOptions& options, const Streams& streams);

struct KeydbGenerateOptions {
    std::filesystem::path server; ///< for the mobile application: the bridge
    std::filesystem::path client; ///< for the pump
    KeyFileForm form = KeyFileForm::Binary;
    bool force = false;
};
int keydbGenerate(const KeydbGenerateOptions& options, const Streams& streams,
                  const protocol::sake::RandomSource& random);

struct KeydbConvertOptions {
    std::filesystem::path input;
    std::filesystem::path output;
    KeyFileForm form = KeyFileForm::Binary;
    bool reverse = false; ///< the view of the other side (docs/protocol/sake.md 4.3)
    bool force = false;
};
int keydbConvert(const KeydbConvertOptions& options, const Streams& streams);

} // namespace bridge
