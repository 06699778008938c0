// SPDX-License-Identifier: MIT
#pragma once

#include "ble/bluez/link.hpp"
#include "bridge/config/configuration.hpp"
#include "bridge/store/store.hpp"

namespace bridge {

/// How the link to the pump is to be, without what belongs to one start of the service. A name that is not
/// configured is made and kept in `store`, which must outlive the link, as its bonds do.
ble::BluezLinkSettings linkSettings(const Configuration& configuration, Store& store);

} // namespace bridge
