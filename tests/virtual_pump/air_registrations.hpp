// SPDX-License-Identifier: MIT
#pragma once

namespace virtual_pump::air {

/// Registers the bridge's GATT application with the bluetoothd of the system bus, on hci0, and takes it back,
/// so often; prints the count. Throws ble::LinkError.
void registerOften(unsigned times);

} // namespace virtual_pump::air
