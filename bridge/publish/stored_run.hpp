// SPDX-License-Identifier: MIT
// The clock of a gap-free range of stored records, and its records with their instants: what documents,
// `history`, `status` and `upload` read the store by. docs/nightscout/mapping.md 5.
#pragma once

#include "bridge/store/store.hpp"
#include "therapy/dating.hpp"

namespace bridge {

class StoredRun {
public:
    /// `range`: held and gap-free. What is passed in must outlive this.
    StoredRun(const Store& store, PumpId pump, SequenceRange range, const therapy::Zone& zone);

    [[nodiscard]] SequenceRange range() const { return range_; }
    [[nodiscard]] therapy::DatedRecord dated(const StoredRecord& stored,
                                             therapy::Dating dating = therapy::Dating::Kept) const;
    /// The records of `window`, a part of the range, with their live trends.
    [[nodiscard]] therapy::HistoryRun history(SequenceRange window,
                                              therapy::Dating dating = therapy::Dating::Kept) const;

private:
    const Store& store_;
    PumpId pump_;
    SequenceRange range_;
    therapy::TimeLine timeLine_;
    therapy::UtcConverter utc_;
};

} // namespace bridge
