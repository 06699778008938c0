// SPDX-License-Identifier: MIT
// A connection's bytes, plain or encrypted. The sources behind it are the only ones that instantiate Asio's
// operations on sockets: those take most of the memory of a build.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstddef>
#include <span>
#include <string_view>

namespace nightscout {

class ByteStream {
public:
    struct Transfer {
        std::size_t bytes = 0;
        boost::system::error_code
            error; ///< asio::error::timed_out past the limit, asio::error::eof at the end
    };

    ByteStream() = default;
    ByteStream(const ByteStream&) = delete;
    ByteStream& operator=(const ByteStream&) = delete;
    virtual ~ByteStream() = default;

    /// For all that follows together.
    virtual void expireAfter(std::chrono::milliseconds limit) = 0;
    virtual void expireNever() = 0;
    /// At least one byte, or an error.
    virtual boost::asio::awaitable<Transfer> readSome(std::span<char> into) = 0;
    virtual boost::asio::awaitable<Transfer> write(std::string_view bytes) = 0;
    /// The server has closed it, or has said something unasked (the end of a TLS session is that too).
    virtual bool looksClosed() = 0;
};

} // namespace nightscout
