// SPDX-License-Identifier: MIT
// How much goes into one request: less after it was refused, until the document or the size that does it is
// found, and more again after that. Pure.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>

#include "nightscout/documents/document.hpp"

namespace nightscout {

class BatchSize {
public:
    using Time = std::chrono::steady_clock::time_point;

    /// The most of each; `bytes` of the bodies together.
    BatchSize(std::size_t documents, std::size_t bytes);

    [[nodiscard]] std::size_t documents(Collection collection) const {
        return documents_.at(index(collection));
    }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }
    /// A document is being looked for.
    [[nodiscard]] bool isReduced(Collection collection) const {
        return documents(collection) < mostDocuments_;
    }

    void accepted(Collection collection);
    /// A batch of that many documents, more than one.
    void refused(Collection collection, std::size_t documents);
    /// 413 for a body of that many bytes.
    void tooLarge(std::size_t bytes, Time now);
    /// An hour after the last 413 the whole size is tried again: it may have been a short fault.
    void tick(Time now);

private:
    static std::size_t index(Collection collection) { return static_cast<std::size_t>(collection); }

    std::size_t mostDocuments_;
    std::size_t mostBytes_;
    std::array<std::size_t, kCollections> documents_{};
    std::size_t bytes_;
    Time tooLargeAt_{};
};

} // namespace nightscout
