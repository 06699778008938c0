// SPDX-License-Identifier: MIT
// Decoding of five days of history: about 6,000 records in the proportions of docs/protocol/history.md 13.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <vector>

#include "protocol/history/record.hpp"

namespace {

using protocol::Bytes;

constexpr std::size_t kRecords = 6000;

struct Share {
    const char* record;
    int perDay;
};
constexpr Share kDay[] = {
    {"0cf0aa860100bb0003008e000c09d7ff", 288},          // SG
    {"0df0b3860100bc00030089000000", 288},              // analytics
    {"01f0b6860100bf00c9c0c62df9", 150},                // auto basal
    {"5a00c1860100b404ca0033001711fb000000000000", 40}, // bolus programmed
    {"6600c2860100b40406003c", 40},                     //
    {"6900c3860100e304ca0033001711fb000000000000", 40}, // bolus delivered
    {"9600c4860100e30403000000003c0f", 40},             //
    {"0ef0a0860100100e3cea07030e091a00", 24},           // reference
    {"04f0d6860100000007520300fd", 24},                 // therapy context
    {"9900d3860100330400520300fd090000ff", 24},         // basal rate
    {"05f0be860100b4042d00", 6},                        // meal
    {"10f00587010070080333020cf30f90ec4731", 6},        // annunciation
    {"0ff03687010076080c033302", 6},                    //
    {"0af0dc860100ee0202", 4},                          // stopped
    {"0bf0e1860100890301", 4},                          // restarted
};

/// Spread evenly, so that the decoder cannot learn a run of one type.
std::vector<Bytes> mixedHistory() {
    std::vector<Bytes> kinds;
    std::vector<int> due;
    int total = 0;
    for (const Share& share : kDay) {
        const auto bytes = protocol::fromHex(share.record);
        if (!bytes.has_value()) std::abort();
        kinds.push_back(*bytes);
        due.push_back(0);
        total += share.perDay;
    }
    std::vector<Bytes> history;
    while (history.size() < kRecords) {
        for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
            due[kind] += kDay[kind].perDay;
            if (due[kind] < total) continue;
            due[kind] -= total;
            history.push_back(kinds[kind]);
        }
    }
    return history;
}

void decodeHistory(benchmark::State& state) {
    const std::vector<Bytes> history = mixedHistory();
    for (auto _ : state) {
        for (const Bytes& bytes : history) {
            const auto record = protocol::history::decode(bytes);
            if (!record.has_value()) std::abort();
            benchmark::DoNotOptimize(record->data.index());
        }
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(history.size()));
}
BENCHMARK(decodeHistory);

} // namespace
