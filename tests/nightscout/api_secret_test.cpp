// SPDX-License-Identifier: MIT
#include "nightscout/upload/api_secret.hpp"

#include <gtest/gtest.h>

#include "nightscout/upload/answer.hpp"

namespace nightscout {
namespace {

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

TEST(Judgement, BlotsTheSecretOutInEitherCase) {
    Response response;
    response.status = 401;
    response.body = R"({"message":"no A9993E36 here, nor a9993e36"})";
    EXPECT_EQ(judge(response, "a9993e36").reason, "HTTP 401: no *** here, nor ***");
    EXPECT_EQ(judge(response, "").reason, "HTTP 401: no A9993E36 here, nor a9993e36");
}

} // namespace
} // namespace nightscout
