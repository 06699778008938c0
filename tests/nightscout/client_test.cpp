// SPDX-License-Identifier: MIT
#include "nightscout/upload/client.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <filesystem>
#include <fstream>

#include "gzipped.hpp"
#include "run_task.hpp"
#include "scripted_server.hpp"

namespace nightscout {
namespace {

using testing::Certificate;
using testing::inTurn;
using testing::makeCertificate;
using testing::runTask;
using testing::ScriptedAnswer;
using testing::ScriptedServer;
using testing::SeenRequest;
using Fault = ScriptedAnswer::Fault;
using Kind = TransportError::Kind;

constexpr auto kSecret = "baf80b4b02ea7549fd4cfe565ea759b965e983ef";

ScriptedAnswer answer(unsigned status, std::string body = "[]") {
    ScriptedAnswer given;
    given.status = status;
    given.body = std::move(body);
    return given;
}

ScriptedAnswer fault(Fault kind) {
    ScriptedAnswer given;
    given.fault = kind;
    return given;
}

ScriptedAnswer redirect(unsigned status, std::string location) {
    ScriptedAnswer given = answer(status, "");
    given.headers["Location"] = std::move(location);
    return given;
}

class AClient : public ::testing::Test {
protected:
    ClientSettings settingsFor(const ScriptedServer& server, bool tls = false) const {
        ClientSettings settings;
        settings.site =
            SiteUrl{tls, "127.0.0.1", std::to_string(server.port()), "", std::nullopt, std::nullopt};
        settings.apiSecretHeader = kSecret;
        return settings;
    }
    Response get(Client& client, const std::string& path = "/api/v1/x.json") {
        return runTask(io_, client.request("GET", path, ""));
    }
    Response post(Client& client) { return runTask(io_, client.request("POST", "/api/v1/x.json", "[{}]")); }

    template <typename Ask>
    TransportError failureOf(Ask ask) {
        try {
            ask();
        } catch (const TransportError& error) {
            EXPECT_EQ(std::string(error.what()).find(kSecret), std::string::npos);
            return error;
        }
        ADD_FAILURE() << "there was an answer";
        return {Kind::Protocol, ""};
    }

    std::string writeFile(const std::string& text) {
        const auto file = std::filesystem::temp_directory_path() /
                          ("pump-bridge-ca-" + std::to_string(::getpid()) + ".pem");
        std::ofstream(file) << text;
        files_.push_back(file);
        return file.string();
    }
    void TearDown() override {
        for (const auto& file : files_) std::filesystem::remove(file);
    }

