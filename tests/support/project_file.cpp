// SPDX-License-Identifier: MIT
#include "project_file.hpp"

namespace support {

std::string projectFile(std::string_view path) {
    return std::string(PROJECT_FOLDER "/").append(path);
}

} // namespace support
