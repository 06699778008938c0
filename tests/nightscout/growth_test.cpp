// SPDX-License-Identifier: MIT
// The history comes in pieces, newest day first. Whatever the pieces, the documents must be those of the
// whole.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "eventful_history.hpp"
#include "history_builder.hpp"

namespace nightscout {
namespace {

namespace history = protocol::history;
using namespace std::chrono_literals;
using Index = std::map<std::string, Document>;

Index index(const std::vector<Document>& documents) {
    Index index;
    for (const auto& document : documents) index.emplace(document.identifier, document);
    return index;
}

therapy::HistoryRun part(const therapy::HistoryRun& whole, std::size_t first, std::size_t end) {
    therapy::HistoryRun part;
    part.records.assign(whole.records.begin() + static_cast<std::ptrdiff_t>(first),
                        whole.records.begin() + static_cast<std::ptrdiff_t>(end));
    part.fromBeginning = whole.fromBeginning && first == 0;
    return part;
}

/// Only what a running bolus, a late calibration or basal that goes on explains
/// (docs/nightscout/mapping.md 8.4, 8.6, 8.11).
bool mayChange(const Document& document) {
    const auto body = nlohmann::json::parse(document.body);
    return document.kind == Kind::Gap || document.kind == Kind::Basal || document.kind == Kind::Suspend ||
           document.eventType == "Combo Bolus" || document.kind == Kind::Bg ||
           (document.kind == Kind::Note && body.at("notes").get<std::string>().starts_with("Square bolus"));
}

void expectNoContradiction(const Document& early, const Index& whole) {
    const auto found = whole.find(early.identifier);
    ASSERT_NE(found, whole.end()) << early.body;
    const Document& late = found->second;
    if (early == late) return;
    EXPECT_TRUE(mayChange(early)) << early.body << "\n" << late.body;
    EXPECT_EQ(early.time, late.time);
    EXPECT_EQ(early.eventType, late.eventType);
    EXPECT_EQ(early.supersedes, late.supersedes);
}

TEST(GrowingHistory, TowardsTheFutureNeverContradictsItself) {
    const auto whole = test::eventfulHistory(11, 24h);
    const auto all = index(map(whole, test::settings()));
    for (std::size_t end = 1; end < whole.records.size(); end += 37) {
        for (const auto& document : map(part(whole, 0, end), test::settings())) {
            expectNoContradiction(document, all);
        }
    }
}

TEST(GrowingHistory, LeavesOutOnlyWhatNothingNewerChanges) {
    constexpr std::size_t kNew = 9;
    const auto whole = test::eventfulHistory(15, 24h);
    std::size_t all = 0, made = 0;
    for (std::size_t end = 300; end < whole.records.size(); end += 31) {
        const Index before = index(map(part(whole, 0, end - kNew), test::settings()));
        const auto grown = part(whole, 0, end);
        const Index now = index(map(grown, test::settings()));
        const auto firstNew = grown.records[end - kNew].sequenceNumber;
        const Index some =
            index(mapRecords(grown, test::kSerial, test::settings(), 0, 0xffffffff, firstNew).documents);
        for (const auto& [identifier, document] : now) {
            const auto found = some.find(identifier);
            const auto former = before.find(identifier);
            if (found != some.end()) {
                EXPECT_EQ(found->second, document);
            } else {
                ASSERT_NE(former, before.end()) << document.body;
                EXPECT_EQ(former->second, document);
            }
        }
        all += now.size();
        made += some.size();
    }
    EXPECT_LT(made * 2, all);
}

TEST(GrowingHistory, TowardsThePastOnlyAddsDocuments) {
    const auto whole = test::eventfulHistory(12, 24h);
    const auto all = index(map(whole, test::settings()));
    for (std::size_t first = 1; first < whole.records.size(); first += 37) {
        for (const auto& document : map(part(whole, first, whole.records.size()), test::settings())) {
            const auto found = all.find(document.identifier);
            ASSERT_NE(found, all.end()) << document.body;
            EXPECT_EQ(document, found->second);
        }
    }
}

/// The records that the contract of kContext asks for.
therapy::HistoryRun withContext(const therapy::HistoryRun& whole, std::size_t first, std::size_t last) {
    std::size_t begin = first;
    while (begin > 0 && *whole.records[begin].time >= *whole.records[first].time - kContext) --begin;
    std::size_t end = last;
    while (end + 1 < whole.records.size() &&
           *whole.records[end].time <= *whole.records[last].time + kContext) {
        ++end;
    }
    return part(whole, begin, end + 1);
}

TEST(Window, GivesTheDocumentsOfTheWholeWhereverItIsCut) {
    const auto whole = test::eventfulHistory(13, 30h);
    const auto documents = map(whole, test::settings());
    for (std::size_t width : {7U, 40U, 333U}) {
        std::vector<Document> joined;
        for (std::size_t first = 0; first < whole.records.size(); first += width) {
            const std::size_t last = std::min(first + width, whole.records.size()) - 1;
            const auto some = map(withContext(whole, first, last), test::settings(),
                                  whole.records[first].sequenceNumber, whole.records[last].sequenceNumber);
            joined.insert(joined.end(), some.begin(), some.end());
        }
        EXPECT_EQ(joined, documents) << "width " << width;
    }
}

TEST(Mapping, LosesNoInsulinAndNoCarbohydrates) {
    const auto history = test::eventfulHistory(14, 48h);
    std::int64_t deliveredMilliUnits = 0, uploadedMilliUnits = 0;
    double loggedGrams = 0, uploadedGrams = 0;
    for (const auto& record : history.records) {
        if (!record.record) continue;
        if (const auto* bolus = std::get_if<history::BolusDeliveredPart1>(&record.record->data)) {
            // Square and dual boluses that still run are shown by what was programmed.
            if (bolus->bolusType == history::BolusType::Fast) {
                deliveredMilliUnits += *bolus->fastAmount.scaled(3);
            }
        }
        if (const auto* meal = std::get_if<history::Meal>(&record.record->data)) {
            loggedGrams += meal->foodGrams.toDouble();
        }
    }
    for (const auto& body : test::bodies(map(history, test::settings()))) {
        if (body.value("eventType", "") != "Combo Bolus") {
            uploadedMilliUnits += std::lround(body.value("insulin", 0.0) * 1000);
        }
        uploadedGrams += body.value("carbs", 0.0);
    }
    EXPECT_EQ(uploadedMilliUnits, deliveredMilliUnits);
    EXPECT_EQ(uploadedGrams, loggedGrams);
}

} // namespace
} // namespace nightscout
