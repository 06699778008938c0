// SPDX-License-Identifier: MIT
#include "bridge/clock/host_clock_watch.hpp"

#include <spdlog/logger.h>

#include <utility>

#include "nightscout/upload/failure_sentence.hpp"
#include "nightscout/upload/http_date.hpp"

namespace bridge {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::minutes kUntrusted{1};
constexpr std::chrono::minutes kTrusted{60};

} // namespace

std::optional<SiteDate> siteDateOf(const nightscout::Response& response, SiteDate::Milliseconds receivedAt) {
    const auto date = response.date ? nightscout::parseHttpDate(*response.date) : std::nullopt;
    if (!date) return std::nullopt;
    return SiteDate{*date, receivedAt - response.took, receivedAt, response.stored, response.publicPeer};
}

SiteDateQuestion::SiteDateQuestion(asio::any_io_executor executor, nightscout::ClientSettings settings,
                                   spdlog::logger& log)
    : executor_(std::move(executor)), settings_(std::move(settings)), log_(log) {
    settings_.apiSecretHeader.clear(); // a refusal has a date as well
}

asio::awaitable<void> SiteDateQuestion::ask() {
    try {
        nightscout::Client client(executor_, settings_);
        co_await client.request("GET", "/api/v1/status.json", "");
    } catch (const nightscout::TransportError& error) {
        if (error.kind() != nightscout::TransportError::Kind::CertificateDates) co_return;
        if (!std::exchange(warned_, true)) log_.warn("clock: {}", nightscout::untrustedClockSentence(error));
    }
}

HostClockWatch::HostClockWatch(HostClock& host, nightscout::Clock& clock, Sources sources)
    : host_(host), clock_(clock), sources_(std::move(sources)), last_(sources_.sample()) {}

asio::awaitable<void> HostClockWatch::askWitnesses() {
    for (;;) {
        judgeStep(); // also where the kernel gives no notice
        const unsigned asked = host_.changes();
        const auto synchronised = co_await sources_.timeService();
        judgeStep();
        if (host_.changes() != asked) continue; // the answer may be about the clock before it was set
        host_.timeServiceSays(synchronised.value_or(false));
        if (!host_.trusted() && sources_.site) co_await sources_.site();
        if (judgeStep()) continue;
        host_.remember();
        co_await clock_.wait(clock_.now() + (host_.trusted() ? kTrusted : kUntrusted));
    }
}

asio::awaitable<void> HostClockWatch::noticeSteps() {
    for (;;) {
        co_await sources_.clockSet();
        judgeStep();
    }
}

// Steps that are too small to count add up.
bool HostClockWatch::judgeStep() {
    const ClockSample now = sources_.sample();
    const unsigned before = host_.changes();
    host_.stepped(stepBetween(last_, now));
    if (host_.changes() == before) return false;
    last_ = now;
    clock_.interrupt();
    return true;
}

} // namespace bridge
