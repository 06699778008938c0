// SPDX-License-Identifier: MIT
// L2CAP frames out of the ACL packets of a capture. Facts: Bluetooth Core Specification, vol 3 part A, 3.1
// and 7.2; vol 4 part E, 5.4.2.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "capture/hci.hpp"
#include "capture/words.hpp"

namespace capture {

inline constexpr std::uint16_t kAttChannel = 4;
inline constexpr std::uint16_t kSignalingChannel = 5;
inline constexpr std::uint16_t kSmpChannel = 6;

struct L2capFrame {
    std::uint16_t channel = 0;
    std::vector<ByteView> pieces; ///< of the payload, into the capture, in order
    [[nodiscard]] Bytes payload() const;
};

/// Joins the fragments of each link and direction.
class Reassembler {
public:
    struct Result {
        std::uint16_t handle = 0; ///< of the connection
        std::optional<L2capFrame> frame;
        std::vector<ByteView> lost; ///< bytes that belong to no complete frame
    };
    /// `packet` of kind Data. The views of the result point into it and into earlier packets.
    Parsed<Result> add(const Packet& packet);
    /// What is still incomplete.
    std::vector<ByteView> drain();

private:
    struct Pending {
        L2capFrame frame;
        std::size_t missing = 0; ///< bytes
    };
    /// Adapter, connection handle, sent.
    std::map<std::tuple<std::uint16_t, std::uint16_t, bool>, Pending> pending_;
};

} // namespace capture
