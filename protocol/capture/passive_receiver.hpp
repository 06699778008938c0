// SPDX-License-Identifier: MIT
// One direction of somebody else's session, with holes: captures drop packets. Facts:
// docs/protocol/sake.md 9.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "protocol/sake/session.hpp"

namespace capture {

class PassiveReceiver {
public:
    /// Frames that may be missing in a row. Each try of a higher counter can fit by chance, 1 in 65536.
    static constexpr std::uint64_t kMaxLost = 16384;

    PassiveReceiver(std::shared_ptr<const protocol::sake::SessionKeys> keys, std::uint64_t sequence)
        : keys_(keys), receiver_(std::move(keys), sequence) {}

    struct Result {
        protocol::Bytes plain;
        std::uint64_t lost = 0; ///< frames that were not seen before this one
        friend bool operator==(const Result&, const Result&) = default;
    };
    /// Beyond the window of a Receiver the counter is found by trying. Such a find is taken back when the
    /// next frame does not follow on it. An error is the one of the plain receiver.
    [[nodiscard]] boost::system::result<Result, protocol::sake::DecryptError> decrypt(
        protocol::ByteView frame);

    [[nodiscard]] std::uint64_t sequence() const { return receiver_.sequence(); } ///< next expected

private:
    [[nodiscard]] std::optional<Result> find(protocol::ByteView frame);

    std::shared_ptr<const protocol::sake::SessionKeys> keys_;
    protocol::sake::Receiver receiver_;
    std::optional<protocol::sake::Receiver> before_; ///< a find that no frame has confirmed yet
};

} // namespace capture
