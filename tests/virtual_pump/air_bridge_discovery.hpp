// SPDX-License-Identifier: MIT
// How the pump looks for our services: primary services, characteristics, then descriptors by Find
// Information over everything. The real order is not known (docs/protocol/link.md 5.4); the wide Find
// Information is (5.3).
#pragma once

#include <cstdint>
#include <functional>

#include "protocol/codec/bytes.hpp"

namespace virtual_pump::air {

struct SakePort {
    std::uint16_t value = 0; ///< handles
    std::uint16_t configuration = 0;
    std::size_t longestFindInformation = 0; ///< bytes of the longest response
};

/// Sends one ATT request and gives its response.
using Request = std::function<protocol::Bytes(protocol::Bytes)>;

/// Throws AirError when the bridge has no SAKE port or not the service of device information.
SakePort findSakePort(const Request& request);

} // namespace virtual_pump::air
