// SPDX-License-Identifier: MIT
#include "nightscout/upload/transport_error.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

namespace nightscout {

void throwTransportError(const boost::system::error_code& error, const std::string& doing) {
    using Kind = TransportError::Kind;
    if (error == boost::asio::error::operation_aborted) throw boost::system::system_error(error);
    if (error == boost::asio::error::timed_out) throw TransportError(Kind::Timeout, doing + ": timed out");
    throw TransportError(Kind::Unreachable, doing + ": " + error.message());
}

} // namespace nightscout
