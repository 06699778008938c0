// SPDX-License-Identifier: MIT
// What the uploader's tests share: documents, a clock that does not wait, an uploader with its log in memory.
#pragma once

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <sstream>
#include <string>

#include "fake_clock.hpp"
#include "memory_outbox.hpp"
#include "nightscout/upload/api_secret.hpp"
#include "nightscout/upload/client.hpp"
#include "nightscout/upload/uploader.hpp"
#include "run_task.hpp"
#include "scripted_server.hpp"

namespace nightscout::testing {

inline constexpr const char* kApiSecret = "this-is-a-test-secret";

inline Document treatment(int number, const std::string& eventType = "Temp Basal") {
    Document document;
    document.identifier = identifier("NG1234567H", Kind::AutoBasal, std::to_string(number));
    document.collection = Collection::Treatments;
    document.eventType = eventType;
    document.time = UtcMilliseconds(std::chrono::sys_days(std::chrono::year(2026) / 3 / 14)) +
                    std::chrono::minutes(number) + std::chrono::milliseconds(number % 1000);
    document.sequenceNumber = static_cast<std::uint32_t>(number);
    document.body = R"({"identifier":")" + document.identifier + R"(","created_at":")" +
                    toIso(document.time) + R"(","eventType":")" + eventType +
                    R"(","enteredBy":"openaps://minimed-780g","duration":5,"rate":)" +
                    std::to_string(number % 7) + ".25}";
    return document;
}

inline Document entry(int number, int mgDl = 120) {
    Document document;
    document.identifier = identifier("NG1234567H", Kind::Sgv, std::to_string(number));
    document.collection = Collection::Entries;
    document.eventType = "sgv";
    document.time = UtcMilliseconds(std::chrono::sys_days(std::chrono::year(2026) / 3 / 14)) +
                    std::chrono::minutes(5 * number);
    document.body = R"({"type":"sgv","identifier":")" + document.identifier + R"(","date":)" +
                    std::to_string(document.time.time_since_epoch().count()) + R"(,"dateString":")" +
                    toIso(document.time) + R"(","sgv":)" + std::to_string(mgDl) +
                    R"(,"direction":"Flat","device":"minimed-780g://780G"})";
    return document;
}

inline Document deviceStatus(int number) {
    Document document;
    document.identifier = identifier("NG1234567H", Kind::Note, "status" + std::to_string(number));
    document.collection = Collection::DeviceStatus;
    document.time = UtcMilliseconds(std::chrono::sys_days(std::chrono::year(2026) / 3 / 14)) +
                    std::chrono::minutes(5 * number);
    document.body = R"({"device":"minimed-780g://780G","created_at":")" + toIso(document.time) +
                    R"(","pump":{"reservoir":123.475}})";
    return document;
}

class UploaderTest : public ::testing::Test {
protected:
    UploaderTest() { log_.set_level(spdlog::level::debug); }

    /// An uploader that talks to a server on this port of the loopback.
    void connectTo(std::uint16_t port, const std::string& secret = kApiSecret) {
        ClientSettings settings;
        settings.site = SiteUrl{false, "127.0.0.1", std::to_string(port), "", std::nullopt, std::nullopt};
        settings.apiSecretHeader = secretHeader(secret);
        client_ = std::make_unique<Client>(io_.get_executor(), settings);
        uploader_ = std::make_unique<Uploader>(
            clock_, *client_, outbox_, policy_, [] { return 0.5; }, log_);
    }
    bool drain(int retries = 3) { return runTask(io_, uploader_->drain(retries)); }
    std::string log() {
        log_.flush();
        return text_.str();
    }
    int logged(const std::string& words) {
        int count = 0;
        const std::string all = log();
        for (auto at = all.find(words); at != std::string::npos; at = all.find(words, at + 1)) ++count;
        return count;
    }
    void TearDown() override {
        EXPECT_EQ(log().find(kApiSecret), std::string::npos);
        EXPECT_EQ(log().find(secretHeader(kApiSecret)), std::string::npos);
    }

    asio::io_context io_{1};
    FakeClock clock_{io_};
    UploadPolicy policy_;
    MemoryOutbox outbox_;
    std::ostringstream text_;
    spdlog::logger log_{"test", std::make_shared<spdlog::sinks::ostream_sink_st>(text_)};
    std::unique_ptr<Client> client_;
    std::unique_ptr<Uploader> uploader_;
};

} // namespace nightscout::testing
