// SPDX-License-Identifier: MIT
// Bytes of the record access control point, read as an answer and as a request.
#include <cstdlib>

#include "protocol/racp.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using racp = protocol::HistoryRacp;
    const protocol::ByteView bytes(data, size);
    const auto response = racp::parseResponse(bytes);
    if (response.has_value() && protocol::toHex(racp::serialize(*response)) != protocol::toHex(bytes))
        std::abort();
    const auto request = racp::parseRequest(bytes);
    if (request.has_value() && size < 2) std::abort();
    return 0;
}
