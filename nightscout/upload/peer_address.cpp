// SPDX-License-Identifier: MIT
#include "nightscout/upload/peer_address.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

namespace nightscout {
namespace {

namespace ip = boost::asio::ip;

ip::address plain(const ip::address& address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return ip::make_address_v4(ip::v4_mapped, address.to_v6());
    return address;
}

bool isNear(const ip::address_v4& address) {
    // RFC 6890: this host, private, shared (carrier-grade NAT), loopback, link-local; multicast and beyond.
    static const std::array kNear{ip::make_network_v4("0.0.0.0/8"),      ip::make_network_v4("10.0.0.0/8"),
                                  ip::make_network_v4("100.64.0.0/10"),  ip::make_network_v4("127.0.0.0/8"),
                                  ip::make_network_v4("169.254.0.0/16"), ip::make_network_v4("172.16.0.0/12"),
                                  ip::make_network_v4("192.168.0.0/16"), ip::make_network_v4("224.0.0.0/3")};
    return std::ranges::any_of(kNear, [&](const ip::network_v4& network) {
        return ip::network_v4(address, network.prefix_length()).canonical() == network;
    });
}

bool isNear(const ip::address_v6& address) {
    const bool uniqueLocal = (address.to_bytes()[0] & 0xfeU) == 0xfcU; // fc00::/7
    return address.is_loopback() || address.is_unspecified() || address.is_link_local() ||
           address.is_site_local() || address.is_multicast() || uniqueLocal;
}

} // namespace

bool isPublicPeer(const ip::address& peer, const ip::address& own) {
    const auto address = plain(peer);
    if (address == plain(own)) return false;
    return address.is_v4() ? !isNear(address.to_v4()) : !isNear(address.to_v6());
}

} // namespace nightscout
