// SPDX-License-Identifier: MIT
// An answer of HTTP/1.1, from bytes as they come. Pure: the connection is the caller's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace nightscout {

struct HttpAnswer {
    unsigned status = 0;
    std::string contentType;
    std::string contentEncoding;
    std::string date;
    std::string age;
    std::string retryAfter;
    std::string location;
    std::string body;       ///< as sent: perhaps compressed
    bool keepAlive = false; ///< another request may follow on this connection
};

class HttpReader {
public:
    /// `bodyLimit`: bytes. Headers, chunk extensions and interim answers have limits of their own.
    explicit HttpReader(std::uint64_t bodyLimit);
    ~HttpReader();
    HttpReader(const HttpReader&) = delete;
    HttpReader& operator=(const HttpReader&) = delete;

    /// True once the answer is complete. Interim answers (1xx) are passed over. Throws TransportError
    /// (Protocol) when this is not HTTP, or beyond a limit.
    bool feed(std::string_view bytes);
    /// The connection has ended. True when that completes the answer.
    bool end();
    /// Nothing has come yet.
    [[nodiscard]] bool silent() const;
    /// Once, after feed() or end() returned true.
    HttpAnswer take();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace nightscout
