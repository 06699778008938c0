// SPDX-License-Identifier: MIT
// A store with the generated life of a pump, and the configuration that names it.
#pragma once

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "bridge/commands/upload.hpp"
#include "measured_clock.hpp"
#include "protocol/history/record.hpp"
#include "temporary_directory.hpp"
#include "virtual_pump/history_source.hpp"

namespace bridge::test {

using Json = nlohmann::json;

/// 2026-03-14 09:00 on the pump's clock, an hour ahead of UTC.
inline constexpr protocol::LocalSeconds kPumpNow{std::chrono::seconds{1773478800}};

inline std::vector<ReceivedRecord> generatedRecords(int days, std::uint64_t seed = 7) {
    virtual_pump::GeneratorSettings settings;
    settings.seed = seed;
    settings.days = days;
    settings.firstSequenceNumber = 0; // nothing was before it: all of it is sent
    settings.end = kPumpNow;
    std::vector<ReceivedRecord> records;
    for (auto& raw : virtual_pump::generateHistory(settings)) {
        const auto header = protocol::history::parseHeader(raw);
        if (header) records.push_back({header->sequenceNumber, std::move(raw)});
    }
    return records;
}

class GeneratedStore : public ::testing::Test {
protected:
    GeneratedStore() {
        configuration.timezone = "Europe/Berlin";
        configuration.storage.path = directory / "history.db";
    }

    /// `part`: received at a time.
    static void fill(Store& store, const std::vector<ReceivedRecord>& records, std::size_t part = 5000) {
        const PumpInfo pump = store.pump("NG1234567H");
        store.keepClockOffset(pump.id, measuredClock(records.back().sequenceNumber, std::chrono::hours{1}));
        store.noteOldest(pump.id, records.front().sequenceNumber);
        for (std::size_t at = 0; at < records.size(); at += part) {
            const std::size_t size = std::min(part, records.size() - at);
            store.addRecords(pump.id, {records.data() + at, size}, std::chrono::sys_seconds{});
        }
        // What the pump has lost, as a sync finds.
        const auto held = store.held(pump.id);
        for (std::size_t i = 1; i < held.size(); ++i)
            store.markAbsent(pump.id, {held[i - 1].last + 1, held[i].first - 1});
    }
    /// Newly, for the segment that holds the newest record.
    static void measure(Store& store, std::chrono::seconds offset) {
        store.keepClockOffset(1, measuredClock(store.held(1).back().last, offset));
    }
    void fillWith(int days) {
        Store store(configuration.storage.path);
        fill(store, generatedRecords(days));
    }

    /// Exit code of the command; what it said is in `out` and `err`.
    int uploadNow(const UploadOptions& options) {
        out.str("");
        err.str("");
        return upload(options, configuration, directory / "run" / "control", log, {in, out, err});
    }
    /// The documents that --pretend prints.
    std::vector<Json> pretended(UploadOptions options) {
        options.pretend = true;
        EXPECT_EQ(uploadNow(options), kDone) << err.str();
        std::vector<Json> documents;
        for (std::string line; std::getline(out, line);) documents.push_back(Json::parse(line));
        out.clear();
        return documents;
    }

    TemporaryDirectory directory;
    Configuration configuration;
    std::istringstream in;
    std::stringstream out;
    std::ostringstream err;
    spdlog::logger log{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
};

/// created_at of a treatment, dateString of an entry.
inline std::string timeOf(const Json& document) {
    return document.contains("created_at") ? document.at("created_at").get<std::string>()
                                           : document.at("dateString").get<std::string>();
}

} // namespace bridge::test
