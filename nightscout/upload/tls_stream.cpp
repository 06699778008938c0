// SPDX-License-Identifier: MIT
#include "nightscout/upload/tls_stream.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "nightscout/upload/timed_socket.hpp"
#include "nightscout/upload/transport_error.hpp"

namespace nightscout {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Kind = TransportError::Kind;

class TlsStream final : public ByteStream {
public:
    TlsStream(std::shared_ptr<TimedSocket> socket, asio::ssl::context& context)
        : socket_(std::move(socket)), stream_(socket_->socket, context) {}

    void expireAfter(std::chrono::milliseconds limit) override { socket_->expireAfter(limit); }
    void expireNever() override { socket_->expireNever(); }
    bool looksClosed() override { return socket_->looksClosed(); }
    SSL* ssl() { return stream_.native_handle(); }

    asio::awaitable<error_code> handshake() {
        error_code error;
        co_await stream_.async_handshake(asio::ssl::stream_base::client,
                                         asio::redirect_error(asio::use_awaitable, error));
        co_return socket_->caused(error);
    }

    asio::awaitable<Transfer> readSome(std::span<char> into) override {
        Transfer done;
        done.bytes = co_await stream_.async_read_some(asio::buffer(into.data(), into.size()),
                                                      asio::redirect_error(asio::use_awaitable, done.error));
        // Whether an answer is whole shows in its length; servers often end without TLS's own goodbye.
        if (done.error == asio::ssl::error::stream_truncated) done.error = asio::error::eof;
        done.error = socket_->caused(done.error);
        co_return done;
    }

    asio::awaitable<Transfer> write(std::string_view bytes) override {
        Transfer done;
        while (done.bytes < bytes.size() && !done.error) {
            done.bytes += co_await stream_.async_write_some(
                asio::buffer(bytes.data() + done.bytes, bytes.size() - done.bytes),
                asio::redirect_error(asio::use_awaitable, done.error));
        }
        done.error = socket_->caused(done.error);
        co_return done;
    }

private:
    std::shared_ptr<TimedSocket> socket_;
    asio::ssl::stream<tcp::socket&> stream_;
};

/// Server name indication; the macro of OpenSSL for this casts in C style.
bool announceHost(SSL* ssl, std::string host) {
    return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host.data()) == 1;
}

bool requireHost(SSL* ssl, const std::string& host) {
    error_code notAnAddress;
    asio::ip::make_address(host, notAnAddress);
    X509_VERIFY_PARAM* check = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_hostflags(check, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (!notAnAddress) return X509_VERIFY_PARAM_set1_ip_asc(check, host.c_str()) == 1;
    return X509_VERIFY_PARAM_set1_host(check, host.c_str(), host.size()) == 1 && announceHost(ssl, host);
}

/// Of a handshake that failed by what the other side speaks, and not by its certificate; what to do. Empty
/// where OpenSSL's own words must do.
std::string_view remedyFor(const error_code& error) {
    if (error.category() != asio::error::get_ssl_category()) return {};
    switch (ERR_GET_REASON(static_cast<unsigned long>(error.value()))) {
        case SSL_R_WRONG_VERSION_NUMBER: // the first bytes are no TLS
        case SSL_R_HTTP_REQUEST:
        case SSL_R_PACKET_LENGTH_TOO_LONG:
            return "the server speaks no https there: look at scheme and port of nightscout.url";
        case SSL_R_UNSUPPORTED_PROTOCOL:
        case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
        case SSL_R_NO_PROTOCOLS_AVAILABLE:
            return "the server speaks only versions older than TLS 1.2: whoever runs the site must update "
                   "it, or the proxy before it";
        default:
            return {};
    }
}

/// OpenSSL looks at the dates last: issuer and host name are right.
bool isAboutDates(long verified) {
    return verified == X509_V_ERR_CERT_NOT_YET_VALID || verified == X509_V_ERR_CERT_HAS_EXPIRED;
}

} // namespace

struct TlsContext::Impl {
    asio::ssl::context context{asio::ssl::context::tls_client};
};

TlsContext::TlsContext(const std::string& caFile) : impl_(std::make_unique<Impl>()) {
    auto& context = impl_->context;
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
    SSL_CTX_set_mode(context.native_handle(), SSL_MODE_RELEASE_BUFFERS);
    context.set_verify_mode(asio::ssl::verify_peer);
    error_code error;
    context.set_default_verify_paths(error);
    if (!caFile.empty()) context.load_verify_file(caFile, error);
    if (error)
        throw TransportError(Kind::Certificate, "cannot read the trusted certificates" +
                                                    (caFile.empty() ? "" : " of " + caFile) + ": " +
                                                    error.message());
}

TlsContext::~TlsContext() = default;

asio::awaitable<std::unique_ptr<ByteStream>> TlsContext::secure(std::shared_ptr<TimedSocket> socket,
                                                                Endpoint endpoint,
                                                                std::chrono::milliseconds timeout) {
    auto stream = std::make_unique<TlsStream>(std::move(socket), impl_->context);
    const std::string doing = "no secure connection to " + endpoint.authority();
    if (!requireHost(stream->ssl(), endpoint.host))
        throw TransportError(Kind::Protocol, doing + ": OpenSSL refuses the host name");
    stream->expireAfter(timeout);
    const error_code error = co_await stream->handshake();
    if (error) {
        if (const long verified = SSL_get_verify_result(stream->ssl()); verified != X509_V_OK)
            throw TransportError(
                isAboutDates(verified) ? Kind::CertificateDates : Kind::Certificate,
                doing + ": its certificate is not trusted: " + X509_verify_cert_error_string(verified));
        if (const auto remedy = remedyFor(error); !remedy.empty())
            throw TransportError(Kind::Protocol,
                                 doing + ": " + std::string(remedy) + " (" + error.message() + ")");
        if (error == asio::ssl::error::stream_truncated || error == asio::error::eof)
            throw TransportError(Kind::Unreachable,
                                 doing +
                                     ": the server ends the connection; if it goes on, look at scheme and "
                                     "port of nightscout.url");
        throwTransportError(error, doing);
    }
    co_return stream;
}

} // namespace nightscout
