// SPDX-License-Identifier: MIT
// The Nightscout half of check against scripted answers.
#include "bridge/check/site.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace bridge::check {
namespace {

using namespace std::chrono_literals;
using nightscout::Feature;
using nightscout::Response;
using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::Not;

const UtcMilliseconds kNow{std::chrono::sys_days{std::chrono::year{2026} / 3 / 14} + 9h};
constexpr const char* kAdmin =
    R"({"status":200,"message":{"message":"OK","isAdmin":true,"rolefound":"NOTFOUND"}})";
constexpr const char* kToken =
    R"({"status":200,"message":{"message":"OK","isAdmin":false,"rolefound":"FOUND"}})";
constexpr const char* kNobody = R"({"status":200,"message":{"message":"UNAUTHORIZED","isAdmin":false}})";

class CheckSite : public ::testing::Test {
protected:
    CheckSite() {
        answers["/api/v1/status.json"] = status(kNow.time_since_epoch().count());
        answers["/api/v1/verifyauth"] = {200, "", kAdmin, {}, {}};
        answers["/api/v1/entries.json"] = {200, "", "[]", {}, {}};
        answers["/api/v1/treatments.json"] = {200, "", "[]", {}, {}};
        answers["/api/v1/profile/current"] = {200, "", R"({"defaultProfile":"x"})", {}, {}};
    }

    static Response status(std::int64_t serverTime, const std::string& units = "mg/dl",
                           bool careportal = true) {
        return {200,
                "",
                R"({"status":"ok","version":"15.0.7","apiEnabled":true,"careportalEnabled":)" +
                    std::string(careportal ? "true" : "false") + R"(,"serverTimeEpoch":)" +
                    std::to_string(serverTime) + R"(,"settings":{"units":")" + units + "\"}}",
                {},
                {}};
    }

    boost::asio::awaitable<Response> answer(std::string path) {
        asked.push_back(path);
        for (const auto& [start, response] : answers)
            if (path.starts_with(start)) co_return response;
        co_return Response{failure, "", R"({"status":401})", {}, {}};
    }

    SiteFacts read() {
        boost::asio::io_context io{1};
        std::optional<SiteFacts> facts;
        const Get get = [this](std::string path) {
            if (broken) throw nightscout::TransportError(*broken, "cannot connect");
            return answer(std::move(path));
        };
        boost::asio::co_spawn(io, readSiteFacts(get, settings, subject.sendsProfile, [] { return kNow; }),
                              [&](const std::exception_ptr& error, SiteFacts read) {
                                  EXPECT_FALSE(error);
                                  facts = std::move(read);
                              });
        io.run();
        return facts.value();
    }
    Findings check() { return checkSite(read(), subject, settings); }

    std::map<std::string, Response> answers; ///< by the beginning of the path
    unsigned failure = 401;                  ///< of all else
    std::optional<nightscout::TransportError::Kind> broken;
    std::vector<std::string> asked;
    nightscout::MappingSettings settings;
    SiteSubject subject{.url = "https://example.org", .hasCredentials = true};
};

auto graded(Grade grade, const std::string& text) {
    return Contains(::testing::AllOf(Field(&Finding::grade, grade), Field(&Finding::text, HasSubstr(text))));
}

TEST_F(CheckSite, IsContentWithASecretThatMayDoAll) {
    const auto findings = check();
    for (const auto& finding : findings) EXPECT_EQ(finding.grade, Grade::Ok) << toLine(finding);
    EXPECT_THAT(findings, graded(Grade::Ok, "Nightscout 15.0.7"));
    EXPECT_THAT(findings, graded(Grade::Ok, "may do everything"));
    EXPECT_THAT(asked, Not(Contains(HasSubstr("debug/check")))) << "an admin needs no probing";
}

TEST_F(CheckSite, TellsSilenceFromWrongAddressAndCertificate) {
    broken = nightscout::TransportError::Kind::Timeout;
    EXPECT_TRUE(check()[0].unreachable);
    broken = nightscout::TransportError::Kind::Certificate;
    EXPECT_FALSE(check()[0].unreachable);
    EXPECT_EQ(check()[0].grade, Grade::Failed);
    broken.reset();
    answers["/api/v1/status.json"] = {404, "", "", {}, {}};
    EXPECT_THAT(check()[0].text, HasSubstr("no Nightscout here"));
    answers["/api/v1/status.json"] = {200, "", "<html>welcome</html>", {}, {}};
    EXPECT_THAT(check()[0].text, HasSubstr("not as Nightscout does"));
    answers["/api/v1/status.json"] = {502, "", "", {}, {}};
    EXPECT_TRUE(check()[0].unreachable);
}

