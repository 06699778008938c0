// SPDX-License-Identifier: MIT
#include "scripted_server.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <stdexcept>

namespace nightscout::testing {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using Fault = ScriptedAnswer::Fault;

template <typename Write>
std::string toPem(Write write) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
    if (write(out.get()) != 1) throw std::runtime_error("cannot write PEM");
    std::string text(BIO_ctrl_pending(out.get()), '\0');
    BIO_read(out.get(), text.data(), static_cast<int>(text.size()));
    return text;
}

SeenRequest toSeen(const http::request<http::string_body>& request, int connection) {
    SeenRequest seen{
        std::string(request.method_string()), std::string(request.target()), {}, request.body(), connection};
    for (const auto& field : request) {
        std::string name(field.name_string());
        std::transform(name.begin(), name.end(), name.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
        seen.headers.emplace(std::move(name), std::string(field.value()));
    }
    return seen;
}

std::string toWire(const ScriptedAnswer& answer) {
    std::string wire;
    for (int i = 0; i < answer.interimAnswers; ++i) wire += "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
    wire += "HTTP/1.1 " + std::to_string(answer.status) + " Scripted\r\n";
    wire += "Content-Type: " + answer.contentType + "\r\n";
    if (answer.fault != Fault::NoLength)
        wire += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n";
    for (const auto& [name, value] : answer.headers) wire += name + ": " + value + "\r\n";
    wire += "\r\n";
    return wire + (answer.fault == Fault::CutInsideBody ? answer.body.substr(0, answer.body.size() / 2)
                                                        : answer.body);
}

} // namespace

Certificate makeCertificate(const std::string& subjectAltName, Validity validity) {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> x509(X509_new(), X509_free);
    X509_set_version(x509.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509.get()), std::chrono::seconds(validity.from).count());
    X509_gmtime_adj(X509_getm_notAfter(x509.get()), std::chrono::seconds(validity.to).count());
    X509_set_pubkey(x509.get(), key.get());
    auto* subject = X509_get_subject_name(x509.get());
    const unsigned char commonName[] = "pump-bridge test";
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, commonName, -1, -1, 0);
    X509_set_issuer_name(x509.get(), subject);
    for (const auto& [nid, value] : {std::pair<int, std::string>{NID_subject_alt_name, subjectAltName},
                                     {NID_basic_constraints, "critical,CA:TRUE"}}) {
        const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
            X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str()), X509_EXTENSION_free);
        if (!extension || X509_add_ext(x509.get(), extension.get(), -1) != 1)
            throw std::runtime_error("cannot make the certificate");
    }
    if (X509_sign(x509.get(), key.get(), EVP_sha256()) == 0) throw std::runtime_error("cannot sign");
    return {toPem([&](BIO* out) { return PEM_write_bio_X509(out, x509.get()); }), toPem([&](BIO* out) {
                return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
            })};
}

struct ScriptedServer::Impl : std::enable_shared_from_this<Impl> {
    Impl(asio::io_context& context, Script answers)
        : io(context), script(std::move(answers)), acceptor(context) {
        const tcp::endpoint loopback(asio::ip::address_v4::loopback(), 0);
        acceptor.open(loopback.protocol());
        acceptor.bind(loopback);
        acceptor.listen();
    }

    asio::awaitable<void> accept(std::shared_ptr<Impl> self) {
        for (;;) {
            boost::system::error_code error;
            tcp::socket socket =
                co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
            if (error) co_return;
            ++connections;
            asio::co_spawn(io, serve(self, std::move(socket), connections), asio::detached);
        }
    }

    asio::awaitable<void> serve(std::shared_ptr<Impl> self, tcp::socket socket, int number) {
        if (self->tls) {
            beast::ssl_stream<beast::tcp_stream> stream(beast::tcp_stream(std::move(socket)), *self->tls);
            boost::system::error_code error;
            co_await stream.async_handshake(asio::ssl::stream_base::server,
                                            asio::redirect_error(asio::use_awaitable, error));
            if (!error) co_await talk(self, stream, number);
        } else {
            beast::tcp_stream stream(std::move(socket));
            co_await talk(self, stream, number);
        }
    }

