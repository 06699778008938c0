// SPDX-License-Identifier: MIT
// Records the kernel's HCI monitor channel, all controllers, as `btmon -w` does: Debian 12's btmon can crash
// on some ATT PDUs and cut the capture short (bluez-lab.md).
#pragma once

#include <string>

namespace virtual_pump::air {

/// Writes a btsnoop file (format 2001, "Bluetooth monitor") until the process is ended; every packet is in
/// the file before the next is read. Throws AirError.
[[noreturn]] void recordMonitor(const std::string& path);

} // namespace virtual_pump::air