TEST_F(CheckSite, AsksNothingMoreOnceTheSecretIsRefused) {
    answers["/api/v1/status.json"] = {401, "", "", {}, {}};
    answers["/api/v1/verifyauth"] = {200, "", kNobody, {}, {}};
    EXPECT_THAT(check(), graded(Grade::Failed, "not accepted"));
    EXPECT_EQ(asked.size(), 2U);
    asked.clear();
    answers["/api/v1/status.json"] = status(kNow.time_since_epoch().count());
    answers["/api/v1/verifyauth"] = {200, "", kNobody, {}, {}};
    EXPECT_THAT(check(), graded(Grade::Failed, "does not accept the secret"));
    EXPECT_EQ(asked.size(), 2U);
    subject.hasCredentials = false;
    EXPECT_THAT(check(), graded(Grade::Failed, "no secret or token is configured"));
}

TEST_F(CheckSite, NamesWhatATokenLacks) {
    answers["/api/v1/verifyauth"] = {200, "", kToken, {}, {}};
    answers["/api/v2/authorization/debug/check/api:entries"] = {200, "", R"({"check":true})", {}, {}};
    answers["/api/v2/authorization/debug/check/api:devicestatus"] = {200, "", R"({"check":true})", {}, {}};
    const auto findings = check();
    EXPECT_THAT(findings, graded(Grade::Failed, "api:treatments:create"));
    EXPECT_THAT(findings, Not(Contains(Field(&Finding::text, HasSubstr("lacks api:entries")))));
    settings.features = {Feature::Cgm};
    answers["/api/v2/authorization/debug/check/api:status"] = {200, "", R"({"check":true})", {}, {}};
    EXPECT_THAT(check(), graded(Grade::Ok, "all that is needed"));
}

TEST_F(CheckSite, AcceptsATokenWhereTheDefaultRolesAreDenied) {
    answers["/api/v1/verifyauth"] = {
        200, "", R"({"status":200,"message":{"message":"no","isAdmin":false,"rolefound":"FOUND"}})", {}, {}};
    answers["/api/v2/authorization/debug/check/"] = {200, "", R"({"check":true})", {}, {}};
    EXPECT_THAT(check(), graded(Grade::Ok, "all that is needed"));
}

TEST_F(CheckSite, NamesTheRightToReadTheStatusInsteadOfBlamingTheToken) {
    answers["/api/v1/status.json"] = {401, "", "", {}, {}};
    answers["/api/v1/verifyauth"] = {200, "", kToken, {}, {}};
    for (const char* collection : {"entries", "treatments", "devicestatus"})
        answers[std::string("/api/v2/authorization/debug/check/api:") + collection] = {
            200, "", R"({"check":true})", {}, {}};
    const auto findings = check();
    EXPECT_THAT(findings, graded(Grade::Failed, "the token lacks api:status:read"));
    EXPECT_THAT(findings, Not(graded(Grade::Failed, "not accepted")));
}

TEST_F(CheckSite, RecommendsTheLeastRoleThatPasses) {
    answers["/api/v1/verifyauth"] = {200, "", kToken, {}, {}};
    settings.features = {Feature::Cgm, Feature::Bolus, Feature::DeviceStatus};
    EXPECT_THAT(check(), Contains(Field(&Finding::remedy,
                                        HasSubstr("api:status:read api:entries:read,create,update,delete "
                                                  "api:treatments:read,create,update,delete "
                                                  "api:devicestatus:read,create"))));
    subject.sendsProfile = true;
    EXPECT_THAT(check(), Contains(Field(&Finding::remedy, HasSubstr("api:profile:read,create,update"))));
}

TEST_F(CheckSite, LooksAtProfileAndPlugins) {
    const auto enable = [this](const std::string& plugins) {
        answers["/api/v1/status.json"] = {
            200, "", R"({"status":"ok","settings":{"enable":[)" + plugins + "]}}", {}, {}};
    };
    enable(R"("careportal","pump","iob","basal","cage","iage","sage","bage")");
    EXPECT_THAT(check(), Not(Contains(Field(&Finding::check, "nightscout.plugins"))));
    enable(R"("careportal","pump","basal","cage","iage","bage","bwp")");
    answers["/api/v1/profile/current"] = {200, "", "null", {}, {}};
    const auto findings = check();
    EXPECT_THAT(findings, graded(Grade::Ok, "add to ENABLE on the site: iob sage"));
    EXPECT_THAT(findings, graded(Grade::Warning, "bwp is on"));
    EXPECT_THAT(findings, graded(Grade::Warning, "no profile"));
    subject.sendsProfile = true;
    EXPECT_THAT(check(), Not(graded(Grade::Warning, "no profile"))) << "it is about to be sent";
}

