// SPDX-License-Identifier: MIT
// A client against the scripted server: what the client's tests share.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "nightscout/upload/client.hpp"
#include "run_task.hpp"
#include "scripted_server.hpp"

namespace nightscout::testing {

inline constexpr auto kSecret = "baf80b4b02ea7549fd4cfe565ea759b965e983ef";

inline ScriptedAnswer answer(unsigned status, std::string body = "[]") {
    ScriptedAnswer given;
    given.status = status;
    given.body = std::move(body);
    return given;
}

inline ScriptedAnswer fault(ScriptedAnswer::Fault kind) {
    ScriptedAnswer given;
    given.fault = kind;
    return given;
}

class ClientTest : public ::testing::Test {
protected:
    ClientSettings settingsFor(const ScriptedServer& server, bool tls = false) const {
        ClientSettings settings;
        settings.site =
            SiteUrl{tls, "127.0.0.1", std::to_string(server.port()), "", std::nullopt, std::nullopt};
        settings.apiSecretHeader = kSecret;
        return settings;
    }
    Response get(Client& client, const std::string& path = "/api/v1/x.json") {
        return runTask(io_, client.request("GET", path, ""));
    }
    Response post(Client& client) { return runTask(io_, client.request("POST", "/api/v1/x.json", "[{}]")); }

    template <typename Ask>
    TransportError failureOf(Ask ask) {
        try {
            ask();
        } catch (const TransportError& error) {
            EXPECT_EQ(std::string(error.what()).find(kSecret), std::string::npos);
            return error;
        }
        ADD_FAILURE() << "there was an answer";
        return {TransportError::Kind::Protocol, ""};
    }

    std::string writeFile(const std::string& text) {
        const auto file = std::filesystem::temp_directory_path() /
                          ("pump-bridge-ca-" + std::to_string(::getpid()) + ".pem");
        std::ofstream(file) << text;
        files_.push_back(file);
        return file.string();
    }
    void TearDown() override {
        for (const auto& file : files_) std::filesystem::remove(file);
    }

    asio::io_context io_{1};

private:
    std::vector<std::filesystem::path> files_;
};

} // namespace nightscout::testing
