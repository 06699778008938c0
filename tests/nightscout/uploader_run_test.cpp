// SPDX-License-Identifier: MIT
// The uploader's loop: waits, log, wake-up and end.
#include "nightscout/upload/uploader.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "scripted_site.hpp"

namespace nightscout::testing {
namespace {

using Fault = ScriptedAnswer::Fault;

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
                   asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr error) {
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
    policy_.firstBackoff = policy_.longestBackoff = std::chrono::hours(1);
    for (const auto& answer : {silent, html(503)}) {
        MemoryOutbox outbox;
        outbox.add(treatment(1));
        Uploader uploader(
            io_.get_executor(), *client_, outbox, policy_, [] { return 0.5; }, log_);
        site_.fault = [answer](const SeenRequest&) { return answer; };
        asio::cancellation_signal stop;
        bool done = false;
        std::exception_ptr end;
        asio::co_spawn(io_, uploader.run(),
                       asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr error) {
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
    policy_.firstBackoff = std::chrono::milliseconds(10);
    policy_.longestBackoff = std::chrono::milliseconds(40);
    policy_.jitter = 0.5;
    for (const auto& [random, least] : {std::pair{0.0, 5 + 10 + 20 + 20}, {0.999, 14 + 29 + 59 + 59}}) {
        Uploader uploader(
            io_.get_executor(), *client_, outbox_, policy_, [random = random] { return random; }, log_);
        const auto start = std::chrono::steady_clock::now();
        EXPECT_FALSE(runTask(io_, uploader.drain(4)));
        EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(least));
    }
}

} // namespace
} // namespace nightscout::testing