TEST_F(CheckSite, KnowsTheShorterAnswersOfOldServers) {
    answers["/api/v1/verifyauth"] = {200, "", R"({"status":200,"message":"OK"})", {}, {}};
    EXPECT_THAT(check(), graded(Grade::Ok, "may do everything"));
    answers["/api/v1/verifyauth"] = {200, "", R"({"status":200,"message":"UNAUTHORIZED"})", {}, {}};
    EXPECT_THAT(check(), graded(Grade::Failed, "does not accept the secret"));
    answers["/api/v2/authorization/debug/check/"] = {200, "", R"({"check":true})", {}, {}};
    EXPECT_THAT(check(), graded(Grade::Ok, "all that is needed"));
}

TEST_F(CheckSite, TakesATokenOnTrustWhereTheServerIsOld) {
    answers["/api/v1/verifyauth"] = {200, "", kToken, {}, {}};
    failure = 404;
    EXPECT_THAT(check(), graded(Grade::Ok, "does not tell what it permits"));
}

TEST_F(CheckSite, SeesClockUnitsAndCareportal) {
    answers["/api/v1/status.json"] = status((kNow + 90s).time_since_epoch().count(), "mmol", false);
    auto findings = check();
    EXPECT_THAT(findings, graded(Grade::Warning, "90 s ahead of"));
    EXPECT_THAT(findings, graded(Grade::Warning, "the site shows mmol"));
    EXPECT_THAT(findings, graded(Grade::Failed, "careportal is off"));
    answers["/api/v1/status.json"] = status((kNow - 11min).time_since_epoch().count());
    EXPECT_THAT(check(), graded(Grade::Failed, "660 s behind"));
    answers["/api/v1/status.json"] = {200, "", R"({"status":"ok"})", {}, "Sat, 14 Mar 2026 09:00:20 GMT"};
    EXPECT_THAT(check(), graded(Grade::Ok, "20 s ahead of"));
}

TEST_F(CheckSite, FindsAnotherUploaderAndWhatCameLast) {
    answers["/api/v1/entries.json"] = {200,
                                       "",
                                       R"([{"device":"xDrip","dateString":"2026-03-14T08:59:00.000Z"},
        {"device":"minimed-780g://780G","dateString":"2026-03-14T08:58:00.000Z"},{"device":"xDrip"},{"x":1}])",
                                       {},
                                       {}};
    answers["/api/v1/treatments.json"] = {200, "", R"([{"created_at":"2026-03-14T08:00:00.000Z"}])", {}, {}};
    auto findings = check();
    EXPECT_THAT(findings, graded(Grade::Warning, "xDrip has sent 2 glucose values"));
    EXPECT_THAT(findings, graded(Grade::Warning, "without a name has sent 1"));
    EXPECT_THAT(findings,
                graded(Grade::Ok, "glucose 2026-03-14T08:58:00.000Z (24 h), treatment 2026-03-14T08:00"));
    settings.features = {Feature::Bolus};
    EXPECT_THAT(check(), Not(graded(Grade::Warning, "xDrip"))) << "our glucose is not sent";
}

TEST_F(CheckSite, StandsAnswersOfAnyShape) {
    for (const char* odd : {"null", "[]", "{}", "7", "\"x\"", "", R"({"message":7})", R"([[1],null,"x"])"}) {
        for (const char* path : {"/api/v1/verifyauth", "/api/v1/entries.json", "/api/v1/treatments.json"}) {
            const auto kept = answers[path];
            answers[path] = {200, "", odd, {}, {}};
            EXPECT_FALSE(check().empty()) << path << " " << odd;
            answers[path] = kept;
        }
        const auto kept = answers["/api/v1/status.json"];
        answers["/api/v1/status.json"] = {200, "", odd, {}, {}};
        EXPECT_EQ(check()[0].grade, Grade::Failed) << odd;
        answers["/api/v1/status.json"] = kept;
    }
}

TEST_F(CheckSite, WarnsWhenTheSecretTravelsInTheClear) {
    subject.exposesSecret = true;
    EXPECT_THAT(check(), graded(Grade::Warning, "in the clear"));
}

} // namespace
} // namespace bridge::check
