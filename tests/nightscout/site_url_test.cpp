// SPDX-License-Identifier: MIT
#include "nightscout/upload/site_url.hpp"

#include <gtest/gtest.h>

namespace nightscout {
namespace {

struct Row {
    const char* written;
    const char* base;
};

class ASiteUrl : public ::testing::TestWithParam<Row> {};

TEST_P(ASiteUrl, IsNormalised) {
    const auto site = parseSiteUrl(GetParam().written);
    ASSERT_TRUE(site) << GetParam().written << ": " << describe(site.error());
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

struct Refusal {
    const char* written;
    SiteUrlError error;
};

class AnUnusableSiteUrl : public ::testing::TestWithParam<Refusal> {};

TEST_P(AnUnusableSiteUrl, IsRefusedWithItsReason) {
    const auto site = parseSiteUrl(GetParam().written);
    ASSERT_FALSE(site) << GetParam().written;
    EXPECT_EQ(describe(site.error()), describe(GetParam().error)) << GetParam().written;
}

INSTANTIATE_TEST_SUITE_P(Of, AnUnusableSiteUrl,
                         ::testing::Values(Refusal{"", SiteUrlError::Empty},
                                           Refusal{"  ", SiteUrlError::Empty},
                                           Refusal{"https://", SiteUrlError::NoHost},
                                           Refusal{"https:///path", SiteUrlError::NoHost},
                                           Refusal{"ftp://host", SiteUrlError::Scheme},
                                           Refusal{"https://ho st", SiteUrlError::NotPlainAscii},
                                           Refusal{"https://h\xc3\xb6st", SiteUrlError::NotPlainAscii},
                                           Refusal{"https://ho,st", SiteUrlError::Host},
                                           Refusal{"https://host:0", SiteUrlError::Port},
                                           Refusal{"https://host:65536", SiteUrlError::Port},
                                           Refusal{"https://host:12x", SiteUrlError::Port},
                                           Refusal{"https://[::1", SiteUrlError::Ipv6Address},
                                           Refusal{"https://[host]", SiteUrlError::Ipv6Address},
                                           Refusal{"https://[::1]x", SiteUrlError::Ipv6Address},
                                           Refusal{"https://host/#settings", SiteUrlError::Fragment},
                                           Refusal{"https://host/?count=3", SiteUrlError::Query},
                                           Refusal{"https://host?token=", SiteUrlError::Query},
                                           Refusal{"https://host?token=a&b=c", SiteUrlError::Query},
                                           Refusal{"https://@host", SiteUrlError::Credentials},
                                           Refusal{"https://%zz@host", SiteUrlError::Credentials}));

TEST(SiteUrlCredentials, MoveTheUserInfoToTheSecret) {
    const auto site = parseSiteUrl("https://my%20long%40secret@host/api/v1/");
    ASSERT_TRUE(site);
    EXPECT_EQ(site->secret, "my long@secret");
    EXPECT_EQ(site->text(), "https://host");
}

TEST(SiteUrlCredentials, MoveTheTokenOutOfTheQuery) {
    const auto site = parseSiteUrl("https://host/?token=pump-0123456789abcdef");
    ASSERT_TRUE(site);
    EXPECT_EQ(site->token, "pump-0123456789abcdef");
    EXPECT_EQ(site->text(), "https://host");
}

TEST(SiteUrlCredentials, NeverAppearInTheReasonForARefusal) {
    for (const char* url :
         {"https://SesameOpen@ho st", "https://SesameOpen@host:99999", "https://SesameOpen@h%st",
          "https://SesameOpen@host?x=1", "ftp://SesameOpen@host", "https://SesameOpen@host/#x"}) {
        const auto site = parseSiteUrl(url);
        ASSERT_FALSE(site) << url;
        EXPECT_EQ(describe(site.error()).find("Sesame"), std::string_view::npos);
    }
}

TEST(SiteUrl, ShowsWhereTheSecretTravelsInTheClear) {
    const auto exposes = [](const char* url) { return parseSiteUrl(url)->exposesSecret(); };
    for (const char* url :
         {"http://example.org", "http://8.8.8.8", "http://172.32.0.1", "http://[2001:db8::1]"})
        EXPECT_TRUE(exposes(url)) << url;
    for (const char* url : {"https://example.org", "http://localhost", "http://127.0.0.1", "http://10.1.2.3",
                            "http://172.31.0.1", "http://192.168.1.5:1337", "http://169.254.1.1",
                            "http://pi.local", "http://[::1]", "http://[fd00::1]", "http://[fe80::1]"})
        EXPECT_FALSE(exposes(url)) << url;
}

} // namespace
} // namespace nightscout
