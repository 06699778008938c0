// SPDX-License-Identifier: MIT
#include "bridge/collapsing_sink.hpp"

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ostream_sink.h>

#include <sstream>

namespace bridge {
namespace {

using namespace std::chrono_literals;

class ACollapsingSink : public testing::Test {
protected:
    ACollapsingSink() {
        auto target = std::make_shared<spdlog::sinks::ostream_sink_st>(text_);
        log_ = std::make_shared<spdlog::logger>("test", std::make_shared<CollapsingSink>(target));
        log_->set_level(spdlog::level::debug);
        log_->set_pattern("%l %v");
    }
    void write(spdlog::level::level_enum level, const std::string& line) {
        log_->log(now_, spdlog::source_loc{}, level, line);
    }
    [[nodiscard]] std::vector<std::string> lines() const {
        std::istringstream in(text_.str());
        std::vector<std::string> all;
        for (std::string line; std::getline(in, line);) all.push_back(line);
        return all;
    }

    std::ostringstream text_;
    std::shared_ptr<spdlog::logger> log_;
    spdlog::log_clock::time_point now_{std::chrono::hours(490'000)};
};

TEST_F(ACollapsingSink, CountsWhatComesTooOften) {
    for (int n = 0; n < 2955; ++n) {
        write(spdlog::level::warn, "session: undecodable IDD Status length=" + std::to_string(n % 180));
        now_ += 5ms;
    }
    EXPECT_EQ(lines().size(), 10U);
    now_ += 1s;
    write(spdlog::level::info, "another line");
    ASSERT_EQ(lines().size(), 12U);
    EXPECT_EQ(lines()[10], "warning 2,945 more like this in 15 s: session: undecodable IDD Status length=#");
    EXPECT_EQ(lines()[11], "info another line");
}

TEST_F(ACollapsingSink, PassesTenWithinItsWindowAndTenInTheNext) {
    for (int window = 0; window < 3; ++window) {
        for (int n = 0; n < 10; ++n) write(spdlog::level::err, "failed after " + std::to_string(n) + " s");
        now_ += 15s;
    }
    EXPECT_EQ(lines().size(), 30U);
    EXPECT_EQ(text_.str().find("more like this"), std::string::npos);
}

TEST_F(ACollapsingSink, KeepsKindsApartAndDebugLinesWhole) {
    for (int n = 0; n < 30; ++n) write(spdlog::level::debug, "frame 00ff");
    for (int n = 0; n < 11; ++n) write(spdlog::level::info, "one 1");
    write(spdlog::level::info, "two 1");
    EXPECT_EQ(lines().size(), 41U);
}

TEST_F(ACollapsingSink, SaysAtItsEndWhatItHasHeld) {
    for (int n = 0; n < 12; ++n) write(spdlog::level::warn, "again");
    log_.reset();
    ASSERT_EQ(lines().size(), 11U);
    EXPECT_NE(lines()[10].find("2 more like this"), std::string::npos);
}

TEST_F(ACollapsingSink, DoesNotGrowWithTheKinds) {
    for (int n = 0; n < 5000; ++n)
        write(spdlog::level::warn, std::string(static_cast<std::size_t>(n % 1000), 'x'));
    EXPECT_EQ(lines().size(), 5000U);
}

TEST(TheKindOfALine, IsWhatIsNoNumber) {
    EXPECT_EQ(CollapsingSink::kindOf("peer=00:23:F7:12:34:56 bonded=true in 12.5 s"),
              "peer=#:#:#:#:#:# bonded=true in #.# s");
    EXPECT_EQ(CollapsingSink::kindOf(""), "");
}

} // namespace
} // namespace bridge
