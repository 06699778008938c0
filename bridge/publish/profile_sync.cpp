// SPDX-License-Identifier: MIT
#include "bridge/publish/profile_sync.hpp"

#include <spdlog/logger.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>
#include <utility>

#include "nightscout/upload/answer.hpp"
#include "nightscout/upload/answer_json.hpp"

namespace bridge {

using namespace std::chrono_literals;
using nightscout::ProfilePlan;
using nightscout::Verdict;
using Json = nlohmann::json;
using Step = ProfilePlan::Step;

namespace {

constexpr std::string_view kUploadedSetting = "profile.uploaded";
constexpr auto kDaily = 24h;
constexpr auto kAfterFailure = 1h;

/// The same, but for its place among the server's documents.
std::string withServerId(const std::string& body, const std::string& serverId) {
    Json document = Json::parse(body);
    document["_id"] = serverId;
    return document.dump();
}

} // namespace

ProfileSync::ProfileSync(boost::asio::any_io_executor executor, nightscout::ClientSettings site, Store& store,
                         std::optional<nightscout::ProfileSettings> profile, std::string zone, UtcClock clock,
                         const HostClock& host, spdlog::logger& log)
    : executor_(std::move(executor)),
      site_(std::move(site)),
      store_(store),
      profile_(std::move(profile)),
      zone_(std::move(zone)),
      clock_(std::move(clock)),
      host_(host),
      timer_(executor_),
      log_(log) {}

boost::asio::awaitable<void> ProfileSync::run() {
    for (;;) {
        good_ = co_await check();
        timer_.expires_after(good_ ? kDaily : kAfterFailure);
        boost::system::error_code woken;
        co_await timer_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, woken));
        const auto state = co_await boost::asio::this_coro::cancellation_state;
        if (state.cancelled() != boost::asio::cancellation_type::none) co_return;
    }
}

void ProfileSync::wake() {
    if (!good_) timer_.cancel();
}

boost::asio::awaitable<bool> ProfileSync::check() {
    if (!host_.trusted()) co_return false;
    nightscout::Client client(executor_, site_); // of its own: a connection takes one request at a time
    try {
        co_return co_await compare(client);
    } catch (const nightscout::TransportError& error) {
        log_.debug("nightscout: the profile could not be compared: {}", error.what());
    }
    co_return false;
}

boost::asio::awaitable<bool> ProfileSync::compare(nightscout::Client& client) {
    const auto response = co_await client.request("GET", "/api/v1/profile/current", "");
    const auto judgement = nightscout::judge(response, site_.apiSecretHeader);
    if (judgement.verdict != Verdict::Accepted) {
        log_.warn("nightscout: the profile could not be compared: {}", judgement.reason);
        co_return false;
    }
    const Json present = nightscout::parseAnswer(response.body);
    if (!profile_) {
        if (present.is_object()) {
            log_.info("nightscout: no [profile] is configured, the site's stays as it is");
        } else {
            log_.warn(
                "nightscout: the site has no profile, so its page shows the profile editor instead of the "
                "curve; make one there, or write a [profile] into the configuration");
        }
        co_return true;
    }
    const std::string uploaded = store_.setting(kUploadedSetting).value_or("");
    const ProfilePlan plan = nightscout::planProfile(*profile_, zone_, present, uploaded, clock_());
    switch (plan.step) {
        case Step::Nothing:
            if (!plan.body.empty()) store_.setSetting(kUploadedSetting, plan.body);
            break;
        case Step::LeaveToSomeone:
            log_.warn(
                "nightscout: the site's profile was changed by someone else and is left alone; write the "
                "same "
                "into [profile], or remove that section");
            break;
        case Step::Add:
        case Step::Replace:
            co_return co_await send(client, plan);
    }
    co_return true;
}

boost::asio::awaitable<bool> ProfileSync::send(nightscout::Client& client, const ProfilePlan& plan) {
    const bool replaces = plan.step == Step::Replace;
    const std::string method = replaces ? "PUT" : "POST";
    std::string body = replaces ? withServerId(plan.body, plan.serverId) : plan.body;
    const auto response = co_await client.request(method, "/api/v1/profile.json", std::move(body));
    const auto judgement = nightscout::judge(response, site_.apiSecretHeader);
    if (judgement.verdict != Verdict::Accepted) {
        log_.warn("nightscout: the site does not take the profile: {}", judgement.reason);
        co_return false;
    }
    store_.setSetting(kUploadedSetting, plan.body);
    log_.info("nightscout: profile \"{}\" {}", profile_->name, replaces ? "replaced" : "added");
    co_return true;
}

} // namespace bridge
