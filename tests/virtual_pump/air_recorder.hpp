// SPDX-License-Identifier: MIT
// Records the kernel's HCI monitor channel of one controller, as `btmon -i hci0 -w` does: Debian 12's btmon
// can crash on some ATT PDUs and cut the capture short (docs/protocol/bluez-lab.md).
#pragma once

#include <cstdint>
#include <string>

namespace virtual_pump::air {

/// Writes a btsnoop file (format 2001, "Bluetooth monitor") until the process is ended; every packet is in
/// the file before the next is read. `controller`: 0 for hci0. Throws AirError.
[[noreturn]] void recordMonitor(const std::string& path, std::uint16_t controller);

} // namespace virtual_pump::air
