// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>

#include "protocol/codec/bytes.hpp"

namespace protocol {

/// A control point's message whose op code has no layout here, kept whole.
template <std::unsigned_integral OpCode>
struct UnknownOpCode {
    OpCode opCode = 0;
    Bytes operand;
    friend bool operator==(const UnknownOpCode&, const UnknownOpCode&) = default;
};

} // namespace protocol
