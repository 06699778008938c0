// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/ip/address.hpp>

namespace nightscout {

/// Whether `peer` is another computer in another network: its clock is not ours, nor one that ours sets.
/// `own`: this end of the connection to it. Loopback, link-local and private addresses are near.
[[nodiscard]] bool isPublicPeer(const boost::asio::ip::address& peer, const boost::asio::ip::address& own);

} // namespace nightscout
