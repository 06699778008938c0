// SPDX-License-Identifier: MIT
// The old end of the pump's memory (docs/nightscout/mapping.md 7): a store that begins in the middle of the
// history uploads into a site that has the whole. No document may be added, changed or lost.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>

#include "eventful_history.hpp"
#include "history_builder.hpp"
#include "virtual_pump/history_source.hpp"

namespace nightscout {
namespace {

using namespace std::chrono_literals;

/// What a site keeps of uploads: a document takes the place of one with its identifier, and removes the one
/// that it supersedes.
class Site {
public:
    void take(const std::vector<Document>& documents) {
        for (const Document& document : documents) {
            if (document.supersedes && bodies_.erase(*document.supersedes) > 0) ++lost_;
            const auto [place, added] = bodies_.try_emplace(document.identifier, document.body);
            if (added) {
                ++added_;
            } else if (place->second != document.body) {
                ++changed_;
                place->second = document.body;
            }
        }
    }
    struct Counts {
        int added = 0, changed = 0, lost = 0;
        friend bool operator==(const Counts&, const Counts&) = default;
    };
    /// Since the last call.
    Counts counts() {
        return {std::exchange(added_, 0), std::exchange(changed_, 0), std::exchange(lost_, 0)};
    }
    [[nodiscard]] std::size_t size() const { return bodies_.size(); }

private:
    std::map<std::string, std::string> bodies_;
    int added_ = 0, changed_ = 0, lost_ = 0;
};

MappingSettings everything() {
    auto settings = test::settings();
    settings.features.insert(Feature::CgmAlerts);
    settings.limitNotes = true;
    settings.clockNotes = true;
    return settings;
}

therapy::HistoryRun from(const therapy::HistoryRun& whole, std::size_t first) {
    therapy::HistoryRun cut;
    cut.records.assign(whole.records.begin() + static_cast<std::ptrdiff_t>(first), whole.records.end());
    return cut;
}

/// Cuts before each of the records up to `last`. What follows the cut at once is what can depend on it; now
/// and then all of it is looked at.
void expectNothingNewFromAnyCut(const therapy::HistoryRun& whole, std::size_t last) {
    constexpr std::size_t kAtOnce = 60;
    constexpr std::size_t kNowAndThen = 40;
    const auto settings = everything();
    Site site;
    site.take(map(whole, settings));
    ASSERT_GT(site.size(), 10U);
    for (std::size_t first = 1; first < std::min(last, whole.records.size()); ++first) {
        const auto cut = from(whole, first);
        const std::uint32_t number = cut.records.front().sequenceNumber;
        site.counts();
        site.take(map(cut, settings, number, first % kNowAndThen == 0 ? 0xffffffff : number + kAtOnce));
        const auto counts = site.counts();
        ASSERT_EQ(counts, Site::Counts{})
            << "cut before record " << first << ": " << counts.added << " added, " << counts.changed
            << " changed, " << counts.lost << " lost";
    }
}

TEST(OldEnd, OfAnEventfulHistoryAddsChangesAndLosesNothing) {
    expectNothingNewFromAnyCut(test::eventfulHistory(21, 9h), 300);
}

TEST(OldEnd, OfAGeneratedHistoryAddsChangesAndLosesNothing) {
    virtual_pump::GeneratorSettings generator;
    generator.days = 1;
    generator.end = protocol::LocalSeconds{std::chrono::seconds{1774951200}};
    std::string lines;
    for (const auto& raw : virtual_pump::generateHistory(generator)) {
        const auto record = test::history::decode(raw);
        const bool damaged =
            !record || record->header.sequenceNumber == test::history::kCorruptionSequenceNumber;
        if (!damaged) lines += protocol::toHex(raw) + "\n";
    }
    auto whole = test::runFromHex(lines, 1h);
    whole.fromBeginning = false;
    expectNothingNewFromAnyCut(whole, 400);
}

TEST(OldEnd, OfARealHistoryAddsChangesAndLosesNothing) {
    const char* path = std::getenv("PUMP_BRIDGE_REAL_RECORDS");
    if (path == nullptr) GTEST_SKIP() << "PUMP_BRIDGE_REAL_RECORDS is not set";
    std::ifstream file(path);
    if (!file) GTEST_SKIP() << "PUMP_BRIDGE_REAL_RECORDS cannot be read";
    const std::string lines{std::istreambuf_iterator<char>(file), {}};
    auto whole = test::runFromHex(lines, 1h);
    whole.fromBeginning = false;
    expectNothingNewFromAnyCut(whole, whole.records.size());
}

/// The fault of it: taken for the pump's first record, the oldest one makes other documents.
TEST(OldEnd, TakenForTheBeginningWouldDoubleAndSpoilDocuments) {
    auto whole = test::eventfulHistory(21, 9h);
    Site site;
    site.take(map(whole, everything()));
    site.counts();
    Site::Counts total;
    for (std::size_t first = 1; first < whole.records.size(); first += 29) {
        auto cut = from(whole, first);
        cut.fromBeginning = true;
        Site copy = site;
        copy.take(map(cut, everything()));
        const auto counts = copy.counts();
        total = {total.added + counts.added, total.changed + counts.changed, total.lost + counts.lost};
    }
    EXPECT_GT(total.added, 0);
    EXPECT_GT(total.changed, 0);
}

TEST(OldEnd, KeepsNothingBackThatIsKnownToBeWhole) {
    const auto whole = test::eventfulHistory(21, 24h);
    const auto late = from(whole, whole.records.size() / 2);
    const UtcSeconds settled = *late.records.front().time + kContext;
    const auto all = map(whole, everything());
    const auto expected = std::ranges::count_if(all, [&](const Document& one) { return one.time > settled; });
    const auto cut = map(late, everything());
    EXPECT_EQ(std::ranges::count_if(cut, [&](const Document& one) { return one.time > settled; }), expected);
    EXPECT_GT(expected, 40); // of the two hours that are left
}

} // namespace
} // namespace nightscout
