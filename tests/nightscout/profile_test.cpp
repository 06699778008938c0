// SPDX-License-Identifier: MIT
#include "nightscout/documents/profile.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace nightscout {
namespace {

using nlohmann::json;
using std::chrono::minutes;
using Step = ProfilePlan::Step;

constexpr UtcSeconds kNow{std::chrono::seconds{1773475200}};

class AProfilePlan : public testing::Test {
protected:
    AProfilePlan() {
        settings.basal = {{minutes{0}, 0.85}, {minutes{360}, 1}};
        settings.carbRatio = {{minutes{0}, 9}};
        settings.sensitivity = {{minutes{0}, 45}};
        settings.targetLow = {{minutes{0}, 100}};
        settings.targetHigh = {{minutes{0}, 120}};
    }
    ProfilePlan plan() { return planProfile(settings, "Europe/Berlin", present, uploaded, kNow); }
    /// As the server gives it back.
    void store(const ProfilePlan& sent) {
        present = json::parse(sent.body);
        present["_id"] = "65f000000000000000000001";
        present["created_at"] = "2026-03-14T08:00:01.000Z";
        present["mills"] = 1773475200000;
        uploaded = sent.body;
    }

    ProfileSettings settings;
    json present;
    std::string uploaded;
};

TEST_F(AProfilePlan, AddsTheProfileToASiteWithoutOne) {
    const auto made = plan();
    EXPECT_EQ(made.step, Step::Add);
    EXPECT_EQ(json::parse(made.body), json::parse(R"({
        "defaultProfile":"MiniMed 780G","startDate":"2026-03-14T08:00:00.000Z","units":"mg/dl",
        "enteredBy":"minimed-780g",
        "store":{"MiniMed 780G":{
          "dia":"3","carbs_hr":"20","delay":"20","timezone":"Europe/Berlin","units":"mg/dl",
          "startDate":"1970-01-01T00:00:00.000Z",
          "basal":[{"time":"00:00","timeAsSeconds":0,"value":0.85},{"time":"06:00","timeAsSeconds":21600,"value":1}],
          "carbratio":[{"time":"00:00","timeAsSeconds":0,"value":9}],
          "sens":[{"time":"00:00","timeAsSeconds":0,"value":45}],
          "target_low":[{"time":"00:00","timeAsSeconds":0,"value":100}],
          "target_high":[{"time":"00:00","timeAsSeconds":0,"value":120}]}}})"));
}

TEST_F(AProfilePlan, DoesNothingWhenTheSiteHasTheSame) {
    store(plan());
    EXPECT_EQ(plan().step, Step::Nothing);
    EXPECT_FALSE(plan().body.empty());
}

TEST_F(AProfilePlan, NeverSaysThatThereIsNoBasal) {
    settings.basal = {{minutes{0}, 0}};
    EXPECT_EQ(json::parse(plan().body).at("store").at("MiniMed 780G").at("basal").at(0).at("value"),
              0.000001);
}

TEST_F(AProfilePlan, WritesHoursAsText) {
    settings.dia = 3.5;
    EXPECT_EQ(json::parse(plan().body).at("store").at("MiniMed 780G").at("dia"), "3.5");
}

TEST_F(AProfilePlan, CarriesOtherProfilesOver) {
    present = {{"_id", "65f000000000000000000009"},
               {"defaultProfile", "Holiday"},
               {"store", {{"Holiday", {{"dia", "5"}}}}}};
    const auto made = plan();
    EXPECT_EQ(made.step, Step::Add);
    const json body = json::parse(made.body);
    EXPECT_EQ(body.at("defaultProfile"), "MiniMed 780G");
    EXPECT_EQ(body.at("store").at("Holiday"), present.at("store").at("Holiday"));
    EXPECT_FALSE(body.contains("_id"));
}

TEST_F(AProfilePlan, AddsAChangedProfileOrReplacesIt) {
    store(plan());
    settings.basal[1].value = 1.1;
    EXPECT_EQ(plan().step, Step::Add);
    settings.mode = ProfileMode::Replace;
    EXPECT_EQ(plan().step, Step::Replace);
    EXPECT_EQ(plan().serverId, "65f000000000000000000001");
}

TEST_F(AProfilePlan, LeavesAloneWhatSomeoneElseChanged) {
    store(plan());
    present["store"]["MiniMed 780G"]["basal"][0]["value"] = 0.9;
    EXPECT_EQ(plan().step, Step::LeaveToSomeone);
    settings.basal[0].value = 0.9; // the configuration says the same now
    EXPECT_EQ(plan().step, Step::Nothing);
}

TEST_F(AProfilePlan, DoesNothingWhenItMayNot) {
    settings.mode = ProfileMode::Never;
    EXPECT_EQ(plan().step, Step::Nothing);
    EXPECT_TRUE(plan().body.empty());
}

} // namespace
} // namespace nightscout
