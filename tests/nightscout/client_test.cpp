// SPDX-License-Identifier: MIT
#include "nightscout/upload/client.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>

#include "client_fixture.hpp"
#include "gzipped.hpp"

namespace nightscout {
namespace {

using testing::answer;
using testing::fault;
using testing::inTurn;
using testing::kSecret;
using testing::ScriptedAnswer;
using testing::ScriptedServer;
using Fault = ScriptedAnswer::Fault;
using Kind = TransportError::Kind;

class AClient : public testing::ClientTest {};

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

TEST_F(AClient, GivesUpOnAnAnswerThatTrickles) {
    ScriptedAnswer slow = answer(200, std::string(1000, ' '));
    slow.fault = Fault::Trickle;
    ScriptedServer server(io_, inTurn({slow}));
    auto settings = settingsFor(server);
    settings.requestTimeout = std::chrono::milliseconds(50);
    Client client(io_.get_executor(), settings);
    EXPECT_EQ(failureOf([&] { get(client); }).kind(), Kind::Timeout);
}

TEST_F(AClient, ReportsAConnectionThatIsReset) {
    ScriptedServer server(io_, inTurn({fault(Fault::Reset), answer(200, "[9]")}));
    Client client(io_.get_executor(), settingsFor(server));
    EXPECT_EQ(failureOf([&] { post(client); }).kind(), Kind::Unreachable);
    EXPECT_EQ(server.requests().size(), 1U);
    EXPECT_EQ(post(client).body, "[9]");
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
    asio::co_spawn(
        io_, client.request("GET", "/api/v1/x.json", ""),
        asio::bind_cancellation_slot(stop.slot(), [&](const std::exception_ptr& error, const Response&) {
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
