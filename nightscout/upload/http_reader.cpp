// SPDX-License-Identifier: MIT
#include "nightscout/upload/http_reader.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>
#include <utility>

#include "nightscout/upload/transport_error.hpp"

namespace nightscout {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;
using Parser = http::response_parser<http::string_body>;

constexpr int kMostInterimAnswers = 5;
constexpr std::uint32_t kHeaderLimit = 32 * 1024;
/// Of one answer, all chunks together; nobody needs any (RFC 9112 7.1.1).
constexpr std::size_t kMostChunkExtensions = std::size_t{4} * 1024;
/// What the parser leaves until more comes: a part of a header, or of a chunk's first line.
constexpr std::size_t kMostPending = kHeaderLimit + 16 * 1024;

[[noreturn]] void refuse(const std::string& reason) {
    throw TransportError(TransportError::Kind::Protocol, reason);
}

} // namespace

struct HttpReader::Impl {
    explicit Impl(std::uint64_t limit) : bodyLimit(limit) { begin(); }

    void begin() {
        parser.emplace();
        parser->eager(true);
        parser->body_limit(bodyLimit);
        parser->header_limit(kHeaderLimit);
        chunkExtensions = 0;
        onChunk = [this](std::uint64_t, boost::beast::string_view extensions, error_code& error) {
            chunkExtensions += extensions.size();
            if (chunkExtensions > kMostChunkExtensions) error = http::error::bad_chunk_extension;
        };
        parser->on_chunk_header(onChunk);
    }

    bool parse() {
        for (;;) {
            error_code error;
            const auto used = parser->put(boost::asio::buffer(pending), error);
            pending.erase(0, used);
            if (error == http::error::need_more) error = {};
            if (error == http::error::body_limit) refuse("the answer is too long");
            if (error) refuse("the answer is not HTTP: " + error.message());
            if (!parser->is_done()) {
                if (used > 0 && !pending.empty()) continue;
                if (pending.size() > kMostPending) refuse("the answer is not HTTP: a line without end");
                return false;
            }
            if (parser->get().result_int() / 100 != 1) return true;
            if (++interimAnswers > kMostInterimAnswers) refuse("no end of interim answers");
            begin();
            if (pending.empty()) return false;
        }
    }

    std::string field(http::field name) const {
        const auto value = parser->get()[name];
        return {value.data(), value.size()};
    }

    std::uint64_t bodyLimit;
    std::optional<Parser> parser;
    std::function<void(std::uint64_t, boost::beast::string_view, error_code&)> onChunk;
    std::string pending;
    std::size_t chunkExtensions = 0;
    int interimAnswers = 0;
    bool gotSome = false;
    bool ended = false;
};

HttpReader::HttpReader(std::uint64_t bodyLimit) : impl_(std::make_unique<Impl>(bodyLimit)) {}

HttpReader::~HttpReader() = default;

bool HttpReader::feed(std::string_view bytes) {
    if (bytes.empty()) return false;
    impl_->gotSome = true;
    impl_->pending += bytes;
    return impl_->parse();
}

bool HttpReader::end() {
    auto& parser = *impl_->parser;
    impl_->ended = true;
    if (!parser.is_header_done() || !parser.need_eof()) return false;
    error_code error;
    parser.put_eof(error); // a body that ends with the connection
    return !error && parser.is_done();
}

bool HttpReader::silent() const {
    return !impl_->gotSome;
}

HttpAnswer HttpReader::take() {
    HttpAnswer answer;
    answer.status = impl_->parser->get().result_int();
    answer.contentType = impl_->field(http::field::content_type);
    answer.contentEncoding = impl_->field(http::field::content_encoding);
    answer.date = impl_->field(http::field::date);
    answer.age = impl_->field(http::field::age);
    answer.retryAfter = impl_->field(http::field::retry_after);
    answer.location = impl_->field(http::field::location);
    // Whatever follows was not asked for.
    answer.keepAlive = impl_->parser->get().keep_alive() && impl_->pending.empty() && !impl_->ended;
    answer.body = std::move(impl_->parser->get().body());
    return answer;
}

} // namespace nightscout
