// SPDX-License-Identifier: MIT
#include "bridge/publish/profile_sync.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "../nightscout/nightscout_process.hpp"
#include "../nightscout/run_task.hpp"
#include "../nightscout/scripted_server.hpp"
#include "host_clock_double.hpp"
#include "nightscout/upload/api_secret.hpp"
#include "temporary_directory.hpp"

namespace bridge::test {
namespace {

using namespace std::chrono_literals;
using nightscout::testing::ScriptedAnswer;
using nightscout::testing::ScriptedServer;
using nightscout::testing::SeenRequest;
using Json = nlohmann::json;
using ::testing::HasSubstr;

nightscout::ProfileSettings someProfile() {
    nightscout::ProfileSettings profile;
    profile.basal = {{0min, 0.85}};
    profile.carbRatio = {{0min, 9}};
    profile.sensitivity = {{0min, 45}};
    profile.targetLow = {{0min, 100}};
    profile.targetHigh = {{0min, 120}};
    return profile;
}

class ProfileSyncTest : public ::testing::Test {
protected:
    bool check(std::uint16_t port) {
        nightscout::ClientSettings settings;
        settings.site.tls = false;
        settings.site.host = "127.0.0.1";
        settings.site.port = std::to_string(port);
        settings.apiSecretHeader = nightscout::secretHeader(kSecret);
        ProfileSync keeper{io.get_executor(),      settings,      store, profile, "Europe/Berlin",
                           [this] { return now; }, computer.host, log};
        return nightscout::testing::runTask(io, keeper.check());
    }
    std::string said() {
        log.flush();
        return text.str();
    }

    static constexpr const char* kSecret = "this-is-a-test-secret";
    boost::asio::io_context io{1};
    therapy::Zone zone = therapy::Zone::find("Europe/Berlin").value();
    TemporaryDirectory directory;
    Store store{directory / "history.db"};
    HostClockDouble computer{store, zone};
    std::optional<nightscout::ProfileSettings> profile = someProfile();
    std::chrono::sys_seconds now{1773475200s};
    std::ostringstream text;
    spdlog::logger log{"test", std::make_shared<spdlog::sinks::ostream_sink_st>(text)};
};

/// A site that holds one profile document.
class OnAScriptedSite : public ProfileSyncTest {
protected:
    boost::asio::awaitable<ScriptedAnswer> answer(SeenRequest request) {
        ScriptedAnswer reply;
        reply.status = status;
        if (request.method == "GET") {
            reply.body = present.dump();
        } else {
            present = Json::parse(request.body);
            if (!present.contains("_id")) present["_id"] = "65f000000000000000000001";
            reply.body = request.method == "POST" ? Json::array({present}).dump() : present.dump();
        }
        co_return reply;
    }
    bool check() { return ProfileSyncTest::check(server.port()); }
    std::vector<std::string> methods() {
        std::vector<std::string> all;
        for (const auto& request : server.requests()) all.push_back(request.method);
        return all;
    }
    using Methods = std::vector<std::string>;

    Json present;
    unsigned status = 200;
    ScriptedServer server{io, [this](SeenRequest request) { return answer(std::move(request)); }};
};

TEST_F(OnAScriptedSite, SendsTheProfileOnce) {
    EXPECT_TRUE(check());
    EXPECT_TRUE(check());
    EXPECT_EQ(methods(), (Methods{"GET", "POST", "GET"}));
    EXPECT_THAT(said(), HasSubstr("profile \"MiniMed 780G\" added"));
}

TEST_F(OnAScriptedSite, ReplacesItUnderItsId) {
    check();
    profile->mode = nightscout::ProfileMode::Replace;
    profile->basal[0].value = 0.9;
    EXPECT_TRUE(check());
    EXPECT_EQ(methods().back(), "PUT");
    EXPECT_EQ(Json::parse(server.requests().back().body).at("_id"), "65f000000000000000000001");
}

TEST_F(OnAScriptedSite, SaysThatSomeoneElseChangedIt) {
    check();
    present["store"]["MiniMed 780G"]["dia"] = "4";
    EXPECT_TRUE(check());
    EXPECT_EQ(methods(), (Methods{"GET", "POST", "GET"}));
    EXPECT_THAT(said(), HasSubstr("was changed by someone else and is left alone"));
}

TEST_F(OnAScriptedSite, SuggestsAProfileToASiteThatHasNone) {
    profile.reset();
    EXPECT_TRUE(check());
    EXPECT_THAT(said(), HasSubstr("the site has no profile"));
    EXPECT_EQ(methods(), Methods{"GET"});
}

TEST_F(OnAScriptedSite, TriesAgainLaterWhatTheSiteRefuses) {
    status = 401;
    EXPECT_FALSE(check());
    EXPECT_FALSE(store.setting("profile.uploaded"));
}

TEST_F(ProfileSyncTest, IsTakenByARealSiteOnce) {
    const auto folder = nightscout::testing::NightscoutProcess::folder();
    if (!folder) GTEST_SKIP() << "PUMP_BRIDGE_NIGHTSCOUT_DIR names no folder with node_modules";
    nightscout::testing::NightscoutProcess site(io, *folder, kSecret);
    EXPECT_TRUE(check(site.port()));
    EXPECT_TRUE(check(site.port()));
    EXPECT_THAT(said(), HasSubstr("added"));
    const std::string once = said();
    store.setSetting("profile.uploaded", ""); // as another bridge
    EXPECT_TRUE(check(site.port()));
    EXPECT_EQ(said(), once);
}

} // namespace
} // namespace bridge::test
