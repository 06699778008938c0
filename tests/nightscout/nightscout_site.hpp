// SPDX-License-Identifier: MIT
// A real Nightscout as a fixture: what the uploader sends can be read back through its API.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>

#include "nightscout_process.hpp"
#include "upload_fixture.hpp"

namespace nightscout::testing {

class NightscoutSiteTest : public UploaderTest {
protected:
    void SetUp() override {
        const auto folder = NightscoutProcess::folder();
        if (!folder) GTEST_SKIP() << "PUMP_BRIDGE_NIGHTSCOUT_DIR names no folder with node_modules";
        server_ = std::make_unique<NightscoutProcess>(io_, *folder, kApiSecret);
        connectTo(server_->port());
        ClientSettings settings = client_->settings();
        settings.bodyLimit = 16 * 1024 * 1024; // a test reads all of the site at once
        direct_ = std::make_unique<Client>(io_.get_executor(), settings);
    }
    nlohmann::json ask(const std::string& path) {
        const Response response = runTask(io_, direct_->request("GET", path, ""));
        EXPECT_EQ(response.status, 200U) << path;
        return nlohmann::json::parse(response.body, nullptr, false);
    }
    /// All that the site holds.
    nlohmann::json stored(Collection collection) {
        switch (collection) {
            case Collection::Entries:
                return ask("/api/v1/entries.json?find[date][$gte]=1&count=100000");
            case Collection::Treatments:
            case Collection::DeviceStatus:
                break;
        }
        return ask("/api/v1/" + std::string(name(collection)) +
                   ".json?find[created_at][$gte]=1970-01-02T00:00:00.000Z&count=100000");
    }

    std::unique_ptr<NightscoutProcess> server_;
    std::unique_ptr<Client> direct_;
};

} // namespace nightscout::testing
