// SPDX-License-Identifier: MIT
// The control socket from both ends: what it carries out, and each refusal of docs/architecture.md 6.1.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <sstream>
#include <thread>

#include "bridge/commands/served.hpp"
#include "bridge/control/control_client.hpp"
#include "bridge/control/control_requests.hpp"
#include "measured_clock.hpp"
#include "store_samples.hpp"
#include "temporary_directory.hpp"

namespace bridge::test {
namespace {

using namespace std::chrono_literals;
using asio::local::stream_protocol;
using nlohmann::json;
using ::testing::HasSubstr;

TEST(MayControl, IsForRootTheServiceItselfAndItsGroup) {
    EXPECT_TRUE(mayControl({0, 0, {}}, 990, std::nullopt));
    EXPECT_TRUE(mayControl({990, 990, {}}, 990, std::nullopt));
    EXPECT_FALSE(mayControl({1000, 1000, {4, 24}}, 990, std::nullopt));
    EXPECT_FALSE(mayControl({1000, 1000, {4, 24}}, 990, 500));
    EXPECT_TRUE(mayControl({1000, 1000, {4, 500}}, 990, 500));
    EXPECT_TRUE(mayControl({1000, 500, {}}, 990, 500));
}

TEST(ControlRequests, AreObjectsWithACommand) {
    const auto good = parseControlRequest(R"({"command":"status","options":{"json":true}})");
    EXPECT_EQ(std::get<ControlRequest>(good).options, json({{"json", true}}));
    for (const char* wrong :
         {"", "status", "[]", "{}", R"({"command":1})", R"({"command":"a","options":[]})"})
        EXPECT_EQ(std::get<ControlRefusal>(parseControlRequest(wrong)), ControlRefusal::Malformed) << wrong;
    EXPECT_EQ(std::get<ControlRefusal>(parseControlRequest(std::string(kControlRequestBytes, ' '))),
              ControlRefusal::TooLong);
    EXPECT_EQ(std::get<ControlRefusal>(parseControlRequest(std::string(2000, '['))),
              ControlRefusal::Malformed);
}

TEST(ControlRequests, KeepTheirOptions) {
    HistoryOptions history;
    history.pump = "NG1234567H";
    history.last = 2000;
    history.type = 7;
    history.from = parsePumpTime("2026-03-14T09:30:15", false);
    history.form = HistoryOptions::Form::Csv;
    const auto read = readHistoryOptions(toRequest(history).options);
    EXPECT_EQ(toRequest(read).options, toRequest(history).options);
    EXPECT_EQ(read.from, history.from);

    BackfillOptions backfill;
    backfill.days = 30;
    backfill.force = true;
    backfill.end = history.from;
    backfill.features = nightscout::FeatureSet{nightscout::Feature::Bolus, nightscout::Feature::Cgm};
    const auto again = readBackfillOptions(toRequest(backfill).options);
    EXPECT_EQ(toRequest(again).options, toRequest(backfill).options);
    EXPECT_EQ(again.features, backfill.features);
}

TEST(ControlRequests, RefuseOptionsThatACommandDoesNotHave) {
    const auto refusedBy = [](const auto& read, const char* options) {
        try {
            read(json::parse(options));
        } catch (const ControlError& error) {
            return error.refusal() == ControlRefusal::WrongOption;
        }
        return false;
    };
    EXPECT_TRUE(refusedBy(readStatusOptions, R"({"jsn":true})"));
    EXPECT_TRUE(refusedBy(readStatusOptions, R"({"json":1})"));
    EXPECT_TRUE(refusedBy(readHistoryOptions, R"({})")) << "all records at once";
    EXPECT_TRUE(refusedBy(readHistoryOptions, R"({"last":2001})"));
    EXPECT_TRUE(refusedBy(readHistoryOptions, R"({"last":0})"));
    EXPECT_TRUE(refusedBy(readHistoryOptions, R"({"last":5,"form":"xml"})"));
    EXPECT_TRUE(refusedBy(readHistoryOptions, R"({"last":5,"from":"yesterday"})"));
    EXPECT_FALSE(refusedBy(readHistoryOptions, R"({"report":"gaps"})"));
    EXPECT_TRUE(refusedBy(readBackfillOptions, R"({"days":0})"));
    EXPECT_TRUE(refusedBy(readBackfillOptions, R"({"features":["BOLUSES"]})"));
}

class Control : public ::testing::Test {
protected:
    ~Control() override {
        server.reset();
        io.restart();
        io.run();
    }

