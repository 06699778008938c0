// SPDX-License-Identifier: MIT
// The clock of a gap-free range of stored records, and its records with their instants: what documents,
// `history`, `status` and `upload` read the store by. docs/nightscout/mapping.md 5.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "bridge/store/store.hpp"
#include "therapy/dating.hpp"

namespace bridge {

/// Of the kept offsets of a pump's clock those that were measured in `range`.
[[nodiscard]] std::vector<therapy::ClockOffset> clockOffsetsIn(const Store& store, PumpId pump,
                                                               SequenceRange range);

/// What the site had of a pump before this store sent anything: whether the old end of the pump's memory may
/// be the beginning of what is known (docs/nightscout/mapping.md 7).
enum class SiteBefore : std::uint8_t { NotAsked, Empty, HadOurs };
void keepSiteBefore(Store& store, PumpId pump, SiteBefore before);
[[nodiscard]] SiteBefore siteBefore(const Store& store, PumpId pump);

class StoredRun {
public:
    /// `range`: held and gap-free. What is passed in must outlive this.
    /// `now`: by a clock that is trusted. With it, what was not published yet is held where its time cannot
    /// be true (docs/nightscout/mapping.md 5.6).
    StoredRun(const Store& store, PumpId pump, SequenceRange range, const therapy::Zone& zone,
              std::optional<std::chrono::sys_seconds> now = std::nullopt);

    [[nodiscard]] SequenceRange range() const { return range_; }
    [[nodiscard]] const therapy::TimeLine& timeLine() const { return *timeLine_; }
    [[nodiscard]] const therapy::UtcConverter& utc() const { return utc_; }
    [[nodiscard]] therapy::DatedRecord dated(const StoredRecord& stored,
                                             therapy::Dating dating = therapy::Dating::Kept) const;
    /// From when the time of a record can be true that lies ahead of `now`; empty: it does not.
    [[nodiscard]] std::optional<std::chrono::sys_seconds> aheadUntil(const StoredRecord& stored) const;
    /// Empty: not held.
    [[nodiscard]] std::optional<therapy::DatedRecord> record(std::uint32_t number) const;
    /// The records of `window`, a part of the range, with their live trends.
    [[nodiscard]] therapy::HistoryRun history(SequenceRange window,
                                              therapy::Dating dating = therapy::Dating::Kept) const;

private:
    [[nodiscard]] bool isPlausible(std::chrono::sys_seconds time, const StoredRecord& stored) const;
    [[nodiscard]] bool isFromBeginning(SequenceRange window) const;
    void joinTrends(therapy::HistoryRun& run) const;

    const Store& store_;
    PumpId pump_;
    SequenceRange range_;
    std::shared_ptr<const therapy::TimeLine> timeLine_;
    therapy::UtcConverter utc_;
    std::optional<std::chrono::sys_seconds> now_;
};

} // namespace bridge
