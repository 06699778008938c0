// SPDX-License-Identifier: MIT
#include "bridge/config/credential_watch.hpp"

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <sstream>
#include <vector>

#include "../ble/loop.hpp"
#include "temporary_directory.hpp"

namespace bridge::test {
namespace {

namespace asio = boost::asio;
using ble::test::runUntil;

class AWatchOfACredential : public ::testing::Test {
protected:
    void begin() {
        const auto file = directory.write("api-secret", "the first secret\n");
        watch = std::make_unique<CredentialWatch>(
            io.get_executor(), file, "the first secret",
            [this](const std::string& credential) { seen.push_back(credential); }, log);
        asio::co_spawn(io, watch->run(), asio::detached);
        io.poll();
    }
    [[nodiscard]] std::string said() const { return text.str(); }
    [[nodiscard]] bool warned() const { return said().find("stays in use") != std::string::npos; }

    TemporaryDirectory directory;
    asio::io_context io{1};
    std::ostringstream text;
    spdlog::logger log{"test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text)};
    std::unique_ptr<CredentialWatch> watch;
    std::vector<std::string> seen;
};

TEST_F(AWatchOfACredential, SeesItsFileWritten) {
    begin();
    directory.write("api-secret", "the second secret\n");
    ASSERT_TRUE(runUntil(io, [this] { return !seen.empty(); }));
    EXPECT_EQ(seen, std::vector<std::string>{"the second secret"});
    EXPECT_EQ(said().find("secret\n"), std::string::npos);
    EXPECT_EQ(said().find("second"), std::string::npos);
}

TEST_F(AWatchOfACredential, SeesAnotherFileTakeItsPlace) {
    begin();
    const auto aside = directory.write("api-secret.new", "the second secret");
    std::filesystem::rename(aside, directory / "api-secret");
    ASSERT_TRUE(runUntil(io, [this] { return !seen.empty(); }));
    EXPECT_EQ(seen, std::vector<std::string>{"the second secret"});
    EXPECT_FALSE(warned());
}

TEST_F(AWatchOfACredential, KeepsTheFormerOneWhileThereIsNoFile) {
    begin();
    std::filesystem::remove(directory / "api-secret");
    ASSERT_TRUE(runUntil(io, [this] { return warned(); }));
    EXPECT_TRUE(seen.empty());
    EXPECT_EQ(said().find("first"), std::string::npos);
    directory.write("api-secret", "the second secret");
    ASSERT_TRUE(runUntil(io, [this] { return !seen.empty(); }));
    EXPECT_EQ(seen.size(), 1U);
}

TEST_F(AWatchOfACredential, IsQuietAboutOtherFilesAndTheSameContent) {
    begin();
    directory.write("another", "file");
    directory.write("api-secret", "the first secret");
    directory.write("api-secret", "the last secret");
    ASSERT_TRUE(runUntil(io, [this] { return !seen.empty(); }));
    EXPECT_EQ(seen, std::vector<std::string>{"the last secret"});
}

TEST(AWatchOfACredentialWithoutADirectory, SaysSo) {
    asio::io_context io;
    std::ostringstream text;
    spdlog::logger log{"test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text)};
    const CredentialWatch watch{io.get_executor(), "/nonexistent/directory/secret", "x", [](const auto&) {},
                                log};
    EXPECT_NE(text.str().find("cannot be watched"), std::string::npos);
}

} // namespace
} // namespace bridge::test