    template <typename Stream>
    asio::awaitable<void> talk(std::shared_ptr<Impl> self, Stream& stream, int number) {
        beast::flat_buffer buffer;
        for (;;) {
            http::request_parser<http::string_body> parser;
            parser.body_limit(std::uint64_t{64} * 1024 * 1024);
            boost::system::error_code error;
            co_await http::async_read(stream, buffer, parser,
                                      asio::redirect_error(asio::use_awaitable, error));
            if (error) co_return;
            self->requests.push_back(toSeen(parser.get(), number));
            SeenRequest seen = self->requests.back();
            const ScriptedAnswer answer = co_await self->script(std::move(seen));
            if (answer.delay.count() > 0) {
                asio::steady_timer timer(self->io, answer.delay);
                co_await timer.async_wait(asio::use_awaitable);
            }
            if (answer.fault == Fault::CutBeforeAnswer) co_return;
            if (answer.fault == Fault::Reset) {
                const asio::socket_base::linger none(true, 0);
                beast::get_lowest_layer(stream).socket().set_option(none, error);
                co_return;
            }
            if (answer.fault == Fault::NoAnswer) {
                http::request_parser<http::string_body> next;
                co_await http::async_read(stream, buffer, next,
                                          asio::redirect_error(asio::use_awaitable, error));
                co_return;
            }
            const std::string wire = toWire(answer);
            if (answer.fault == Fault::Trickle) {
                co_await trickle(self, stream, wire);
                co_return;
            }
            co_await asio::async_write(stream, asio::buffer(wire),
                                       asio::redirect_error(asio::use_awaitable, error));
            if (error || answer.fault != Fault::None) co_return;
        }
    }

    template <typename Stream>
    asio::awaitable<void> trickle(std::shared_ptr<Impl> self, Stream& stream, const std::string& wire) {
        boost::system::error_code error;
        asio::steady_timer timer(self->io);
        for (std::size_t at = 0; at < wire.size() && !error; ++at) {
            timer.expires_after(std::chrono::milliseconds(5));
            co_await timer.async_wait(asio::use_awaitable);
            co_await asio::async_write(stream, asio::buffer(wire.data() + at, 1),
                                       asio::redirect_error(asio::use_awaitable, error));
        }
    }

    asio::io_context& io;
    Script script;
    tcp::acceptor acceptor;
    std::optional<asio::ssl::context> tls;
    std::vector<SeenRequest> requests;
    int connections = 0;
};

ScriptedServer::ScriptedServer(asio::io_context& io, Script script,
                               const std::optional<Certificate>& certificate)
    : impl_(std::make_shared<Impl>(io, std::move(script))) {
    if (certificate) {
        auto& tls = impl_->tls.emplace(asio::ssl::context::tls_server);
        tls.use_certificate(asio::buffer(certificate->certificate), asio::ssl::context::pem);
        tls.use_private_key(asio::buffer(certificate->key), asio::ssl::context::pem);
        if (certificate->newestVersion != 0) {
            SSL_CTX_set_security_level(tls.native_handle(), 0); // where the old ones are permitted
            SSL_CTX_set_min_proto_version(tls.native_handle(), certificate->newestVersion);
            SSL_CTX_set_max_proto_version(tls.native_handle(), certificate->newestVersion);
        }
    }
    asio::co_spawn(io, impl_->accept(impl_), asio::detached);
}

ScriptedServer::~ScriptedServer() {
    boost::system::error_code ignored;
    impl_->acceptor.close(ignored);
}

std::uint16_t ScriptedServer::port() const {
    return impl_->acceptor.local_endpoint().port();
}
const std::vector<SeenRequest>& ScriptedServer::requests() const {
    return impl_->requests;
}
void ScriptedServer::forgetRequests() {
    impl_->requests.clear();
}
int ScriptedServer::connections() const {
    return impl_->connections;
}

ScriptedServer::Script inTurn(std::vector<ScriptedAnswer> answers) {
    struct Turns {
        std::vector<ScriptedAnswer> answers;
        std::size_t next = 0;
    };
    const auto turns = std::make_shared<Turns>(Turns{std::move(answers), 0});
    return [turns](SeenRequest) -> asio::awaitable<ScriptedAnswer> {
        const auto at = std::min(turns->next++, turns->answers.size() - 1);
        return [](ScriptedAnswer answer) -> asio::awaitable<ScriptedAnswer> {
            co_return answer;
        }(turns->answers[at]);
    };
}

} // namespace nightscout::testing
