// SPDX-License-Identifier: MIT
// What an answer tells of the time, and what of our own clock a certificate tells
// (docs/nightscout/mapping.md 5.3).
#include <gtest/gtest.h>

#include <chrono>

#include "client_fixture.hpp"
#include "nightscout/upload/peer_address.hpp"

namespace nightscout {
namespace {

using namespace std::chrono_literals;
using testing::answer;
using testing::Certificate;
using testing::inTurn;
using testing::makeCertificate;
using testing::ScriptedAnswer;
using testing::ScriptedServer;
using testing::SeenRequest;
using Kind = TransportError::Kind;

TEST(APeer, IsPublicWhenItIsInAnotherNetwork) {
    const auto isPublic = [](const char* peer, const char* own = "192.0.2.7") {
        return isPublicPeer(asio::ip::make_address(peer), asio::ip::make_address(own));
    };
    for (const char* peer :
         {"9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
          "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0",
          "223.255.255.255", "1.0.0.0", "2606:4700::6810:84e5", "fbff::1", "::ffff:9.9.9.9"})
        EXPECT_TRUE(isPublic(peer)) << peer;
    for (const char* peer : {"10.0.0.0",
                             "10.255.255.255",
                             "100.64.0.0",
                             "100.127.255.255",
                             "127.0.0.1",
                             "127.255.255.255",
                             "169.254.0.0",
                             "169.254.255.255",
                             "172.16.0.0",
                             "172.31.255.255",
                             "192.168.0.0",
                             "192.168.255.255",
                             "0.0.0.0",
                             "0.255.255.255",
                             "224.0.0.1",
                             "255.255.255.255",
                             "::1",
                             "::",
                             "fe80::1",
                             "fc00::1",
                             "fdff::1",
                             "ff02::1",
                             "::ffff:192.168.1.1",
                             "::ffff:127.0.0.1"})
        EXPECT_FALSE(isPublic(peer)) << peer;
    EXPECT_FALSE(isPublic("9.9.9.9", "9.9.9.9")) << "this computer";
    EXPECT_FALSE(isPublic("9.9.9.9", "::ffff:9.9.9.9"));
}

class AClientsAnswer : public testing::ClientTest {
protected:
    /// A server that takes its time.
    ScriptedServer::Script slow(const ScriptedAnswer& given) {
        return [this, given](const SeenRequest&) -> asio::awaitable<ScriptedAnswer> {
            now += 300ms;
            co_return given;
        };
    }
    Client clientOf(const ScriptedServer& server) {
        auto settings = settingsFor(server);
        settings.now = [this] { return now; };
        settings.onAnswer = [this](const Response& response) { heard.push_back(response); };
        return {io_.get_executor(), settings};
    }
    std::chrono::steady_clock::time_point now{};
    std::vector<Response> heard;
};

TEST_F(AClientsAnswer, TellsHowLongItTook) {
    ScriptedServer server(io_, slow(answer(200)));
    Client client = clientOf(server);
    for (int i = 0; i < 2; ++i) EXPECT_EQ(get(client).took, 300ms) << i;
    EXPECT_EQ(server.connections(), 1);
}

TEST_F(AClientsAnswer, TellsWhetherItWasStored) {
    ScriptedAnswer cached = answer(200);
    cached.headers["Date"] = "Sun, 06 Nov 1994 08:49:37 GMT";
    ScriptedAnswer fresh = cached;
    cached.headers["Age"] = "0";
    ScriptedServer server(io_, inTurn({fresh, cached}));
    Client client = clientOf(server);
    EXPECT_FALSE(get(client).stored);
    EXPECT_TRUE(get(client).stored);
    ASSERT_EQ(heard.size(), 2U);
    EXPECT_EQ(heard[0].date, "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_TRUE(heard[1].stored);
}

TEST_F(AClientsAnswer, OfThisComputerIsNoWitness) {
    ScriptedServer server(io_, inTurn({answer(200)}));
    Client client = clientOf(server);
    EXPECT_FALSE(get(client).publicPeer);
}

class ACertificatesDates : public testing::ClientTest {
protected:
    Kind kindOf(const Certificate& certificate, bool trusted = true) {
        ScriptedServer server(io_, inTurn({answer(200)}), certificate);
        auto settings = settingsFor(server, true);
        if (trusted) settings.caFile = writeFile(certificate.certificate);
        Client client(io_.get_executor(), settings);
        return failureOf([&] { get(client); }).kind();
    }
    static constexpr const char* kName = "DNS:localhost,IP:127.0.0.1";
};

TEST_F(ACertificatesDates, AreAFailureOfTheirOwn) {
    EXPECT_EQ(kindOf(makeCertificate(kName, {-48h, -1h})), Kind::CertificateDates);
    EXPECT_EQ(kindOf(makeCertificate(kName, {1h, 48h})), Kind::CertificateDates);
}

TEST_F(ACertificatesDates, AreNotWhatIsWrongWithAStranger) {
    EXPECT_EQ(kindOf(makeCertificate(kName, {-48h, -1h}), false), Kind::Certificate);
    EXPECT_EQ(kindOf(makeCertificate("DNS:other.example", {-48h, -1h})), Kind::Certificate);
}

} // namespace
} // namespace nightscout
