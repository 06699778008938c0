// SPDX-License-Identifier: MIT
#include "nightscout/upload/batch_size.hpp"

#include <algorithm>

namespace nightscout {
namespace {

constexpr std::size_t kSmallestBytes = 4096;
constexpr std::chrono::hours kSmallFor{1};

} // namespace

BatchSize::BatchSize(std::size_t documents, std::size_t bytes)
    : mostDocuments_(documents), mostBytes_(bytes), bytes_(bytes) {
    documents_.fill(documents);
}

void BatchSize::accepted(Collection collection) {
    auto& most = documents_.at(index(collection));
    most = std::min(mostDocuments_, 2 * most);
}

void BatchSize::refused(Collection collection, std::size_t documents) {
    documents_.at(index(collection)) = std::max<std::size_t>(1, documents / 2);
}

void BatchSize::tooLarge(std::size_t bytes, Time now) {
    bytes_ = std::max(kSmallestBytes, std::min(bytes_, bytes / 2));
    tooLargeAt_ = now;
}

void BatchSize::tick(Time now) {
    if (bytes_ < mostBytes_ && now - tooLargeAt_ > kSmallFor) bytes_ = mostBytes_;
}

} // namespace nightscout
