// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace bridge {

/// Why the store cannot be written. Each may be over by itself.
enum class WriteFailure : std::uint8_t {
    DiskFull,
    ReadOnly, ///< mounted so, often by the kernel after errors of the disk
    DiskError,
};

} // namespace bridge
