// SPDX-License-Identifier: MIT
#include "ble/peer_patience.hpp"

#include <algorithm>

namespace ble {

std::chrono::minutes PeerPatience::failed(const std::string& address, Time now) {
    if (!peers_.contains(address)) makeRoom();
    auto& peer = peers_[address];
    ++peer.failures;
    peer.lastFailure = now;
    if (peer.failures < kBorne) return std::chrono::minutes{0};
    const unsigned doublings = std::min(peer.failures - kBorne, 6U);
    const auto silence = std::min(kShortest * (1 << doublings), kLongest);
    peer.ignoredUntil = now + silence;
    return silence;
}

bool PeerPatience::ignores(const std::string& address, Time now) const {
    const auto peer = peers_.find(address);
    return peer != peers_.end() && peer->second.failures >= kBorne && now < peer->second.ignoredUntil;
}

unsigned PeerPatience::failures(const std::string& address) const {
    const auto peer = peers_.find(address);
    return peer == peers_.end() ? 0 : peer->second.failures;
}

void PeerPatience::makeRoom() {
    if (peers_.size() < kRemembered) return;
    peers_.erase(std::min_element(peers_.begin(), peers_.end(), [](const auto& a, const auto& b) {
        return a.second.lastFailure < b.second.lastFailure;
    }));
}

} // namespace ble
