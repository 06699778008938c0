// SPDX-License-Identifier: MIT
// TLS with certificate and host name checks.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "nightscout/upload/byte_stream.hpp"
#include "nightscout/upload/endpoint.hpp"

namespace nightscout {

class TimedSocket;

/// TLS 1.2 and up; trusts the system's certificates, and those of `caFile` (PEM; empty: none).
class TlsContext {
public:
    /// Throws TransportError (Certificate) for a file that cannot be read.
    explicit TlsContext(const std::string& caFile);
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    /// The handshake. Throws TransportError: Certificate for one that is not trusted or is another's. The
    /// context outlives the stream.
    boost::asio::awaitable<std::unique_ptr<ByteStream>> secure(std::shared_ptr<TimedSocket> socket,
                                                               Endpoint endpoint,
                                                               std::chrono::milliseconds timeout);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace nightscout
