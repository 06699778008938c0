// SPDX-License-Identifier: MIT
// ATT PDUs that carry no value of a characteristic: discovery, MTU, acknowledgements, errors.
#pragma once

#include "bridge/capture_line.hpp"
#include "protocol/att/att_pdu.hpp"

namespace bridge {

/// `asked`: the request that a response answers, nullptr when it was not seen; it tells what was found. Both
/// must outlive the line.
CaptureLine attLine(const CaptureStamp& stamp, const protocol::att::AttPdu& pdu,
                    const protocol::att::AttPdu* asked = nullptr);

} // namespace bridge
