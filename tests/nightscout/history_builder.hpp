// SPDX-License-Identifier: MIT
// Runs of history for the mapping's tests: written record by record, or read from hexadecimal records.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "nightscout/documents/mapping.hpp"
#include "test_pump.hpp"

namespace nightscout::test {

namespace history = protocol::history;
using protocol::MedFloat;
using namespace std::chrono_literals;

/// 2026-03-14T08:26:00Z: the instant of second 0.
inline constexpr UtcSeconds kStart{std::chrono::seconds{1773476760}};

/// "11.2" U as the pump writes amounts.
inline MedFloat units(std::int64_t thousandths) {
    return *MedFloat::fromScaled(thousandths, -3, MedFloat::Width::Float);
}

/// Writes contiguous records, each at the present second of the clock.
class HistoryBuilder {
public:
    explicit HistoryBuilder(std::uint32_t firstSequenceNumber = 5000) : next_(firstSequenceNumber) {
        run_.fromBeginning = true;
    }

    HistoryBuilder& at(std::chrono::seconds sinceStart);
    HistoryBuilder& add(history::EventType type, history::EventData data);
    /// A sample logged now and measured `age` ago.
    HistoryBuilder& glucose(std::uint16_t raw, std::chrono::seconds age = 0s);
    HistoryBuilder& meal(int grams);
    HistoryBuilder& programmed(std::uint16_t id, std::int64_t milliUnits,
                               history::BolusActivation activation = history::BolusActivation::Recommended);
    HistoryBuilder& delivered(std::uint16_t id, std::int64_t milliUnits,
                              history::BolusActivation activation = history::BolusActivation::Recommended,
                              std::uint32_t startOffset = 0);
    HistoryBuilder& programmedCombo(std::uint16_t id, history::BolusType type, std::int64_t fastMilliUnits,
                                    std::int64_t extendedMilliUnits, std::uint16_t minutes);
    HistoryBuilder& deliveredCombo(std::uint16_t id, history::BolusType type, std::int64_t fastMilliUnits,
                                   std::int64_t extendedMilliUnits, std::uint16_t minutes);
    HistoryBuilder& bgReading(int milligrams);
    HistoryBuilder& calibration(int milligrams, bool accepted = true);
    HistoryBuilder& therapyContext(bool automatic, bool stopped = false, std::int64_t milliUnits = 850);
    HistoryBuilder& autoBasal(std::int64_t milliUnits);
    HistoryBuilder& transition(history::Cl1TransitionKind kind);
    HistoryBuilder& stopped(history::StoppedReason reason);
    HistoryBuilder& restarted(history::RestartedReason reason);
    HistoryBuilder& patternRate(std::int64_t milliUnitsBefore, std::int64_t milliUnitsAfter);
    HistoryBuilder& annunciation(std::uint16_t fault, std::uint16_t instance, protocol::ByteView aux = {});
    HistoryBuilder& cleared(std::uint16_t fault, std::uint16_t instance);
    /// Some other record, as a clock that ticks on.
    HistoryBuilder& tick() { return add(history::EventType::PointerEvent, history::PointerEvent{}); }
    /// A record that could not be decoded.
    HistoryBuilder& undecoded();

    /// Readings of the present state at the present second, when all records until now are held.
    HistoryBuilder& shows(therapy::LiveMode mode);
    HistoryBuilder& shows(therapy::LiveDelivery delivery);
    HistoryBuilder& shows(std::uint16_t fault, std::uint16_t instance);
    HistoryBuilder& counts(therapy::MealUnit unit);

    [[nodiscard]] std::uint32_t last() const { return next_ - 1; } ///< sequence number of the newest record
    [[nodiscard]] const therapy::HistoryRun& run() const { return run_; }
    [[nodiscard]] therapy::HistoryRun notFromBeginning() const;

private:
    std::uint32_t next_;
    std::chrono::seconds now_{0};
    therapy::HistoryRun run_;
};

/// One hexadecimal record a line, '#' begins a comment. Places between the numbers are filled with records
/// that could not be decoded; times from the references, the pump's clock being `utcOffset` ahead of UTC.
therapy::HistoryRun runFromHex(std::string_view lines, std::chrono::seconds utcOffset);
std::string readData(const std::string& fileName);

MappingSettings settings();
MappingSettings only(Feature feature);
std::vector<nlohmann::json> bodies(const std::vector<Document>& documents);
std::vector<nlohmann::json> ofType(const std::vector<nlohmann::json>& all, std::string_view eventType);
/// The documents of a run without the fields that every treatment has.
std::vector<nlohmann::json> ownFields(const therapy::HistoryRun& run,
                                      const MappingSettings& settings = test::settings());

} // namespace nightscout::test
