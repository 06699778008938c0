// SPDX-License-Identifier: MIT
// A btsnoop capture, line by line: advertising, connections, pairing, ATT, the SAKE handshake, and with
// the key database what was encrypted. Facts: docs/protocol/link.md, docs/protocol/sake.md 9.
#pragma once

#include <optional>

#include "capture/line.hpp"
#include "protocol/codec/bytes.hpp"
#include "protocol/sake/key_database.hpp"

namespace capture {

/// `keys`: nullptr without a key database. The same input gives the same lines. The error says where the
/// container ends early or is damaged; what came before it has been shown.
std::optional<protocol::ParseError> decode(protocol::ByteView file, const protocol::sake::KeyDatabase* keys,
                                           const LineSink& sink);

} // namespace capture