    void serve(ControlLimits limits = {}, bool permitted = true) {
        std::map<std::string, ControlCommand> commands;
        commands["echo"] = [](const json& options, ControlOutput& output) -> asio::awaitable<int> {
            co_await output.out(options.dump());
            co_await output.err("said");
            co_return 1;
        };
        commands["long"] = [](const json&, ControlOutput& output) -> asio::awaitable<int> {
            co_await output.out(std::string(300'000, 'x'));
            co_return 0;
        };
        server = std::make_unique<ControlServer>(
            io.get_executor(), socket, std::nullopt, [permitted](const ControlPeer&) { return permitted; },
            std::move(commands), log, limits);
        asio::co_spawn(io, server->run(), asio::detached);
    }

    /// Runs the server in this thread until `ask`, in another, has come back.
    std::optional<int> ask(const ControlRequest& request) {
        std::optional<int> code;
        std::exception_ptr failure;
        std::jthread client([&] {
            try {
                code = askService(socket, request, {in, out, err}, 20s);
            } catch (...) {
                failure = std::current_exception();
            }
            asio::post(io, [this] { io.stop(); });
        });
        const auto work = asio::make_work_guard(io);
        io.restart();
        io.run();
        client.join();
        if (failure) std::rethrow_exception(failure);
        return code;
    }

    /// The first line of the answer to these bytes.
    json answerTo(const std::string& bytes) {
        stream_protocol::socket peer{io};
        peer.connect(stream_protocol::endpoint{socket.string()});
        if (!bytes.empty()) asio::write(peer, asio::buffer(bytes));
        std::string line;
        bool done = false;
        asio::async_read_until(peer, asio::dynamic_buffer(line), '\n',
                               [&](boost::system::error_code, std::size_t) { done = true; });
        io.restart();
        while (!done) io.run_one();
        return json::parse(line, nullptr, false);
    }

    TemporaryDirectory directory;
    std::filesystem::path socket = directory / "control";
    spdlog::logger log{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
    asio::io_context io;
    std::unique_ptr<ControlServer> server;
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
};

TEST_F(Control, CarriesOutACommandAndHandsBackItsWordsAndItsCode) {
    serve();
    EXPECT_EQ(ask({"echo", {{"a", 1}}}), 1);
    EXPECT_EQ(out.str(), R"({"a":1})");
    EXPECT_EQ(err.str(), "said");
}

TEST_F(Control, CutsLongWordsIntoLines) {
    serve();
    EXPECT_EQ(ask({"long", json::object()}), 0);
    EXPECT_EQ(out.str(), std::string(300'000, 'x'));
}

TEST_F(Control, IsForOwnerAndGroupAndGoesWithItsServer) {
    serve();
    struct stat status {};
    ASSERT_EQ(::stat(socket.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U) << "without a group for its owner alone";
    server.reset();
    EXPECT_FALSE(std::filesystem::exists(socket));
}

TEST_F(Control, IsOpenToItsGroup) {
    server = std::make_unique<ControlServer>(
        io.get_executor(), socket, ::getegid(), [](const ControlPeer&) { return true; },
        std::map<std::string, ControlCommand>{}, log);
    struct stat status {};
    ASSERT_EQ(::stat(socket.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0660U);
    EXPECT_EQ(status.st_gid, ::getegid());
}

TEST_F(Control, TakesThePlaceOfASocketThatNobodyListensAt) {
    { const stream_protocol::acceptor left{io, stream_protocol::endpoint{socket.string()}}; }
    ASSERT_TRUE(std::filesystem::exists(socket));
    EXPECT_NO_THROW(serve());
    EXPECT_EQ(ask({"echo", json::object()}), 1);
    EXPECT_THROW(ControlServer(
                     io.get_executor(), socket, std::nullopt, [](const ControlPeer&) { return true; },
                     std::map<std::string, ControlCommand>{}, log),
                 boost::system::system_error)
        << "somebody listens";
}

TEST_F(Control, KnowsItsPeerFromTheKernel) {
    std::optional<ControlPeer> seen;
    server = std::make_unique<ControlServer>(
        io.get_executor(), socket, std::nullopt,
        [&seen](const ControlPeer& peer) {
            seen = peer;
            return false;
        },
        std::map<std::string, ControlCommand>{}, log);
    asio::co_spawn(io, server->run(), asio::detached);
    EXPECT_EQ(answerTo("{}\n").at("refused"), "not-permitted");
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->user, ::geteuid());
    EXPECT_EQ(seen->group, ::getegid());
}

TEST_F(Control, RefusesWhoMayNot) {
    serve({}, false);
    EXPECT_EQ(ask({"echo", json::object()}), kFoundProblem);
    EXPECT_THAT(err.str(), HasSubstr("not-permitted"));
    EXPECT_EQ(out.str(), "");
}

TEST_F(Control, RefusesWhatItDoesNotKnow) {
    serve();
    EXPECT_EQ(answerTo("{\"command\":\"reboot\"}\n").at("refused"), "unknown-command");
    EXPECT_EQ(answerTo("hello\n").at("refused"), "malformed");
    EXPECT_EQ(answerTo(std::string(kControlRequestBytes, ' ')).at("refused"), "too-long");
}

TEST_F(Control, DoesNotWaitForARequestForEver) {
    serve({.request = 20ms});
    EXPECT_EQ(answerTo("").at("refused"), "timed-out");
    EXPECT_EQ(answerTo("{\"command\"").at("refused"), "timed-out");
}

TEST_F(Control, ServesOnlySoManyAtATime) {
    serve({.connections = 1});
    stream_protocol::socket first{io};
    first.connect(stream_protocol::endpoint{socket.string()});
    EXPECT_EQ(answerTo("{\"command\":\"echo\"}\n").at("refused"), "busy");
}

TEST_F(Control, OutlivesAPeerThatGoesInTheMiddle) {
    serve();
    {
        stream_protocol::socket peer{io};
        peer.connect(stream_protocol::endpoint{socket.string()});
        asio::write(peer, asio::buffer(std::string("{\"command\":\"long\"}\n")));
    }
    EXPECT_EQ(ask({"echo", json::object()}), 1);
}

TEST_F(Control, IsNotThereWithoutAService) {
    EXPECT_EQ(askService(socket, {"echo", json::object()}, {in, out, err}), std::nullopt);
    { const stream_protocol::acceptor left{io, stream_protocol::endpoint{socket.string()}}; }
    EXPECT_EQ(askService(socket, {"echo", json::object()}, {in, out, err}), std::nullopt);
}

class ServedCommands : public Control {
protected:
    ServedCommands() {
        configuration.timezone = "Europe/Berlin";
        const auto pump = store.pump("NG1234567H");
        store.noteOldest(pump.id, 0);
        store.keepClockOffset(pump.id, measuredClock(0, std::chrono::hours{1}));
        const auto bytes = [](const char* hex) { return *protocol::fromHex(hex); };
        store.addRecords(pump.id,
                         std::vector<ReceivedRecord>{{0, bytes("0ef000000000100e3cea07030e091a00")},
                                                     {1, bytes("0cf001000000bb0003008e000c09d7ff")},
                                                     {2, bytes("01f002000000bf00c9c0c62df9")}},
                         kNow);
    }
    void serveAll(bool uploads) {
        ServedBy service{store,
                         configuration,
                         zone,
                         [] {
                             ServiceState state;
                             state.now = kNow;
                             state.version = "1.2.3";
                             return state;
                         },
                         {}};
        if (uploads) service.wakeUploader = [this] { ++woken; };
        server = std::make_unique<ControlServer>(
            io.get_executor(), socket, std::nullopt, [](const ControlPeer&) { return true; },
            servedCommands(service), log);
        asio::co_spawn(io, server->run(), asio::detached);
    }

    Store store{directory / "history.db"};
    Configuration configuration;
    therapy::Zone zone = therapy::Zone::find("Europe/Berlin").value();
    int woken = 0;
};

TEST_F(ServedCommands, ShowTheStateOfTheService) {
    serveAll(true);
    EXPECT_EQ(ask(toRequest(StatusOptions{.json = true})), kDone);
    EXPECT_EQ(json::parse(out.str()).at("version"), "1.2.3");
}

TEST_F(ServedCommands, ListTheNewestRecords) {
    serveAll(true);
    HistoryOptions options;
    options.last = 1;
    options.form = HistoryOptions::Form::Json;
    EXPECT_EQ(ask(toRequest(options)), kDone) << err.str();
    EXPECT_EQ(json::parse(out.str()).at("sequence_number"), 2);
    EXPECT_EQ(ask(toRequest(HistoryOptions{})), kFoundProblem) << "all of them";
    EXPECT_THAT(err.str(), HasSubstr("wrong-option"));
}

TEST_F(ServedCommands, HandAnUploadToTheQueueOfTheService) {
    serveAll(true);
    EXPECT_EQ(ask(toRequest(BackfillOptions{})), kDone) << err.str();
    EXPECT_THAT(out.str(), HasSubstr("sgv: 1 new"));
    EXPECT_GT(store.depth(), 0U);
    EXPECT_EQ(woken, 1);
}

TEST_F(ServedCommands, SayThatAServiceWithoutASiteUploadsNothing) {
    serveAll(false);
    EXPECT_EQ(ask(toRequest(BackfillOptions{})), kWrongUsage);
    EXPECT_EQ(store.depth(), 0U);
}

} // namespace
} // namespace bridge::test
