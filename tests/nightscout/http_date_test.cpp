// SPDX-License-Identifier: MIT
#include "nightscout/upload/http_date.hpp"

#include <gtest/gtest.h>

namespace nightscout {
namespace {

TEST(HttpDate, ReadsTheFormThatServersMustSend) {
    using namespace std::chrono;
    EXPECT_EQ(parseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT"),
              sys_days(1994y / November / 6) + 8h + 49min + 37s); // RFC 9110 5.6.7
}

TEST(HttpDate, RefusesAnythingElse) {
    for (const char* text :
         {"", "now", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
          "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Xxx 1994 08:49:37 GMT",
          "Sun, 06 Nov 1994 08:49:37 CET", "Sun, -6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMTx",
          "Sun,  6 Nov 1994  8:49:37 GMT", "Sunday, 6 Nov 1994 8:49:7 GMT"})
        EXPECT_FALSE(parseHttpDate(text)) << text;
}

TEST(RetryAfter, CountsMoreThanAnHourAsAnHour) {
    using namespace std::chrono_literals;
    const std::string now = "Sun, 06 Nov 1994 08:00:00 GMT";
    EXPECT_EQ(parseRetryAfter("17", std::nullopt), 17s);
    EXPECT_EQ(parseRetryAfter("3599", std::nullopt), 3599s);
    EXPECT_EQ(parseRetryAfter("3601", std::nullopt), 1h);
    EXPECT_EQ(parseRetryAfter("86400", std::nullopt), 1h);
    EXPECT_EQ(parseRetryAfter("99999999999999999999999999", std::nullopt), 1h);
    EXPECT_EQ(parseRetryAfter("Sun, 06 Nov 1994 08:59:59 GMT", now), 3599s);
    EXPECT_EQ(parseRetryAfter("Mon, 07 Nov 1994 08:00:00 GMT", now), 1h);
    EXPECT_EQ(parseRetryAfter("Sun, 06 Nov 1994 07:00:00 GMT", now), 0s);
}

TEST(RetryAfter, IsNothingWithoutSense) {
    EXPECT_FALSE(parseRetryAfter("", std::nullopt));
    EXPECT_FALSE(parseRetryAfter("soon", std::nullopt));
    EXPECT_FALSE(parseRetryAfter("-5", std::nullopt));
    EXPECT_FALSE(parseRetryAfter("Sun, 06 Nov 1994 08:59:59 GMT", std::nullopt)) << "no Date to count from";
}

} // namespace
} // namespace nightscout
