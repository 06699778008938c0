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
    for (const ReceivedRecord& stored : store.references(pump, range)) {
        if (const auto reference = therapy::referenceOf(stored.raw)) references.push_back(*reference);
    }
}

} // namespace

std::shared_ptr<const therapy::TimeLine> Store::timeLine(PumpId pump, SequenceRange range) const {
    auto& kept = impl_->timeLines;
    const std::int64_t epoch = impl_->epochOf(pump);
    // Records of a gap-free range never change; it grows, at its end while following, at its beginning while
    // the past is fetched.
    const auto found = std::ranges::find_if(kept, [&](const Impl::KeptTimeLine& one) {
        return one.pump == pump && one.epoch == epoch && range.first <= one.range.first &&
               one.range.last <= range.last;
    });
    Impl::KeptTimeLine line{pump, epoch, range, nullptr};
    std::vector<therapy::Reference> references;
    if (found != kept.end()) {
        const Impl::KeptTimeLine former = *found;
        kept.erase(found);
        if (range.first < former.range.first)
            append(references, *this, pump, {range.first, former.range.first - 1});
        const std::size_t before = references.size();
        if (former.range.last < range.last)
            append(references, *this, pump, {former.range.last + 1, range.last});
        if (references.empty()) {
            line.timeLine = former.timeLine;
        } else {
            const auto middle = former.timeLine->references();
            references.insert(references.begin() + static_cast<std::ptrdiff_t>(before), middle.begin(),
                              middle.end());
        }
    } else {
        append(references, *this, pump, range);
    }
    if (!line.timeLine) line.timeLine = std::make_shared<const therapy::TimeLine>(std::move(references));
    kept.push_back(line);
    if (kept.size() > kKept) kept.erase(kept.begin());
    return line.timeLine;
}

} // namespace bridge
