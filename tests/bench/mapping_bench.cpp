// SPDX-License-Identifier: MIT
// Records -> documents. The measure: the 6,000 records of a full pump in a few milliseconds, for the mapping
// runs after each page of a sync.
#include <benchmark/benchmark.h>

#include "eventful_history.hpp"
#include "history_builder.hpp"

namespace {

using namespace std::chrono_literals;

therapy::HistoryRun fullPump() {
    auto run = nightscout::test::eventfulHistory(1, 240h);
    run.records.resize(std::min<std::size_t>(run.records.size(), 6000));
    return run;
}

void mapFullPump(benchmark::State& state) {
    const auto run = fullPump();
    const auto settings = nightscout::test::settings();
    std::size_t documents = 0;
    for (auto _ : state) documents = map(run, settings).size();
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(run.records.size()));
    state.counters["documents"] = static_cast<double>(documents);
}
BENCHMARK(mapFullPump)->Unit(benchmark::kMillisecond);

/// One new page of 40 records, with everything else as context.
void mapNewestPage(benchmark::State& state) {
    const auto run = fullPump();
    const auto settings = nightscout::test::settings();
    const auto newest = run.records.back().sequenceNumber;
    for (auto _ : state) benchmark::DoNotOptimize(map(run, settings, newest - 39, newest));
}
BENCHMARK(mapNewestPage)->Unit(benchmark::kMicrosecond);

/// Boluses of one id that no delivery ever answers: pairing must not search them again and again.
void mapUnansweredBoluses(benchmark::State& state) {
    nightscout::test::HistoryBuilder builder;
    for (int i = 0; i < 3000; ++i) builder.at(std::chrono::seconds(60 * i)).programmed(1, 1000);
    const auto settings = nightscout::test::settings();
    for (auto _ : state) benchmark::DoNotOptimize(map(builder.run(), settings));
}
BENCHMARK(mapUnansweredBoluses)->Unit(benchmark::kMillisecond);

} // namespace
