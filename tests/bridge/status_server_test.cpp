// SPDX-License-Identifier: MIT
#include "bridge/status/status_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <nlohmann/json.hpp>

#include "../ble/loop.hpp"
#include "bridge/status/status_requests.hpp"

namespace bridge {
namespace {

using namespace std::chrono_literals;
using asio::ip::tcp;
using boost::system::error_code;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class StatusServerTest : public ::testing::Test {
protected:
    /// Once a test; visit() does it where the limits need not be others.
    void start() {
        server = std::make_unique<StatusServer>(
            io.get_executor(), ListenAddress{"127.0.0.1", 0},
            [this] {
                ++gathered;
                ServiceState state;
                state.version = "0.1.0";
                state.link.stage = LinkStage::Following;
                return state;
            },
            log, limits);
        asio::co_spawn(
            io, server->run(),
            asio::bind_cancellation_slot(stop.slot(), [this](const std::exception_ptr&) { ended = true; }));
    }

    struct Visit {
        explicit Visit(asio::io_context& io) : socket(io) {}
        tcp::socket socket;
        std::string answer;
        bool done = false;
    };
    /// Sends `text` and reads until the server closes.
    std::shared_ptr<Visit> visit(std::string text) {
        if (!server) start();
        auto visitor = std::make_shared<Visit>(io);
        visitor->socket.connect({asio::ip::address_v4::loopback(), server->port()});
        asio::write(visitor->socket, asio::buffer(text));
        asio::async_read(visitor->socket, asio::dynamic_buffer(visitor->answer),
                         [visitor](const error_code&, std::size_t) { visitor->done = true; });
        return visitor;
    }
    std::string ask(const std::string& text) {
        const auto visitor = visit(text);
        EXPECT_TRUE(runUntil([&] { return visitor->done; }));
        return visitor->answer;
    }
    static std::string request(const std::string& method, const std::string& target,
                               const std::string& host = "127.0.0.1:8780") {
        return method + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
    }
    template <typename Condition>
    ::testing::AssertionResult runUntil(Condition condition) {
        return ble::test::runUntil(io, condition);
    }

    asio::io_context io{1};
    spdlog::logger log{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
    StatusServerLimits limits;
    asio::cancellation_signal stop;
    std::unique_ptr<StatusServer> server;
    int gathered = 0;
    bool ended = false;
};

std::string bodyOf(const std::string& answer) {
    const auto end = answer.find("\r\n\r\n");
    return end == std::string::npos ? std::string{} : answer.substr(end + 4);
}

TEST_F(StatusServerTest, ServesPageJsonAndText) {
    const auto page = ask(request("GET", "/"));
    EXPECT_THAT(page, StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(page, HasSubstr("text/html"));
    EXPECT_THAT(page, HasSubstr("Content-Security-Policy: default-src 'none'"));
    EXPECT_THAT(page, HasSubstr("Cache-Control: no-store"));
    EXPECT_THAT(bodyOf(page), StartsWith("<!DOCTYPE html>"));
    const auto json = nlohmann::json::parse(bodyOf(ask(request("GET", "/status.json?x=1"))));
    EXPECT_EQ(json["link"]["stage"], "following");
    EXPECT_THAT(bodyOf(ask(request("GET", "/status.txt"))), HasSubstr("following the pump"));
}

TEST_F(StatusServerTest, AnswersHeadWithoutABody) {
    const auto answer = ask(request("HEAD", "/status.json"));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(answer, HasSubstr("Content-Length: "));
    EXPECT_THAT(answer, Not(HasSubstr("Content-Length: 0\r\n")));
    EXPECT_EQ(bodyOf(answer), "");
}

TEST_F(StatusServerTest, RefusesOtherPathsMethodsAndNames) {
    EXPECT_THAT(ask(request("GET", "/etc/passwd")), StartsWith("HTTP/1.1 404"));
    EXPECT_THAT(ask(request("POST", "/")), StartsWith("HTTP/1.1 405"));
    EXPECT_THAT(ask(request("DELETE", "/status.json")), HasSubstr("Allow: GET, HEAD"));
    EXPECT_THAT(ask(request("GET", "/", "rebound.example.org")), StartsWith("HTTP/1.1 421"));
    EXPECT_EQ(gathered, 0);
}

TEST_F(StatusServerTest, ClosesOnWhatIsNoRequestOrTooLong) {
    EXPECT_EQ(ask("\x16\x03\x01\r\n\r\n"), "");
    EXPECT_EQ(ask("GET / HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(20000, 'x') + "\r\n\r\n"), "");
    EXPECT_EQ(
        ask("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n" + std::string(5000, 'x')),
        "");
    EXPECT_THAT(ask(request("GET", "/")), StartsWith("HTTP/1.1 200")) << "and goes on serving";
}

TEST_F(StatusServerTest, ClosesOnWhoeverIsTooSlow) {
    limits.request = 50ms;
    EXPECT_EQ(ask("GET / HTTP/1.1\r\n"), "");
}

TEST_F(StatusServerTest, ServesAFewAtOnceAndNoMore) {
    limits.connections = 2;
    const auto first = visit("GET / HTTP/1.1\r\n");
    const auto second = visit("GET / HTTP/1.1\r\n");
    EXPECT_EQ(ask(request("GET", "/")), "");
    for (const auto& visitor : {first, second}) {
        asio::write(visitor->socket, asio::buffer(std::string("Host: localhost\r\n\r\n")));
        EXPECT_TRUE(runUntil([&] { return visitor->done; }));
        EXPECT_THAT(visitor->answer, StartsWith("HTTP/1.1 200"));
    }
}

TEST_F(StatusServerTest, EndsAtOnceWithOpenConnections) {
    const auto visitor = visit("GET / HTTP/1.1\r\n");
    EXPECT_THAT(ask(request("GET", "/")), StartsWith("HTTP/1.1 200"));
    stop.emit(asio::cancellation_type::terminal);
    EXPECT_TRUE(runUntil([&] { return ended && visitor->done; }));
}

TEST_F(StatusServerTest, SaysWhenTheAddressIsTaken) {
    start();
    EXPECT_THROW(StatusServer(
                     io.get_executor(), ListenAddress{"127.0.0.1", server->port()},
                     [] { return ServiceState{}; }, log),
                 boost::system::system_error);
}

TEST(ListenAddress, IsAnAddressAndAPort) {
    EXPECT_EQ(parseListenAddress("127.0.0.1:8780")->localUrl(), "http://127.0.0.1:8780");
    EXPECT_EQ(parseListenAddress("localhost:8780")->host, "127.0.0.1");
    EXPECT_EQ(parseListenAddress("[::1]:80")->localUrl(), "http://[::1]:80");
    EXPECT_EQ(parseListenAddress("0.0.0.0:8780")->localUrl(), "http://127.0.0.1:8780");
    EXPECT_TRUE(parseListenAddress("[::1]:80")->isLoopback());
    EXPECT_FALSE(parseListenAddress("192.168.1.7:80")->isLoopback());
    for (const char* wrong :
         {"", "8780", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000", "pi:80"})
        EXPECT_FALSE(parseListenAddress(wrong)) << wrong;
}

TEST(LocalHostName, IsAnAddressOrANameOfTheLocalNetwork) {
    for (const char* local :
         {"127.0.0.1:8780", "192.168.1.7", "[::1]:8780", "localhost:8780", "pi", "pi.local"})
        EXPECT_TRUE(isLocalHostName(local)) << local;
    for (const char* foreign : {"", "example.org", "evil.example.org:8780", "127.0.0.1.example.org"})
        EXPECT_FALSE(isLocalHostName(foreign)) << foreign;
}

} // namespace
} // namespace bridge
