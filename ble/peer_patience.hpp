// SPDX-License-Identifier: MIT
// Growing silence towards peers whose connections come to nothing, so that none of them keeps the pump out
// (docs/architecture.md 4). Pure: time is an argument.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>

namespace ble {

class PeerPatience {
public:
    using Time = std::chrono::steady_clock::time_point;
    /// So many failures in a row are borne.
    static constexpr unsigned kBorne = 3;
    static constexpr std::chrono::minutes kShortest{1};
    static constexpr std::chrono::minutes kLongest{60};
    /// Peers that are remembered: addresses cost nothing to those who make them up.
    static constexpr std::size_t kRemembered = 256;

    /// A connection of this peer has ended without a finished handshake. How long it is ignored from now on;
    /// zero: it is not.
    std::chrono::minutes failed(const std::string& address, Time now);
    void succeeded(const std::string& address) { peers_.erase(address); }
    [[nodiscard]] bool ignores(const std::string& address, Time now) const;
    [[nodiscard]] unsigned failures(const std::string& address) const;
    void clear() { peers_.clear(); }

private:
    struct Peer {
        unsigned failures = 0;
        Time lastFailure;
        Time ignoredUntil;
    };
    std::map<std::string, Peer> peers_;

    void makeRoom();
};

} // namespace ble
