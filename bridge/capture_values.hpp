// SPDX-License-Identifier: MIT
// What the values of characteristics in a capture mean. A further characteristic is one line of the table.
#pragma once

#include <optional>
#include <string_view>

#include "protocol/bytes.hpp"
#include "protocol/history/record.hpp"

namespace bridge {

struct ValueDecoder {
    std::string_view service; ///< empty: in any
    std::string_view characteristic;
    /// `plain`: decrypted if need be. `fromServer`: read, notified or indicated, not written. The sink may
    /// have got some fields before an error.
    std::optional<protocol::ParseError> (*describe)(protocol::ByteView plain, bool fromServer,
                                                    protocol::history::FieldSink& sink);
};
/// nullptr when the value is not understood.
const ValueDecoder* findValueDecoder(std::string_view service, std::string_view characteristic);

} // namespace bridge
