// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "protocol/history/record.hpp"
#include "virtual_pump/history_source.hpp"

namespace {

namespace history = protocol::history;
using history::BolusActivation;
using history::BolusType;
using history::EventType;
using protocol::MedFloat;
using virtual_pump::Inventory;

/// A history written by hand.
class Story {
public:
    Story& at(std::uint16_t offset) {
        offset_ = offset;
        return *this;
    }
    Story& add(EventType type, history::EventData data) {
        const history::Header header{static_cast<std::uint16_t>(type), number_++, offset_};
        records_.push_back(history::encode({header, std::move(data)}));
        return *this;
    }
    Story& glucose(std::uint16_t raw) {
        return add(EventType::SgMeasurement, history::SgMeasurement{0, raw, 0, 0});
    }
    Story& meal(int grams) {
        return add(EventType::Meal, history::Meal{MedFloat::number(grams, 0, MedFloat::Width::Sfloat)});
    }
    /// Amounts in tenths of a unit.
    Story& programmed(std::uint16_t id, BolusActivation activation, int fast,
                      BolusType type = BolusType::Fast, int extended = 0) {
        add(EventType::BolusProgrammedPart1,
            history::BolusProgrammedPart1{id, type, tenths(fast), tenths(extended), 0});
        return add(EventType::BolusProgrammedPart2, history::BolusProgrammedPart2{4, {}, {}, activation});
    }
    Story& delivered(std::uint16_t id, BolusActivation activation, int fast, BolusType type = BolusType::Fast,
                     int extended = 0) {
        add(EventType::BolusDeliveredPart1,
            history::BolusDeliveredPart1{id, type, tenths(fast), tenths(extended), 0});
        return add(EventType::BolusDeliveredPart2, history::BolusDeliveredPart2{1, 0, activation, {}, {}});
    }
    [[nodiscard]] Inventory count() const { return virtual_pump::takeInventory(records_); }

private:
    static MedFloat tenths(int value) { return MedFloat::number(value, -1); }
    std::uint32_t number_ = 100;
    std::uint16_t offset_ = 10;
    std::vector<protocol::Bytes> records_;
};

TEST(Inventory, CountsGlucoseAndItsLimits) {
    Story story;
    const std::vector<std::uint16_t> values{0, 1, 142, 0x02ff, 0x0300, 0x0301, 0x0303, 0x0308, 0x030d};
    for (const std::uint16_t raw : values) story.glucose(raw);
    const auto inventory = story.count();
    EXPECT_EQ(inventory.records, 9U);
    EXPECT_EQ(inventory.glucose, 5U);
    EXPECT_EQ(inventory.lastGlucose, 40);
    EXPECT_EQ(Story().glucose(0x0308).glucose(0x0301).count().lastGlucose, 401);
    EXPECT_EQ(Story().glucose(0x0301).count().lastGlucose, std::nullopt);
}

TEST(Inventory, TellsBolusesByMealAndActivation) {
    const auto inventory = Story()
                               .meal(45)
                               .programmed(254, BolusActivation::Recommended, 50)
                               .delivered(254, BolusActivation::Recommended, 50)
                               .meal(0)
                               .programmed(255, BolusActivation::Recommended, 20)
                               .delivered(255, BolusActivation::Recommended, 20)
                               .programmed(0, BolusActivation::Commanded, 3)
                               .delivered(0, BolusActivation::Commanded, 3)
                               .programmed(1, BolusActivation::Manual, 10)
                               .delivered(1, BolusActivation::Manual, 10)
                               .count();
    EXPECT_EQ(inventory.mealBoluses, 1U);
    EXPECT_EQ(inventory.correctionBoluses, 2U);
    EXPECT_EQ(inventory.automaticCorrections, 1U);
    EXPECT_EQ(inventory.carbCorrections, 0U);
    EXPECT_DOUBLE_EQ(inventory.insulin, 8.3);
    EXPECT_DOUBLE_EQ(inventory.carbs, 45);
}

TEST(Inventory, TakesTheDeliveredAmountOfAStoppedBolus) {
    const auto inventory = Story()
                               .meal(80)
                               .programmed(1, BolusActivation::Recommended, 80)
                               .delivered(1, BolusActivation::Recommended, 35)
                               .count();
    EXPECT_EQ(inventory.mealBoluses, 1U);
    EXPECT_DOUBLE_EQ(inventory.insulin, 3.5);
}

TEST(Inventory, KeepsTheCarbsOfABolusThatNeverFlowed) {
    const auto inventory = Story()
                               .meal(20)
                               .programmed(1, BolusActivation::Recommended, 15)
                               .delivered(1, BolusActivation::Recommended, 0)
                               .programmed(2, BolusActivation::Manual, 15)
                               .delivered(2, BolusActivation::Manual, 0)
                               .meal(35)
                               .at(200)
                               .programmed(3, BolusActivation::Commanded, 2)
                               .count();
    EXPECT_EQ(inventory.mealBoluses + inventory.correctionBoluses, 0U);
    EXPECT_EQ(inventory.carbCorrections, 2U);
    EXPECT_DOUBLE_EQ(inventory.carbs, 55);
}

TEST(Inventory, LeavesOutWhatIsStillBeingDelivered) {
    const auto inventory = Story().meal(45).programmed(1, BolusActivation::Recommended, 50).count();
    EXPECT_EQ(inventory.mealBoluses + inventory.carbCorrections, 0U);
    EXPECT_DOUBLE_EQ(inventory.insulin, 0);
    EXPECT_DOUBLE_EQ(inventory.carbs, 0);
}

TEST(Inventory, CountsADeliveryWhoseBeginningIsMissing) {
    const auto inventory = Story()
                               .delivered(7, BolusActivation::Commanded, 2)
                               .delivered(8, BolusActivation::Recommended, 40)
                               .count();
    EXPECT_EQ(inventory.automaticCorrections, 1U);
    EXPECT_EQ(inventory.correctionBoluses, 1U);
}

TEST(Inventory, MatchesANumberThatCameAround) {
    const auto inventory = Story()
                               .programmed(5, BolusActivation::Commanded, 2)
                               .delivered(5, BolusActivation::Commanded, 2)
                               .meal(30)
                               .programmed(5, BolusActivation::Recommended, 30)
                               .delivered(5, BolusActivation::Recommended, 30)
                               .count();
    EXPECT_EQ(inventory.automaticCorrections, 1U);
    EXPECT_EQ(inventory.mealBoluses, 1U);
}

TEST(Inventory, CountsSquareAndDualBoluses) {
    const auto inventory = Story()
                               .programmed(1, BolusActivation::Manual, 0, BolusType::Extended, 35)
                               .delivered(1, BolusActivation::Manual, 0, BolusType::Extended, 35)
                               .meal(55)
                               .programmed(2, BolusActivation::Recommended, 40, BolusType::Multiwave, 25)
                               .delivered(2, BolusActivation::Recommended, 40, BolusType::Multiwave, 25)
                               .count();
    EXPECT_EQ(inventory.comboBoluses, 2U);
    EXPECT_EQ(inventory.mealBoluses, 0U);
    EXPECT_DOUBLE_EQ(inventory.insulin, 4);
    EXPECT_DOUBLE_EQ(inventory.carbs, 55);
}

TEST(Inventory, CountsAFingerStickOnceWithItsCalibration) {
    const MedFloat bg = MedFloat::number(122, -5, MedFloat::Width::Sfloat);
    const MedFloat other = MedFloat::number(140, -5, MedFloat::Width::Sfloat);
    const auto inventory = Story()
                               .add(EventType::BgReading, history::BgReading{5, bg})
                               .add(EventType::CalibrationComplete, history::CalibrationComplete{5, bg})
                               .add(EventType::CalibrationComplete, history::CalibrationComplete{9, other})
                               .add(EventType::CalibrationRejected, history::CalibrationRejected{9, other})
                               .count();
    EXPECT_EQ(inventory.fingerSticks, 2U);
}

TEST(Inventory, PrintsItselfAsJson) {
    EXPECT_EQ(
        Story().glucose(142).count().json(),
        R"({"records":1,"glucose":1,"mealBoluses":0,"correctionBoluses":0,"automaticCorrections":0,)"
        R"("comboBoluses":0,"carbCorrections":0,"fingerSticks":0,"insulin":0.0,"carbs":0.0,"lastGlucose":142})");
    EXPECT_NE(Story().count().json().find("\"lastGlucose\":null"), std::string::npos);
}

} // namespace
