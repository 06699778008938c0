// SPDX-License-Identifier: MIT
// The words of the protocol library that everything here is written in.
#pragma once

#include "protocol/codec/bytes.hpp"
#include "protocol/codec/cursor.hpp"

namespace capture {

using protocol::Bytes;
using protocol::ByteView;
using protocol::Parsed;
using protocol::ParseError;
using protocol::Reader;
using protocol::toHex;

} // namespace capture
