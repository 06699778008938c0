// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "protocol/history/record.hpp"
#include "therapy/time_line.hpp"
#include "virtual_pump/history_source.hpp"

namespace {

namespace history = protocol::history;
using namespace std::chrono_literals;
using protocol::Bytes;
using protocol::LocalSeconds;
using virtual_pump::generateHistory;
using virtual_pump::GeneratorSettings;

constexpr LocalSeconds kEnd = std::chrono::local_days{2026y / 3 / 14} + 9h + 26min + 17s;

std::vector<history::Record> decodeAll(const std::vector<Bytes>& records) {
    std::vector<history::Record> decoded;
    for (const Bytes& raw : records) {
        auto record = history::decode(raw);
        EXPECT_TRUE(record.has_value()) << protocol::toHex(raw);
        if (record.has_value()) decoded.push_back(std::move(*record));
    }
    return decoded;
}

template <typename Event>
const Event* get(const history::Record& record) {
    return std::get_if<Event>(&record.data);
}
bool isReference(const history::Record& record) {
    return get<history::NgpReferenceTime>(record) || get<history::ReferenceTime>(record);
}
bool isCorruption(const history::Record& record) {
    return get<history::DataCorruption>(record) != nullptr;
}

/// Histories of several lengths and seeds: what holds for one must hold for all.
class GeneratedHistory : public testing::TestWithParam<GeneratorSettings> {
protected:
    const std::vector<Bytes> raw_ = generateHistory(GetParam());
    const std::vector<history::Record> records_ = decodeAll(raw_);
};

TEST_P(GeneratedHistory, EncodesEveryRecordAsItDecodes) {
    ASSERT_EQ(records_.size(), raw_.size());
    for (std::size_t i = 0; i < raw_.size(); ++i) EXPECT_EQ(history::encode(records_[i]), raw_[i]);
}

TEST_P(GeneratedHistory, HasContiguousNumbers) {
    std::uint32_t expected = GetParam().firstSequenceNumber;
    for (const auto& record : records_) {
        const auto number = isCorruption(record) ? history::kCorruptionSequenceNumber : expected;
        EXPECT_EQ(record.header.sequenceNumber, number);
        ++expected;
    }
}

TEST_P(GeneratedHistory, HasEveryEventTypeAndAnUnknownOne) {
    std::set<std::size_t> alternatives;
    for (const auto& record : records_) {
        alternatives.insert(record.data.index());
        EXPECT_EQ(history::isKnown(record.header.eventType), !get<history::UnknownEvent>(record));
    }
    EXPECT_EQ(alternatives.size(), std::variant_size_v<history::EventVariant>);
}

TEST_P(GeneratedHistory, HasAboutTwelveHundredRecordsADay) {
    const auto perDay = raw_.size() / static_cast<std::size_t>(GetParam().days);
    EXPECT_GE(perDay, 1050U);
    EXPECT_LE(perDay, 1350U);
}

TEST_P(GeneratedHistory, CountsSecondsFromReferenceToReference) {
    std::uint16_t last = 0;
    const history::Record* before = nullptr;
    for (const auto& record : records_) {
        if (isCorruption(record)) continue;
        EXPECT_LE(record.header.relativeOffset, 3600);
        EXPECT_GE(record.header.relativeOffset, last);
        if (isReference(record)) {
            EXPECT_EQ(record.header.relativeOffset, 3600);
        }
        if (before != nullptr && isReference(*before)) {
            EXPECT_TRUE(get<history::TherapyContext>(record));
            EXPECT_EQ(record.header.relativeOffset, 0);
        }
        last = isReference(record) ? 0 : record.header.relativeOffset;
        before = &record;
    }
}

TEST_P(GeneratedHistory, AgreesWithTheTimeLine) {
    std::vector<therapy::Reference> references;
    for (const auto& record : records_) {
        if (const auto reference = therapy::toReference(record)) references.push_back(*reference);
    }
    const therapy::TimeLine line(references);
    EXPECT_EQ(line.segments().size(), 1U);
    LocalSeconds last = GetParam().end - std::chrono::days{GetParam().days};
    for (const auto& record : records_) {
        if (isCorruption(record)) continue;
        const auto time = line.localTime(record.header);
        ASSERT_TRUE(time.has_value());
        EXPECT_GE(time->time, last);
        last = time->time;
        if (const auto* alarm = get<history::AnnunciationConsolidated>(record)) {
            EXPECT_EQ(protocol::fromPumpEpoch(*alarm->timestamp), time->time);
        }
    }
    EXPECT_EQ(last, GetParam().end);
}

TEST_P(GeneratedHistory, HasGlucoseEveryFiveMinutesWithoutDoubles) {
    std::vector<therapy::Reference> references;
    for (const auto& record : records_) {
        if (const auto reference = therapy::toReference(record)) references.push_back(*reference);
    }
    const therapy::TimeLine line(references);
    std::optional<LocalSeconds> last;
    std::size_t codes = 0;
    for (const auto& record : records_) {
        const auto* sg = get<history::SgMeasurement>(record);
        if (sg == nullptr) continue;
        const auto time = line.sampleTime(record.header, sg->timeOffsetMinutes);
        ASSERT_TRUE(time.has_value());
        // The minutes of a sample are rounded, and a live one is not dated after its record.
        if (last) {
            EXPECT_NEAR(static_cast<double>((time->time - *last).count()), 300, 30);
        }
        last = time->time;
        if (!sg->glucoseMgDl()) {
            ++codes;
        } else {
            EXPECT_GE(*sg->glucoseMgDl(), 50);
            EXPECT_LE(*sg->glucoseMgDl(), 400);
        }
    }
    EXPECT_GT(codes, 24U); // two hours of warm-up, the low and the high
}

TEST_P(GeneratedHistory, KeepsPartsOfOneEventTogether) {
    for (std::size_t i = 0; i < records_.size(); ++i) {
        const auto& record = records_[i];
        const bool first =
            get<history::BolusProgrammedPart1>(record) || get<history::BolusDeliveredPart1>(record);
        const bool second =
            get<history::BolusProgrammedPart2>(record) || get<history::BolusDeliveredPart2>(record);
        if (first) {
            const auto& next = records_.at(i + 1);
            EXPECT_TRUE(get<history::BolusProgrammedPart1>(record)
                            ? get<history::BolusProgrammedPart2>(next) != nullptr
                            : get<history::BolusDeliveredPart2>(next) != nullptr);
            EXPECT_EQ(next.header.relativeOffset, record.header.relativeOffset);
        }
        if (second && i == 0) ADD_FAILURE() << "begins with the second part of a bolus";
        if (const auto* sg = get<history::SgMeasurement>(record)) {
            const auto* analytics = get<history::CgmAnalyticsDataBackfill>(records_.at(i + 1));
            ASSERT_NE(analytics, nullptr) << record.header.sequenceNumber;
            EXPECT_EQ(analytics->timeOffsetMinutes, sg->timeOffsetMinutes);
        }
    }
}

TEST_P(GeneratedHistory, DeliversWholePulsesOnly) {
    constexpr std::int64_t kPulse = 2'500'000; // 0.025 U in 10^-8 U
    for (const auto& record : records_) {
        std::vector<protocol::MedFloat> amounts;
        if (const auto* p = get<history::BolusProgrammedPart1>(record))
            amounts = {p->fastAmount, p->extendedAmount};
        if (const auto* d = get<history::BolusDeliveredPart1>(record))
            amounts = {d->fastAmount, d->extendedAmount};
        if (const auto* basal = get<history::AutoBasalDelivery>(record)) amounts = {basal->amount};
        for (const auto& amount : amounts) {
            ASSERT_TRUE(amount.scaled(8).has_value());
            EXPECT_EQ(*amount.scaled(8) % kPulse, 0);
            EXPECT_LE(*amount.scaled(8), 100 * kPulse * 10);
        }
    }
}

TEST_P(GeneratedHistory, SharesOneCounterBetweenBolusesAndBasal) {
    std::optional<unsigned> last;
    for (const auto& record : records_) {
        std::optional<unsigned> number;
        if (const auto* p = get<history::BolusProgrammedPart1>(record)) number = p->bolusId;
        if (const auto* basal = get<history::AutoBasalDelivery>(record)) number = basal->bolusNumber;
        if (!number) continue;
        if (last) {
            EXPECT_EQ(*number, (*last + 1) % 256);
        }
        last = number;
    }
}

TEST_P(GeneratedHistory, ClearsEveryAlarmItRaises) {
    std::set<std::uint16_t> raised;
    for (const auto& record : records_) {
        if (const auto* alarm = get<history::AnnunciationConsolidated>(record)) {
            EXPECT_TRUE(raised.insert(alarm->instanceId).second);
        }
        if (const auto* cleared = get<history::AnnunciationCleared>(record)) {
            EXPECT_EQ(raised.erase(cleared->instanceId), 1U);
        }
    }
    EXPECT_THAT(raised, testing::IsEmpty());
}

TEST_P(GeneratedHistory, StopsNoMoreOftenThanItRestarts) {
    bool stopped = false;
    for (const auto& record : records_) {
        if (get<history::InsulinDeliveryStopped>(record)) {
            EXPECT_FALSE(stopped) << record.header.sequenceNumber;
            stopped = true;
        }
        if (get<history::InsulinDeliveryRestarted>(record)) {
            EXPECT_TRUE(stopped) << record.header.sequenceNumber;
            stopped = false;
        }
        const bool delivers = get<history::AutoBasalDelivery>(record) != nullptr;
        EXPECT_FALSE(stopped && delivers) << record.header.sequenceNumber;
    }
    EXPECT_FALSE(stopped);
}

TEST_P(GeneratedHistory, HasSomethingOfEverythingToUpload) {
    const auto inventory = virtual_pump::takeInventory(raw_);
    const auto days = static_cast<std::size_t>(GetParam().days);
    EXPECT_EQ(inventory.records, raw_.size());
    EXPECT_GE(inventory.glucose, days * 288 - 30 * days);
    EXPECT_GE(inventory.mealBoluses, days * 3);
    EXPECT_GE(inventory.correctionBoluses, days / 2);
    EXPECT_GE(inventory.automaticCorrections, days * 20);
    EXPECT_GE(inventory.comboBoluses, 2U);
    EXPECT_GE(inventory.carbCorrections, 2U); // one alone, one with a bolus that never flowed
    EXPECT_GE(inventory.fingerSticks, days);
    EXPECT_TRUE(inventory.lastGlucose.has_value());
}

std::vector<GeneratorSettings> variousSettings() {
    return {{1, 1, 53005, kEnd}, {2, 1, 0, kEnd + 7919s}, {99, 2, 65000, kEnd + 11h}, {1, 5, 53005, kEnd}};
}
INSTANTIATE_TEST_SUITE_P(Various, GeneratedHistory, testing::ValuesIn(variousSettings()),
                         [](const auto& instance) {
                             return std::to_string(instance.param.days) + "DaysOfSeed" +
                                    std::to_string(instance.param.seed);
                         });

TEST(Generator, GivesTheSameOctetsForTheSameSeed) {
    const GeneratorSettings settings{7, 2, 100, kEnd};
    EXPECT_EQ(generateHistory(settings), generateHistory(settings));
}

TEST(Generator, GivesAnotherLifeForAnotherSeed) {
    EXPECT_NE(generateHistory({7, 1, 100, kEnd}), generateHistory({8, 1, 100, kEnd}));
}

TEST(Generator, DelaysSomeGlucoseAfterALossOfSignal) {
    std::size_t backFilled = 0;
    const history::Record* last = nullptr;
    const auto records = decodeAll(generateHistory({1, 5, 53005, kEnd}));
    for (const auto& record : records) {
        if (!get<history::SgMeasurement>(record)) continue;
        if (last != nullptr && last->header.relativeOffset == record.header.relativeOffset) ++backFilled;
        last = &record;
    }
    EXPECT_EQ(backFilled, 7U); // 35 minutes, logged with the value after them
}

} // namespace