    asio::io_context io_{1};

private:
    std::vector<std::filesystem::path> files_;
};

TEST_F(AClient, SendsJsonWithTheSecretInTheHeaderOnly) {
    ScriptedServer server(io_, inTurn({answer(200, "[1]")}));
    auto settings = settingsFor(server);
    settings.site.basePath = "/sub/path";
    Client client(io_.get_executor(), settings);
    const auto response = post(client);
    EXPECT_EQ(response.status, 200U);
    EXPECT_EQ(response.body, "[1]");
    EXPECT_EQ(response.contentType, "application/json");
    ASSERT_EQ(server.requests().size(), 1U);
    const auto& seen = server.requests().front();
    EXPECT_EQ(seen.method, "POST");
    EXPECT_EQ(seen.target, "/sub/path/api/v1/x.json");
    EXPECT_EQ(seen.body, "[{}]");
    EXPECT_EQ(seen.headers.at("api-secret"), kSecret);
    EXPECT_EQ(seen.headers.at("content-type"), "application/json; charset=utf-8");
    EXPECT_EQ(seen.headers.at("accept"), "application/json");
    EXPECT_EQ(seen.headers.at("user-agent"), "pump-bridge");
    EXPECT_EQ(seen.headers.at("host"), "127.0.0.1:" + std::to_string(server.port()));
    EXPECT_EQ(seen.headers.at("accept-encoding"), "gzip");
    EXPECT_EQ(seen.headers.at("content-length"), "4");
}

TEST_F(AClient, KeepsItsConnection) {
    ScriptedServer server(io_, inTurn({answer(200)}));
    Client client(io_.get_executor(), settingsFor(server));
    for (int i = 0; i < 5; ++i) EXPECT_EQ(post(client).status, 200U);
    EXPECT_EQ(server.connections(), 1);
}

TEST_F(AClient, ConnectsAnewWhenTheKeptConnectionWasClosed) {
    ScriptedServer server(io_, inTurn({fault(Fault::CloseAfterwards)}));
    Client client(io_.get_executor(), settingsFor(server));
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(post(client).status, 200U);
        io_.poll();
    }
    EXPECT_EQ(server.connections(), 3);
    EXPECT_EQ(server.requests().size(), 3U);
}

TEST_F(AClient, RepeatsAGetWhenTheKeptConnectionDiesUnderIt) {
    ScriptedServer server(io_, inTurn({answer(200), fault(Fault::CutBeforeAnswer), answer(200, "[2]")}));
    Client client(io_.get_executor(), settingsFor(server));
    get(client);
    EXPECT_EQ(get(client).body, "[2]");
    EXPECT_EQ(server.requests().size(), 3U);
}

TEST_F(AClient, DoesNotRepeatAPostWhoseOutcomeIsUnknown) {
    ScriptedServer server(io_, inTurn({answer(200), fault(Fault::CutBeforeAnswer), answer(200)}));
    Client client(io_.get_executor(), settingsFor(server));
    post(client);
    EXPECT_EQ(failureOf([&] { post(client); }).kind(), Kind::Unreachable);
    EXPECT_EQ(server.requests().size(), 2U);
    EXPECT_EQ(post(client).status, 200U);
}

TEST_F(AClient, DoesNotRepeatWhatFailedOnAFreshConnection) {
    ScriptedServer server(io_, inTurn({fault(Fault::CutBeforeAnswer)}));
    Client client(io_.get_executor(), settingsFor(server));
    EXPECT_EQ(failureOf([&] { get(client); }).kind(), Kind::Unreachable);
    EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(AClient, ReportsAnAnswerThatEndsEarly) {
    ScriptedAnswer cut = answer(200, "[1,2,3,4]");
    cut.fault = Fault::CutInsideBody;
    ScriptedServer server(io_, inTurn({cut}));
    Client client(io_.get_executor(), settingsFor(server));
    EXPECT_EQ(failureOf([&] { get(client); }).kind(), Kind::Unreachable);
}

TEST_F(AClient, ReadsABodyThatEndsWithTheConnection) {
    ScriptedAnswer open = answer(200, "[1,2]");
    open.fault = Fault::NoLength;
    ScriptedServer server(io_, inTurn({open}));
    Client client(io_.get_executor(), settingsFor(server));
    EXPECT_EQ(get(client).body, "[1,2]");
    EXPECT_EQ(get(client).body, "[1,2]");
}

TEST_F(AClient, PassesOverInterimAnswers) {
    ScriptedAnswer late = answer(200, "[7]");
    late.interimAnswers = 2;
    ScriptedServer server(io_, inTurn({late}));
    Client client(io_.get_executor(), settingsFor(server));
    EXPECT_EQ(get(client).body, "[7]");
}

TEST_F(AClient, GivesUpOnEndlessInterimAnswers) {
    ScriptedAnswer never = answer(200);
    never.interimAnswers = 50;
    ScriptedServer server(io_, inTurn({never}));
    Client client(io_.get_executor(), settingsFor(server));
    EXPECT_EQ(failureOf([&] { get(client); }).kind(), Kind::Protocol);
}

TEST_F(AClient, GivesUpOnASilentServer) {
    ScriptedServer server(io_, inTurn({fault(Fault::NoAnswer)}));
    auto settings = settingsFor(server);
    settings.requestTimeout = std::chrono::milliseconds(50);
    Client client(io_.get_executor(), settings);
    EXPECT_EQ(failureOf([&] { post(client); }).kind(), Kind::Timeout);
}

TEST_F(AClient, RefusesAnAnswerBeyondItsLimit) {
    ScriptedServer server(io_, inTurn({answer(200, std::string(5000, ' '))}));
    auto settings = settingsFor(server);
    settings.bodyLimit = 1000;
    Client client(io_.get_executor(), settings);
    EXPECT_EQ(failureOf([&] { get(client); }).kind(), Kind::Protocol);
}

TEST_F(AClient, UnpacksAnAnswer) {
    ScriptedAnswer packed = answer(200, testing::gzipped("[1,2,3]"));
    packed.headers["Content-Encoding"] = "gzip";
    ScriptedServer server(io_, inTurn({packed}));
    Client client(io_.get_executor(), settingsFor(server));
    EXPECT_EQ(get(client).body, "[1,2,3]");
}

TEST_F(AClient, RefusesWhatUnpacksBeyondItsLimitOrNotAtAll) {
    const auto sent = [](std::string body, const char* encoding) {
        ScriptedAnswer packed = answer(200, std::move(body));
        packed.headers["Content-Encoding"] = encoding;
        return packed;
    };
    ScriptedServer server(io_, inTurn({sent(testing::gzipped(std::string(5000, ' ')), "gzip"),
                                       sent("no gzip at all", "gzip"), sent("[]", "br")}));
    auto settings = settingsFor(server);
    settings.bodyLimit = 4999;
    Client client(io_.get_executor(), settings);
    for (const char* words : {"too long", "damaged", "compressed in another way"}) {
        const auto error = failureOf([&] { get(client); });
        EXPECT_EQ(error.kind(), Kind::Protocol);
        EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
    }
}

TEST_F(AClient, TriesEachAddressOfTheHost) {
    ScriptedServer server(io_, inTurn({answer(200, "[6]")}));
    auto settings = settingsFor(server);
    settings.site.host = "site.example";
    std::vector<std::string> found;
    settings.addresses = [&found](const std::string&) -> asio::awaitable<std::vector<std::string>> {
        co_return found;
    };
    for (auto& addresses : std::vector<std::vector<std::string>>{
             {"::1", "127.0.0.1"}, {"127.0.0.2", "::1", "127.0.0.1"}, {"127.0.0.1", "::1"}}) {
        found = addresses;
        Client client(io_.get_executor(), settings);
        EXPECT_EQ(get(client).body, "[6]") << addresses.front();
    }
    found = {"::1", "127.0.0.2"};
    Client client(io_.get_executor(), settings);
    EXPECT_EQ(failureOf([&] { get(client); }).kind(), Kind::Unreachable);
}

TEST_F(AClient, ReportsARefusedConnection) {
    ClientSettings settings;
    {
        ScriptedServer gone(io_, inTurn({answer(200)}));
        settings = settingsFor(gone);
    }
    io_.poll();
    Client client(io_.get_executor(), settings);
    EXPECT_EQ(failureOf([&] { get(client); }).kind(), Kind::Unreachable);
}

TEST_F(AClient, ReportsAnUnknownHost) {
    ClientSettings settings;
    settings.site = SiteUrl{false, "nowhere.invalid", "80", "", std::nullopt, std::nullopt};
    settings.connectTimeout = std::chrono::milliseconds(500);
    Client client(io_.get_executor(), settings);
    const auto error = failureOf([&] { get(client); });
    EXPECT_TRUE(error.kind() == Kind::Unreachable || error.kind() == Kind::Timeout);
    EXPECT_NE(std::string(error.what()).find("nowhere.invalid"), std::string::npos);
}

TEST_F(AClient, ReadsRetryAfterInSecondsAndAsADate) {
    ScriptedAnswer seconds = answer(429);
    seconds.headers["Retry-After"] = "17";
    ScriptedAnswer date = answer(503);
    date.headers["Date"] = "Sun, 06 Nov 1994 08:49:37 GMT";
    date.headers["Retry-After"] = "Sun, 06 Nov 1994 08:51:37 GMT";
    ScriptedAnswer past = date;
    past.headers["Retry-After"] = "Sun, 06 Nov 1994 08:00:00 GMT";
    ScriptedAnswer nonsense = answer(503);
    nonsense.headers["Retry-After"] = "soon";
    ScriptedAnswer huge = answer(503);
    huge.headers["Retry-After"] = "99999999999999999999999999";
    ScriptedServer server(io_, inTurn({seconds, date, past, nonsense, huge}));
    Client client(io_.get_executor(), settingsFor(server));
    EXPECT_EQ(get(client).retryAfter, std::chrono::seconds(17));
    const auto dated = get(client);
    EXPECT_EQ(dated.retryAfter, std::chrono::seconds(120));
    EXPECT_EQ(dated.date, "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(get(client).retryAfter, std::chrono::seconds(0));
    EXPECT_EQ(get(client).retryAfter, std::nullopt);
    EXPECT_EQ(get(client).retryAfter, std::chrono::hours(1));
}

TEST_F(AClient, FollowsARedirectOnTheSameHost) {
    ScriptedServer server(io_, inTurn({redirect(307, "/moved/api/v1/x.json"), answer(200, "[3]")}));
    Client client(io_.get_executor(), settingsFor(server));
    EXPECT_EQ(post(client).body, "[3]");
    ASSERT_EQ(server.requests().size(), 2U);
    EXPECT_EQ(server.requests()[1].method, "POST");
    EXPECT_EQ(server.requests()[1].target, "/moved/api/v1/x.json");
    EXPECT_EQ(server.requests()[1].body, "[{}]");
    EXPECT_EQ(server.requests()[1].headers.at("api-secret"), kSecret);
}

TEST_F(AClient, FollowsFromHttpToHttpsAndStaysThere) {
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

TEST_F(AClient, ForgetsARedirectWhoseTargetIsDead) {
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

TEST_F(AClient, ExplainsARedirectToHttpsOnTheSamePort) {
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

TEST_F(AClient, NeverCarriesTheSecretToAnotherHost) {
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

TEST_F(AClient, DoesNotFollowARedirectThatWouldLoseTheBody) {
    for (const unsigned status : {301U, 302U, 303U}) {
        ScriptedServer server(io_, inTurn({redirect(status, "/api/v1/x.json"), answer(200)}));
        Client client(io_.get_executor(), settingsFor(server));
        EXPECT_EQ(failureOf([&] { post(client); }).kind(), Kind::Redirected);
        EXPECT_EQ(server.requests().size(), 1U);
    }
}

TEST_F(AClient, EndsARedirectLoop) {
    ScriptedServer server(io_, inTurn({redirect(307, "/api/v1/x.json")}));
    Client client(io_.get_executor(), settingsFor(server));
    const auto error = failureOf([&] { get(client); });
    EXPECT_EQ(error.kind(), Kind::Redirected);
    EXPECT_NE(std::string(error.what()).find("X-Forwarded-Proto"), std::string::npos);
    EXPECT_EQ(server.requests().size(), 4U);
}

TEST_F(AClient, TrustsACertificateOfTheGivenFile) {
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

TEST_F(AClient, ConnectsAnewWhenTheKeptSecureConnectionWasClosed) {
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

TEST_F(AClient, RefusesAnUnknownCertificate) {
    ScriptedServer server(io_, inTurn({answer(200)}), makeCertificate());
    Client client(io_.get_executor(), settingsFor(server, true));
    EXPECT_EQ(failureOf([&] { get(client); }).kind(), Kind::Certificate);
    EXPECT_TRUE(server.requests().empty());
}

TEST_F(AClient, RefusesACertificateOfAnotherName) {
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

TEST_F(AClient, SaysWhenTheCertificateFileCannotBeRead) {
    ClientSettings settings;
    settings.site.host = "localhost";
    settings.caFile = "/nonexistent/ca.pem";
    const auto error = failureOf([&] { Client(io_.get_executor(), settings); });
    EXPECT_EQ(error.kind(), Kind::Certificate);
    EXPECT_NE(std::string(error.what()).find("/nonexistent/ca.pem"), std::string::npos);
}

TEST_F(AClient, RefusesASecretThatWouldBreakTheHeader) {
    ClientSettings settings;
    settings.apiSecretHeader = "x\r\nHost: evil";
    EXPECT_THROW(Client(io_.get_executor(), settings), std::invalid_argument);
}

TEST_F(AClient, EndsAtOnceWhenCancelled) {
    ScriptedServer server(io_, inTurn({fault(Fault::NoAnswer)}));
    Client client(io_.get_executor(), settingsFor(server));
    asio::cancellation_signal stop;
    std::exception_ptr end;
    bool done = false;
    asio::co_spawn(io_, client.request("GET", "/api/v1/x.json", ""),
                   asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr error, Response) {
                       end = error;
                       done = true;
                   }));
    while (server.requests().empty()) io_.run_one();
    stop.emit(asio::cancellation_type::terminal);
    testing::runUntil(io_, done, std::chrono::seconds(2));
    EXPECT_THROW(std::rethrow_exception(end), boost::system::system_error);
}

} // namespace
} // namespace nightscout
