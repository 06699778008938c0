// SPDX-License-Identifier: MIT
// The uploader's loop: waits, log, wake-up and end.
#include "nightscout/upload/uploader.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "scripted_site.hpp"

namespace nightscout::testing {
namespace {

using Fault = ScriptedAnswer::Fault;
using namespace std::chrono_literals;

class AnUploaderLoop : public ScriptedSiteTest {};

TEST_F(AnUploaderLoop, GivesUpDrainingAfterTheGivenRetries) {
    addTreatments(1);
    site_.fault = [](const SeenRequest&) { return html(503); };
    EXPECT_FALSE(drain(4));
    EXPECT_EQ(site_.server.requests().size(), 5U);
    EXPECT_EQ(outbox_.depth(), 1U);
}

TEST_F(AnUploaderLoop, LogsTheFirstOfManyFailuresAndThenEachTenth) {
    addTreatments(1);
    site_.fault = [](const SeenRequest&) { return html(503); };
    EXPECT_FALSE(drain(24));
    EXPECT_EQ(logged("upload failed"), 1);
    EXPECT_EQ(logged("upload still fails"), 2);
}

TEST_F(AnUploaderLoop, RunsUntilCancelledAndWakesForNewDocuments) {
    asio::cancellation_signal stop;
    bool done = false;
    std::exception_ptr end;
    asio::co_spawn(io_, uploader_->run(),
                   asio::bind_cancellation_slot(stop.slot(), [&](const std::exception_ptr& error) {
                       end = error;
                       done = true;
                   }));
    io_.poll();
    outbox_.add(treatment(1));
    uploader_->wake();
    while (outbox_.depth() > 0) io_.run_one();
    outbox_.add(treatment(2));
    uploader_->wake();
    while (outbox_.depth() > 0) io_.run_one();
    stop.emit(asio::cancellation_type::terminal);
    runUntil(io_, done, std::chrono::seconds(2));
    EXPECT_FALSE(end);
    EXPECT_EQ(storedCount(), 2U);
}

TEST_F(AnUploaderLoop, EndsAtOnceWhenCancelledInsideARequestOrAWait) {
    ScriptedAnswer silent;
    silent.fault = Fault::NoAnswer;
    policy_.backOff.first = policy_.backOff.longest = std::chrono::hours(1);
    const auto clock = systemClock(io_.get_executor(), [this] { return clock_.utc(); });
    for (const auto& answer : {silent, html(503)}) {
        MemoryOutbox outbox;
        outbox.add(treatment(1));
        Uploader uploader(
            *clock, *client_, outbox, policy_, [] { return 0.5; }, log_);
        site_.fault = [answer](const SeenRequest&) { return answer; };
        asio::cancellation_signal stop;
        bool done = false;
        std::exception_ptr end;
        asio::co_spawn(io_, uploader.run(),
                       asio::bind_cancellation_slot(stop.slot(), [&](const std::exception_ptr& error) {
                           end = error;
                           done = true;
                       }));
        const bool waits = answer.fault == Fault::None;
        const auto seen = site_.server.requests().size();
        while (site_.server.requests().size() == seen || (waits && uploader.state().lastError.empty()))
            io_.run_one();
        stop.emit(asio::cancellation_type::terminal);
        runUntil(io_, done, std::chrono::seconds(2));
        EXPECT_FALSE(end);
        EXPECT_EQ(outbox.depth(), 1U);
    }
}

TEST_F(AnUploaderLoop, DoublesItsWaitsUpToALimitWithJitter) {
    addTreatments(1);
    site_.fault = [](const SeenRequest&) { return html(503); };
    policy_.backOff = {.first = 10ms, .longest = 40ms, .jitter = 0.5};
    using Waits = std::vector<FakeClock::Wait>;
    for (const auto& [random, waits] :
         {std::pair{0.0, Waits{5ms, 10ms, 20ms, 20ms}}, std::pair{0.5, Waits{10ms, 20ms, 40ms, 40ms}}}) {
        FakeClock clock(io_);
        Uploader uploader(
            clock, *client_, outbox_, policy_, [random = random] { return random; }, log_);
        EXPECT_FALSE(runTask(io_, uploader.drain(4)));
        EXPECT_EQ(clock.waits(), waits);
    }
}

constexpr std::chrono::hours kDown{72};

TEST_F(AnUploaderLoop, SendsAllThatGatheredInThreeDaysWithoutTheSite) {
    site_.fault = [this](const SeenRequest&) {
        return clock_.elapsed() < kDown ? std::optional(html(503)) : std::nullopt;
    };
    asio::cancellation_signal stop;
    bool done = false;
    asio::co_spawn(
        io_, uploader_->run(),
        asio::bind_cancellation_slot(stop.slot(), [&](const std::exception_ptr&) { done = true; }));
    int made = 0;
    while (clock_.elapsed() < kDown) {
        for (; made * 5min <= clock_.elapsed(); ++made) {
            outbox_.add(entry(made));
            uploader_->wake();
        }
        io_.run_one();
    }
    EXPECT_GT(made, 850);
    EXPECT_EQ(outbox_.depth(), static_cast<std::size_t>(made));
    while (outbox_.depth() > 0) io_.run_one();
    stop.emit(asio::cancellation_type::terminal);
    runUntil(io_, done, 2s);
    EXPECT_EQ(storedIdentifiers().size(), static_cast<std::size_t>(made));
    EXPECT_EQ(storedCount(), static_cast<std::size_t>(made));
    EXPECT_TRUE(outbox_.refusals().empty());
    EXPECT_LE(site_.server.requests().size(), 1000U);
    EXPECT_EQ(logged("upload works again"), 1);
}

/// A site that answers wrongly, for an hour, with everything waiting that there is: about twenty steps of
/// back-off fit into it for each thing that can fail by itself.
TEST_F(AnUploaderLoop, MakesNoStormOfRequestsWhateverTheSiteAnswers) {
    for (const auto& answer : {give(200, "[]"), give(200, "null"), give(200, "{}"), give(200, "[{},{},{}]"),
                               give(200, "{\"n\":0}"), html(200), give(400, "{}"), give(401, "{}"), html(403),
                               html(404), html(413), give(415, "{}"), give(422, "{}"), html(429),
                               give(500, "{}"), html(502), give(999, "[]")}) {
        FakeClock clock(io_);
        MemoryOutbox outbox;
        for (int number = 0; number < 100; ++number) {
            outbox.add(treatment(number));
            outbox.add(entry(number));
            outbox.add(deviceStatus(number));
            outbox.add(treatment(1000 + number), Operation::Put, "0123456789abcdef01234567");
            outbox.add(treatment(2000 + number), Operation::Put);
            outbox.add(treatment(3000 + number), Operation::Delete);
        }
        site_.fault = [answer](const SeenRequest&) { return answer; };
        Uploader uploader(
            clock, *client_, outbox, policy_, [] { return 0.5; }, log_);
        asio::cancellation_signal stop;
        bool done = false;
        const auto before = site_.server.requests().size();
        asio::co_spawn(
            io_, uploader.run(),
            asio::bind_cancellation_slot(stop.slot(), [&](const std::exception_ptr&) { done = true; }));
        while (clock.elapsed() < 1h && site_.server.requests().size() < before + 500) io_.run_one();
        stop.emit(asio::cancellation_type::terminal);
        runUntil(io_, done, std::chrono::seconds(2));
        EXPECT_LE(site_.server.requests().size() - before, 130U) << answer.status << ' ' << answer.body;
        EXPECT_TRUE(outbox.aside().empty());
    }
}

} // namespace
} // namespace nightscout::testing
