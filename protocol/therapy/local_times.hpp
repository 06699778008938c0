// SPDX-License-Identifier: MIT
// Local times for a list of records, told twice: once to learn its references, once to read the times.
#pragma once

#include <optional>
#include <vector>

#include "therapy/time_line.hpp"

namespace therapy {

/// Numbers must follow each other without a gap for one record to date the next
/// (docs/protocol/history.md 4.2): each gap-free run of the list has a time line of its own. So has what
/// follows a reference that cannot be decoded.
class LocalTimes {
public:
    /// Every record of the list, in its order.
    void add(protocol::ByteView raw);
    /// After the last record.
    void finish();

    /// Of the record at `index` of the list. The time line lives as long as this object.
    struct Dated {
        therapy::LocalTime local;
        const therapy::TimeLine* timeLine = nullptr;
    };
    [[nodiscard]] std::optional<Dated> at(std::size_t index, protocol::ByteView raw) const;
    /// Whether `timeLine` belongs to the last run: the one that reaches up to the pump's present clock.
    [[nodiscard]] bool isLast(const therapy::TimeLine& timeLine) const;

private:
    struct Run {
        std::size_t firstIndex = 0;
        therapy::TimeLine timeLine;
    };
    void endRun();

    std::vector<Run> runs_;
    std::vector<therapy::Reference> references_; ///< of the run that is being told
    std::optional<std::uint32_t> expected_;      ///< number that continues the run
    std::size_t runStart_ = 0;
    std::size_t count_ = 0;
};

} // namespace therapy
