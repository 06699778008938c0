// SPDX-License-Identifier: MIT
// The time line of a run of records, kept between calls: a year has nine thousand references, and each new
// record needs them all.
#include "bridge/store/store_impl.hpp"

#include <algorithm>

namespace bridge {
namespace {

/// The newest run, and those of a sync that joins others.
constexpr std::size_t kKept = 4;

void append(std::vector<therapy::Reference>& references, const Store& store, PumpId pump,
            SequenceRange range) {
    for (const StoredRecord& stored : store.references(pump, range)) {
        if (const auto reference = therapy::referenceOf(stored.raw)) references.push_back(*reference);
    }
}

} // namespace

std::shared_ptr<const therapy::TimeLine> Store::timeLine(PumpId pump, SequenceRange range) const {
    auto& kept = impl_->timeLines;
    const std::int64_t epoch = impl_->epochOf(pump);
    // Records of a gap-free range never change; it only grows, at its end as a rule.
    const auto found = std::ranges::find_if(kept, [&](const Impl::KeptTimeLine& one) {
        return one.pump == pump && one.epoch == epoch && one.range.first == range.first &&
               one.range.last <= range.last;
    });
    Impl::KeptTimeLine line{pump, epoch, range, nullptr};
    std::vector<therapy::Reference> references;
    if (found != kept.end()) {
        line.timeLine = found->timeLine;
        if (found->range.last < range.last)
            append(references, *this, pump, {found->range.last + 1, range.last});
        if (!references.empty()) {
            const auto before = found->timeLine->references();
            references.insert(references.begin(), before.begin(), before.end());
        }
        kept.erase(found);
    } else {
        append(references, *this, pump, range);
    }
    if (!line.timeLine || !references.empty())
        line.timeLine = std::make_shared<const therapy::TimeLine>(std::move(references));
    kept.push_back(line);
    if (kept.size() > kKept) kept.erase(kept.begin());
    return line.timeLine;
}

} // namespace bridge
