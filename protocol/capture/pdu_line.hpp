// SPDX-License-Identifier: MIT
// ATT PDUs that carry no value of a characteristic: discovery, MTU, acknowledgements, errors.
#pragma once

#include "capture/att_pdu.hpp"
#include "capture/line.hpp"

namespace capture {

/// `asked`: the request that a response answers, nullptr when it was not seen; it says what was found.
Line attLine(const Stamp& stamp, const AttPdu& pdu, const AttPdu* asked = nullptr);

} // namespace capture
