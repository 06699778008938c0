// SPDX-License-Identifier: MIT
// The pump's side of the Record Access Control Point of the glucose service: tells the last measurement.
// Plaintext only. Facts: docs/protocol/services.md 10.6; requests but "report last" are the specification's.
#pragma once

#include <optional>

#include "protocol/cgm/measurement.hpp"
#include "protocol/codec/bytes.hpp"

namespace virtual_pump {

class GlucoseAccess {
public:
    /// From the request until its indication has been taken.
    [[nodiscard]] bool running() const { return response_.has_value(); }
    /// `newest`: empty without a sensor session.
    void request(protocol::ByteView written, const std::optional<protocol::cgm::Measurement>& newest);
    /// The link is gone.
    void cancel();

    struct Step {
        protocol::Bytes value;
        bool response = false; ///< for the control point; else a measurement
    };
    /// The measurement first, the response last; empty when no procedure runs.
    std::optional<Step> next();

private:
    std::optional<protocol::Bytes> measurement_;
    std::optional<protocol::Bytes> response_;
};

} // namespace virtual_pump
