// SPDX-License-Identifier: MIT
// ATT PDUs that carry no value of a characteristic: discovery, MTU, acknowledgements, errors.
#pragma once

#include "capture/att_pdu.hpp"
#include "capture/line.hpp"

namespace capture {

/// `asked`: the request that a response answers, nullptr when it was not seen; it tells what was found. Both
/// must outlive the line.
CaptureLine attLine(const CaptureStamp& stamp, const capture::AttPdu& pdu,
                    const capture::AttPdu* asked = nullptr);

} // namespace capture
