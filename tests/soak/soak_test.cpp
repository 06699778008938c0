// SPDX-License-Identifier: MIT
// Weeks of a pump's life with faults on all sides, from a seed: in the end the site has what the pump's
// records imply (docs/architecture.md 9). A failing seed is repeated with PUMP_BRIDGE_SOAK_SEED, and looked
// at with PUMP_BRIDGE_SOAK_LOG, a file; PUMP_BRIDGE_SOAK_WEEKS.
#include <gtest/gtest.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/null_sink.h>

#include <cstdlib>
#include <ctime>

#include "comparison.hpp"

namespace soak {
namespace {

using namespace std::chrono_literals;

// Not optimized, a week takes as long as ten.
#ifdef NDEBUG
constexpr int kShort = 2; // weeks
constexpr Seconds kTellsSeldom = 2h;
#else
constexpr int kShort = 1;
constexpr Seconds kTellsSeldom = 6h;
#endif

std::shared_ptr<spdlog::sinks::sink> wantedLog() {
    const char* file = std::getenv("PUMP_BRIDGE_SOAK_LOG");
    if (file == nullptr) return std::make_shared<spdlog::sinks::null_sink_mt>();
    return std::make_shared<spdlog::sinks::basic_file_sink_mt>(file, true);
}

std::string firstOf(const std::vector<std::string>& lines, std::size_t most) {
    std::string text;
    for (std::size_t i = 0; i < lines.size() && i < most; ++i) text += "\n  " + lines[i];
    if (lines.size() > most) text += "\n  and " + std::to_string(lines.size() - most) + " more";
    return text;
}

void soak(unsigned seed, int weeks, Seconds tellsEvery) {
    const Plan plan = makePlan(seed, weeks, tellsEvery);
    const auto zone = therapy::Zone::find("Europe/Berlin").value();
    spdlog::logger log("soak", wantedLog());
    log.set_level(spdlog::level::debug);
    Weeks life(plan, seed, zone, log);
    life.live();
    const auto found = differences(life, plan, zone);
    std::printf("seed %u: %s, CPU %.1f s\n", seed, life.summary().c_str(),
                static_cast<double>(std::clock()) / CLOCKS_PER_SEC);
    if (found.empty() && life.complaints().empty()) return;
    ADD_FAILURE() << "PUMP_BRIDGE_SOAK_SEED=" << seed << " PUMP_BRIDGE_SOAK_WEEKS=" << weeks
                  << firstOf(plan.lines(), 1000) << "\nby the way:" << firstOf(life.complaints(), 20)
                  << "\nin the end:" << firstOf(found, 20);
}

class Soak : public ::testing::TestWithParam<unsigned> {};

TEST_P(Soak, EndsWithWhatThePumpsRecordsImply) {
    soak(GetParam(), kShort, kTellsSeldom);
}

INSTANTIATE_TEST_SUITE_P(Seed, Soak, ::testing::Values(1U, 2U, 3U));

TEST(SoakOfASeed, EndsWithWhatThePumpsRecordsImply) {
    const char* seed = std::getenv("PUMP_BRIDGE_SOAK_SEED");
    if (seed == nullptr) GTEST_SKIP() << "PUMP_BRIDGE_SOAK_SEED is not set";
    const char* weeks = std::getenv("PUMP_BRIDGE_SOAK_WEEKS");
    const auto number = static_cast<unsigned>(std::strtoul(seed, nullptr, 10));
    static constexpr std::array<std::chrono::minutes, 3> kTellsEvery{30min, 10min, 0min};
    const char* minutes = std::getenv("PUMP_BRIDGE_SOAK_MINUTES");
    soak(number, weeks == nullptr ? kShort : static_cast<int>(std::strtol(weeks, nullptr, 10)),
         minutes == nullptr ? kTellsEvery.at(number % kTellsEvery.size())
                            : std::chrono::minutes{std::strtol(minutes, nullptr, 10)});
}

} // namespace
} // namespace soak
