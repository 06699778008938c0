// SPDX-License-Identifier: MIT
#include "therapy/local_times.hpp"

#include <algorithm>

namespace therapy {

namespace history = protocol::history;

namespace {

bool isReferenceType(std::uint16_t eventType) {
    return eventType == static_cast<std::uint16_t>(history::EventType::NgpReferenceTime) ||
           eventType == static_cast<std::uint16_t>(history::EventType::ReferenceTime);
}

} // namespace

void LocalTimes::endRun() {
    if (count_ > runStart_) runs_.push_back({runStart_, therapy::TimeLine(std::move(references_))});
    references_.clear();
    runStart_ = count_;
    expected_.reset();
}

void LocalTimes::add(protocol::ByteView raw) {
    const auto header = history::parseHeader(raw);
    if (!header || header->sequenceNumber != expected_) endRun();
    if (header) {
        const auto record = history::decode(raw);
        const auto reference = record ? therapy::toReference(*record) : std::nullopt;
        if (reference) {
            references_.push_back(*reference);
        } else if (isReferenceType(header->eventType)) {
            endRun();
        }
        if (header->sequenceNumber != history::kCorruptionSequenceNumber) {
            expected_ = header->sequenceNumber + 1;
        }
    }
    ++count_;
}

void LocalTimes::finish() {
    endRun();
}

std::optional<LocalTimes::Dated> LocalTimes::at(std::size_t index, protocol::ByteView raw) const {
    const auto header = history::parseHeader(raw);
    if (!header) return std::nullopt;
    const auto after = std::ranges::upper_bound(runs_, index, {}, &Run::firstIndex);
    if (after == runs_.begin()) return std::nullopt;
    const therapy::TimeLine& timeLine = std::prev(after)->timeLine;
    const auto local = timeLine.localTime(*header);
    if (!local) return std::nullopt;
    return Dated{*local, &timeLine};
}

bool LocalTimes::isLast(const therapy::TimeLine& timeLine) const {
    return !runs_.empty() && &runs_.back().timeLine == &timeLine;
}

} // namespace therapy
