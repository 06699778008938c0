// SPDX-License-Identifier: MIT
// Where the client goes, and whom it believes: redirects and certificates.
#include <gtest/gtest.h>

#include <openssl/ssl.h>

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include "client_fixture.hpp"
#include "nightscout/upload/failure_sentence.hpp"

namespace nightscout {
namespace {

using testing::answer;
using testing::Certificate;
using testing::fault;
using testing::inTurn;
using testing::kSecret;
using testing::makeCertificate;
using testing::ScriptedAnswer;
using testing::ScriptedServer;
using testing::SeenRequest;
using Fault = ScriptedAnswer::Fault;
using Kind = TransportError::Kind;

ScriptedAnswer redirect(unsigned status, std::string location) {
    ScriptedAnswer given = answer(status, "");
    given.headers["Location"] = std::move(location);
    return given;
}
class ARedirectedClient : public testing::ClientTest {};

TEST_F(ARedirectedClient, FollowsARedirectOnTheSameHost) {
    ScriptedServer server(io_, inTurn({redirect(307, "/moved/api/v1/x.json"), answer(200, "[3]")}));
    Client client(io_.get_executor(), settingsFor(server));
    EXPECT_EQ(post(client).body, "[3]");
    ASSERT_EQ(server.requests().size(), 2U);
    EXPECT_EQ(server.requests()[1].method, "POST");
    EXPECT_EQ(server.requests()[1].target, "/moved/api/v1/x.json");
    EXPECT_EQ(server.requests()[1].body, "[{}]");
    EXPECT_EQ(server.requests()[1].headers.at("api-secret"), kSecret);
}

TEST_F(ARedirectedClient, FollowsFromHttpToHttpsAndStaysThere) {
    const Certificate certificate = makeCertificate();
    ScriptedServer secure(io_, inTurn({answer(200, "[4]")}), certificate);
    const std::string target = "https://127.0.0.1:" + std::to_string(secure.port()) + "/api/v1/x.json";
    ScriptedServer plain(io_, inTurn({redirect(308, target)}));
    auto settings = settingsFor(plain);
    settings.caFile = writeFile(certificate.certificate);
    Client client(io_.get_executor(), settings);
    EXPECT_EQ(get(client).body, "[4]");
    EXPECT_EQ(get(client).body, "[4]");
    EXPECT_EQ(plain.requests().size(), 1U);
    EXPECT_EQ(secure.requests().size(), 2U);
}

TEST_F(ARedirectedClient, ForgetsARedirectWhoseTargetIsDead) {
    const Certificate certificate = makeCertificate();
    auto secure = std::make_unique<ScriptedServer>(io_, inTurn({answer(200, "[4]")}), certificate);
    const std::string target = "https://127.0.0.1:" + std::to_string(secure->port()) + "/api/v1/x.json";
    ScriptedServer plain(io_, inTurn({redirect(308, target), answer(200, "[8]")}));
    auto settings = settingsFor(plain);
    settings.caFile = writeFile(certificate.certificate);
    settings.idleLimit = std::chrono::milliseconds(-1);
    Client client(io_.get_executor(), settings);
    EXPECT_EQ(get(client).body, "[4]");
    secure.reset();
    io_.poll();
    EXPECT_EQ(failureOf([&] { get(client); }).kind(), Kind::Unreachable);
    EXPECT_EQ(get(client).body, "[8]");
}

TEST_F(ARedirectedClient, ExplainsARedirectToHttpsOnTheSamePort) {
    std::string location;
    ScriptedServer server(io_, [&](const SeenRequest&) -> asio::awaitable<ScriptedAnswer> {
        co_return redirect(307, location);
    });
    location = "https://127.0.0.1:" + std::to_string(server.port()) + "/api/v1/x.json";
    Client client(io_.get_executor(), settingsFor(server));
    const auto error = failureOf([&] { get(client); });
    EXPECT_EQ(error.kind(), Kind::Redirected);
    EXPECT_NE(std::string(error.what()).find("INSECURE_USE_HTTP=true"), std::string::npos) << error.what();
    EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(ARedirectedClient, NeverCarriesTheSecretToAnotherHost) {
    ScriptedServer other(io_, inTurn({answer(200)}));
    const std::string port = std::to_string(other.port());
    for (const std::string& location :
         {"http://localhost:" + port + "/api/v1/x.json", "http://127.0.0.1:" + port + "/api/v1/x.json",
          "//localhost:" + port + "/", std::string("https://user@evil.example/?secret=x"),
          std::string("ftp://x")}) {
        ScriptedServer server(io_, inTurn({redirect(307, location)}));
        Client client(io_.get_executor(), settingsFor(server));
        const auto error = failureOf([&] { post(client); });
        EXPECT_EQ(error.kind(), Kind::Redirected) << location;
        EXPECT_EQ(std::string(error.what()).find("secret=x"), std::string::npos);
    }
    EXPECT_TRUE(other.requests().empty());
}

TEST_F(ARedirectedClient, NeverGoesFromHttpsToHttp) {
    const Certificate certificate = makeCertificate();
    ScriptedServer plain(io_, inTurn({answer(200)}));
    const std::string target = "http://127.0.0.1:" + std::to_string(plain.port()) + "/api/v1/x.json";
    ScriptedServer secure(io_, inTurn({redirect(308, target)}), certificate);
    auto settings = settingsFor(secure, true);
    settings.caFile = writeFile(certificate.certificate);
    Client client(io_.get_executor(), settings);
    EXPECT_EQ(failureOf([&] { post(client); }).kind(), Kind::Redirected);
    EXPECT_EQ(secure.requests().size(), 1U);
    EXPECT_TRUE(plain.requests().empty());
}

TEST_F(ARedirectedClient, DoesNotFollowARedirectThatWouldLoseTheBody) {
    for (const unsigned status : {301U, 302U, 303U}) {
        ScriptedServer server(io_, inTurn({redirect(status, "/api/v1/x.json"), answer(200)}));
        Client client(io_.get_executor(), settingsFor(server));
        EXPECT_EQ(failureOf([&] { post(client); }).kind(), Kind::Redirected);
        EXPECT_EQ(server.requests().size(), 1U);
    }
}

TEST_F(ARedirectedClient, EndsARedirectLoop) {
    ScriptedServer server(io_, inTurn({redirect(307, "/api/v1/x.json")}));
    Client client(io_.get_executor(), settingsFor(server));
    const auto error = failureOf([&] { get(client); });
    EXPECT_EQ(error.kind(), Kind::Redirected);
    EXPECT_NE(std::string(error.what()).find("X-Forwarded-Proto"), std::string::npos);
    EXPECT_EQ(server.requests().size(), 4U);
}

class ASecureClient : public testing::ClientTest {};

TEST_F(ASecureClient, TrustsACertificateOfTheGivenFile) {
    const Certificate certificate = makeCertificate();
    ScriptedServer server(io_, inTurn({answer(200, "[5]")}), certificate);
    auto settings = settingsFor(server, true);
    settings.caFile = writeFile(certificate.certificate);
    for (const char* host : {"127.0.0.1", "localhost"}) {
        settings.site.host = host;
        Client client(io_.get_executor(), settings);
        for (int i = 0; i < 3; ++i) EXPECT_EQ(post(client).body, "[5]");
    }
    EXPECT_EQ(server.connections(), 2);
}

TEST_F(ASecureClient, ConnectsAnewWhenTheKeptSecureConnectionWasClosed) {
    const Certificate certificate = makeCertificate();
    ScriptedServer server(io_, inTurn({fault(Fault::CloseAfterwards)}), certificate);
    auto settings = settingsFor(server, true);
    settings.caFile = writeFile(certificate.certificate);
    Client client(io_.get_executor(), settings);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(post(client).status, 200U);
        io_.poll();
    }
    EXPECT_EQ(server.requests().size(), 3U);
}

TEST_F(ASecureClient, RefusesAnUnknownCertificate) {
    ScriptedServer server(io_, inTurn({answer(200)}), makeCertificate());
    Client client(io_.get_executor(), settingsFor(server, true));
    EXPECT_EQ(failureOf([&] { get(client); }).kind(), Kind::Certificate);
    EXPECT_TRUE(server.requests().empty());
}

TEST_F(ASecureClient, RefusesACertificateOfAnotherName) {
    const Certificate certificate = makeCertificate("DNS:other.example");
    ScriptedServer server(io_, inTurn({answer(200)}), certificate);
    auto settings = settingsFor(server, true);
    settings.caFile = writeFile(certificate.certificate);
    for (const char* host : {"127.0.0.1", "localhost"}) {
        settings.site.host = host;
        Client client(io_.get_executor(), settings);
        EXPECT_EQ(failureOf([&] { get(client); }).kind(), Kind::Certificate) << host;
    }
    EXPECT_TRUE(server.requests().empty());
}

TEST_F(ASecureClient, SaysWhoHasToRenewAnExpiredCertificate) {
    const Certificate certificate =
        makeCertificate("DNS:localhost,IP:127.0.0.1", {std::chrono::hours(-48), std::chrono::hours(-1)});
    ScriptedServer server(io_, inTurn({answer(200)}), certificate);
    auto settings = settingsFor(server, true);
    settings.caFile = writeFile(certificate.certificate);
    Client client(io_.get_executor(), settings);
    const auto error = failureOf([&] { post(client); });
    EXPECT_EQ(error.kind(), Kind::CertificateDates);
    EXPECT_TRUE(server.requests().empty()) << "the secret does not go to it";
    const auto failure = backOffFailure(error, true);
    EXPECT_NE(failure.sentence.find("certificate has expired"), std::string::npos) << failure.sentence;
    EXPECT_NE(failure.sentence.find("whoever runs the site must put a valid one there"), std::string::npos);
}

/// A server that says something else than TLS to whoever comes, or nothing, and goes.
class OddServer {
public:
    OddServer(asio::io_context& io, std::string says)
        : says_(std::move(says)), acceptor_(io, {asio::ip::address_v4::loopback(), 0}), socket_(io) {
        acceptor_.async_accept(socket_, [this](boost::system::error_code error) {
            if (error) return;
            socket_.async_read_some(asio::buffer(heard_), [this](boost::system::error_code, std::size_t) {
                boost::system::error_code ignored;
                asio::write(socket_, asio::buffer(says_), ignored);
                socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
            });
        });
    }
    [[nodiscard]] ClientSettings settings() const {
        ClientSettings settings;
        settings.site.tls = true;
        settings.site.host = "127.0.0.1";
        settings.site.port = std::to_string(acceptor_.local_endpoint().port());
        settings.apiSecretHeader = kSecret;
        return settings;
    }

private:
    std::string says_;
    asio::ip::tcp::acceptor acceptor_;
    asio::ip::tcp::socket socket_;
    std::array<char, 4096> heard_{};
};

TEST_F(ASecureClient, SaysThatAServerSpeaksNoTls) {
    OddServer server(io_, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    Client client(io_.get_executor(), server.settings());
    const auto error = failureOf([&] { post(client); });
    EXPECT_EQ(error.kind(), Kind::Protocol);
    EXPECT_NE(std::string(error.what()).find("speaks no https there"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("nightscout.url"), std::string::npos) << "what to do";
    EXPECT_TRUE(backOffFailure(error, true).passes) << "a proxy that is being restarted";
}

TEST_F(ASecureClient, SaysThatAServerEndsTheHandshake) {
    OddServer server(io_, "");
    Client client(io_.get_executor(), server.settings());
    const auto error = failureOf([&] { post(client); });
    EXPECT_EQ(error.kind(), Kind::Unreachable);
    EXPECT_NE(std::string(error.what()).find("ends the connection"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("nightscout.url"), std::string::npos) << "what to do";
}

TEST_F(ASecureClient, SaysThatAServerSpeaksOnlyOldTls) {
    for (const int old : {TLS1_VERSION, TLS1_1_VERSION}) {
        Certificate certificate = makeCertificate();
        certificate.newestVersion = old;
        ScriptedServer server(io_, inTurn({answer(200)}), certificate);
        auto settings = settingsFor(server, true);
        settings.caFile = writeFile(certificate.certificate);
        Client client(io_.get_executor(), settings);
        const auto error = failureOf([&] { post(client); });
        EXPECT_EQ(error.kind(), Kind::Protocol);
        EXPECT_NE(std::string(error.what()).find("older than TLS 1.2"), std::string::npos) << error.what();
        EXPECT_NE(std::string(error.what()).find("whoever runs the site must"), std::string::npos);
        EXPECT_TRUE(server.requests().empty());
    }
}

TEST_F(ASecureClient, SaysWhenTheCertificateFileCannotBeRead) {
    ClientSettings settings;
    settings.site.host = "localhost";
    settings.caFile = "/nonexistent/ca.pem";
    const auto error = failureOf([&] { Client(io_.get_executor(), settings); });
    EXPECT_EQ(error.kind(), Kind::Certificate);
    EXPECT_NE(std::string(error.what()).find("/nonexistent/ca.pem"), std::string::npos);
}

} // namespace
} // namespace nightscout
