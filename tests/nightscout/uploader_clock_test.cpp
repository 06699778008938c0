// SPDX-License-Identifier: MIT
// Uploading while this computer's clock is not trusted (docs/nightscout/mapping.md 5.3).
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "client_fixture.hpp"
#include "scripted_site.hpp"
#include "upload_fixture.hpp"

namespace nightscout {
namespace {

using namespace std::chrono_literals;

class AnUploaderWithoutClock : public testing::UploaderTest {};

TEST_F(AnUploaderWithoutClock, LeavesDeviceStatusesWhereTheyAre) {
    outbox_.add(testing::deviceStatus(0));
    outbox_.add(testing::entry(0));
    testing::ScriptedSite site(io_);
    connectTo(site.server.port());
    clock_.setUtc(clock_.utc() + 3h); // it would be outdated, if that were so
    uploader_->trustClock(false);
    EXPECT_TRUE(drain());
    EXPECT_EQ(outbox_.depth(), 1U);
    EXPECT_EQ(site.stored.size(), 1U);
    uploader_->trustClock(true);
    EXPECT_TRUE(drain());
    EXPECT_EQ(outbox_.depth(), 0U) << "now it is known to be outdated";
    EXPECT_EQ(site.stored.size(), 1U);
}

class AnUploaderToAnOldCertificate : public testing::UploaderTest {
protected:
    void begin() {
        outbox_.add(testing::entry(0));
        const auto certificate = testing::makeCertificate("IP:127.0.0.1", {-48h, -1h});
        server_.emplace(io_, testing::inTurn({testing::answer(200)}), certificate);
        std::ofstream(file_) << certificate.certificate;
        ClientSettings settings;
        settings.site = SiteUrl{true, "127.0.0.1", std::to_string(server_->port()), "", {}, {}};
        settings.caFile = file_;
        client_ = std::make_unique<Client>(io_.get_executor(), settings);
        std::filesystem::remove(file_);
        uploader_ = std::make_unique<Uploader>(
            clock_, *client_, outbox_, policy_, [] { return 0.5; }, log_);
    }

private:
    std::string file_ = std::filesystem::temp_directory_path() /
                        ("pump-bridge-old-ca-" + std::to_string(::getpid()) + ".pem");
    std::optional<testing::ScriptedServer> server_;
};

TEST_F(AnUploaderToAnOldCertificate, NamesTheSiteWhereTheClockIsTrusted) {
    begin();
    EXPECT_FALSE(drain());
    EXPECT_EQ(uploader_->state().lastError.find("this computer's clock"), std::string::npos);
    EXPECT_NE(uploader_->state().lastError.find("certificate is not trusted"), std::string::npos);
}

TEST_F(AnUploaderToAnOldCertificate, NamesThisComputersClockWhereItIsNot) {
    begin();
    uploader_->trustClock(false);
    EXPECT_FALSE(drain());
    EXPECT_NE(uploader_->state().lastError.find("this computer's clock cannot be trusted"),
              std::string::npos);
}

} // namespace
} // namespace nightscout
