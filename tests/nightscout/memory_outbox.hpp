// SPDX-License-Identifier: MIT
// An outbox in memory, with the order that the contract asks for and a record of what became of each
// document.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "nightscout/upload/outbox.hpp"

namespace nightscout::testing {

class MemoryOutbox final : public Outbox {
public:
    std::int64_t add(OutboxItem item) {
        item.id = ++lastId_;
        if (item.document.collection == Collection::Entries)
            newestEntry_ = std::max(newestEntry_, item.document.time);
        items_.push_back(std::move(item));
        return lastId_;
    }
    std::int64_t add(Document document, Operation operation = Operation::Post,
                     std::optional<std::string> serverId = std::nullopt) {
        OutboxItem item;
        item.operation = operation;
        item.document = std::move(document);
        item.serverId = std::move(serverId);
        return add(std::move(item));
    }

    std::vector<OutboxItem> next(std::size_t limit, std::size_t maxBytes) override {
        std::vector<const OutboxItem*> due;
        for (const auto& item : items_) {
            if (isHeld(item.document.collection)) continue;
            const bool entry =
                item.document.collection == Collection::Entries && item.operation != Operation::Delete;
            if (entry && item.document.time == newestEntry_) return {item};
            due.push_back(&item);
        }
        std::stable_sort(due.begin(), due.end(), [](const OutboxItem* a, const OutboxItem* b) {
            if (rank(*a) != rank(*b)) return rank(*a) < rank(*b);
            const bool newestFirst = a->document.collection == Collection::Entries;
            return newestFirst ? a->document.time > b->document.time : a->document.time < b->document.time;
        });
        std::vector<OutboxItem> batch;
        std::size_t bytes = 0;
        for (const auto* item : due) {
            bytes += item->document.body.size();
            const bool full = batch.size() == limit || (!batch.empty() && bytes > maxBytes);
            if (full || rank(*item) != rank(*due.front()) || item->operation != due.front()->operation ||
                item->document.collection != due.front()->document.collection)
                break;
            batch.push_back(*item);
        }
        return batch;
    }
    void acknowledge(std::span<const Acknowledgement> acknowledged) override {
        std::set<std::int64_t> gone;
        for (const auto& one : acknowledged) {
            acknowledged_[one.id] = one.serverId;
            gone.insert(one.id);
        }
        std::erase_if(items_, [&](const OutboxItem& item) { return gone.contains(item.id); });
    }
    void setAside(std::int64_t id, const std::string& reason) override {
        aside_[id] = reason;
        std::erase_if(items_, [id](const OutboxItem& item) { return item.id == id; });
    }
    void countAttempt(std::span<const std::int64_t> ids) override {
        const std::set<std::int64_t> counted(ids.begin(), ids.end());
        for (auto& item : items_)
            if (counted.contains(item.id)) ++item.attempts;
    }
    [[nodiscard]] std::size_t depth() override { return items_.size(); }

    [[nodiscard]] const std::map<std::int64_t, std::optional<std::string>>& acknowledged() const {
        return acknowledged_;
    }
    [[nodiscard]] const std::map<std::int64_t, std::string>& aside() const { return aside_; }
    [[nodiscard]] const std::vector<OutboxItem>& items() const { return items_; }

private:
    static int rank(const OutboxItem& item) {
        if (item.operation == Operation::Delete) return 4;
        switch (item.document.collection) {
            case Collection::Treatments:
                return 0;
            case Collection::Entries:
                return 1;
            case Collection::DeviceStatus:
                return 2;
            case Collection::Profile:
                return 3;
        }
        return 5;
    }
    std::int64_t lastId_ = 0;
    UtcMilliseconds newestEntry_{}; ///< goes before all others
    std::vector<OutboxItem> items_;
    std::map<std::int64_t, std::optional<std::string>> acknowledged_;
    std::map<std::int64_t, std::string> aside_;
};

} // namespace nightscout::testing
