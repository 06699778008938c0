// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "nightscout/upload/client.hpp"

namespace nightscout {
namespace {

struct Row {
    const char* written;
    const char* base;
};

class ASiteUrl : public ::testing::TestWithParam<Row> {};

TEST_P(ASiteUrl, IsNormalised) {
    std::string problem;
    const auto site = parseSiteUrl(GetParam().written, problem);
    ASSERT_TRUE(site) << GetParam().written << ": " << problem;
    EXPECT_EQ(site->text(), GetParam().base);
    EXPECT_FALSE(site->secret);
    EXPECT_FALSE(site->token);
}

// docs/nightscout/api.md 2.2
INSTANTIATE_TEST_SUITE_P(
    AsPeopleWriteIt, ASiteUrl,
    ::testing::Values(Row{"https://host", "https://host"}, Row{"https://host/", "https://host"},
                      Row{"https://host/api/v1", "https://host"}, Row{"https://host/api/v1/", "https://host"},
                      Row{"https://host/sub/path/", "https://host/sub/path"},
                      Row{"https://host/sub/api/v1/", "https://host/sub"},
                      Row{"https://host//sub//path//", "https://host/sub/path"},
                      Row{"host.example", "https://host.example"},
                      Row{"host.example:8443/sub", "https://host.example:8443/sub"},
                      Row{"HTTPS://Host.Example", "https://host.example"},
                      Row{" https://host \n", "https://host"}, Row{"https://host:443", "https://host"},
                      Row{"http://host:80", "http://host"},
                      Row{"http://192.168.1.5:1337", "http://192.168.1.5:1337"},
                      Row{"http://[::1]:1337/", "http://[::1]:1337"},
                      Row{"https://[FD00::2]", "https://[fd00::2]"}));

class AnUnusableSiteUrl : public ::testing::TestWithParam<const char*> {};

TEST_P(AnUnusableSiteUrl, IsRefusedWithAReason) {
    std::string problem;
    EXPECT_FALSE(parseSiteUrl(GetParam(), problem));
    EXPECT_FALSE(problem.empty());
}

INSTANTIATE_TEST_SUITE_P(Of, AnUnusableSiteUrl,
                         ::testing::Values("", "  ", "https://", "https:///path", "ftp://host",
                                           "https://ho st", "https://h\xc3\xb6st", "https://host:0",
                                           "https://host:65536", "https://host:12x", "https://[::1",
                                           "https://[host]", "https://[::1]x", "https://host/#settings",
                                           "https://host/?count=3", "https://host?token=",
                                           "https://host?token=a&b=c", "https://@host", "https://%zz@host"));

TEST(SiteUrlCredentials, MoveTheUserInfoToTheSecret) {
    std::string problem;
    const auto site = parseSiteUrl("https://my%20long%40secret@host/api/v1/", problem);
    ASSERT_TRUE(site);
    EXPECT_EQ(site->secret, "my long@secret");
    EXPECT_EQ(site->text(), "https://host");
}

TEST(SiteUrlCredentials, MoveTheTokenOutOfTheQuery) {
    std::string problem;
    const auto site = parseSiteUrl("https://host/?token=pump-0123456789abcdef", problem);
    ASSERT_TRUE(site);
    EXPECT_EQ(site->token, "pump-0123456789abcdef");
    EXPECT_EQ(site->text(), "https://host");
}

TEST(SiteUrlCredentials, NeverAppearInTheReasonForARefusal) {
    for (const char* url :
         {"https://SesameOpen@ho st", "https://SesameOpen@host:99999", "https://SesameOpen@h%st",
          "https://SesameOpen@host?x=1", "ftp://SesameOpen@host", "https://SesameOpen@host/#x"}) {
        std::string problem;
        EXPECT_FALSE(parseSiteUrl(url, problem)) << url;
        EXPECT_EQ(problem.find("Sesame"), std::string::npos) << problem;
    }
}

TEST(SiteUrl, TellsWhereTheSecretTravelsInTheClear) {
    const auto exposes = [](const char* url) {
        std::string problem;
        return parseSiteUrl(url, problem)->exposesSecret();
    };
    for (const char* url :
         {"http://example.org", "http://8.8.8.8", "http://172.32.0.1", "http://[2001:db8::1]"})
        EXPECT_TRUE(exposes(url)) << url;
    for (const char* url : {"https://example.org", "http://localhost", "http://127.0.0.1", "http://10.1.2.3",
                            "http://172.31.0.1", "http://192.168.1.5:1337", "http://169.254.1.1",
                            "http://pi.local", "http://[::1]", "http://[fd00::1]", "http://[fe80::1]"})
        EXPECT_FALSE(exposes(url)) << url;
}

TEST(SecretHeader, IsTheLowerCaseHashOfASecret) {
    EXPECT_EQ(secretHeader("this-is-a-test-secret"), "baf80b4b02ea7549fd4cfe565ea759b965e983ef");
    EXPECT_EQ(secretHeader("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d"); // FIPS 180-4
}

TEST(SecretHeader, LeavesAHashAndATokenAsTheyAre) {
    for (const char* given :
         {"a9993e364706816aba3e25717850c26c9cd0d89d", "pump-0123456789abcdef", "token=pump-0123456789abcdef"})
        EXPECT_EQ(secretHeader(given), given);
}

TEST(SecretHeader, HashesWhatOnlyResemblesAToken) {
    for (const char* given :
         {"toolongname-0123456789abcdef", "-0123456789abcdef", "Pump-0123456789abcdef",
          "pump-0123456789abcdeg", "pump-0123456789abcde", "A9993E364706816ABA3E25717850C26C9CD0D89D"})
        EXPECT_EQ(secretHeader(given).size(), 40U) << given;
}

TEST(HttpDate, ReadsTheFormThatServersMustSend) {
    using namespace std::chrono;
    EXPECT_EQ(parseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT"),
              sys_days(1994y / November / 6) + 8h + 49min + 37s); // RFC 9110 5.6.7
}

TEST(HttpDate, RefusesAnythingElse) {
    for (const char* text :
         {"", "now", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
          "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Xxx 1994 08:49:37 GMT",
          "Sun, 06 Nov 1994 08:49:37 CET", "Sun, -6 Nov 1994 08:49:37 GMT"})
        EXPECT_FALSE(parseHttpDate(text)) << text;
}

} // namespace
} // namespace nightscout
