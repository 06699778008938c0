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

    std::vector<OutboxItem> next(std::size_t limit, std::size_t maxBytes,
                                 std::chrono::sys_seconds now) override {
        std::vector<const OutboxItem*> due;
        for (const auto& item : items_) {
            const auto refusal = refusals_.find(item.id);
            if (refusal != refusals_.end() && refusal->second.retryAt > now) continue;
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
            refusals_.erase(one.id);
            gone.insert(one.id);
        }
        std::erase_if(items_, [&](const OutboxItem& item) {
            if (!gone.contains(item.id)) return false;
            if (item.operation == Operation::Delete)
                uploaded_.erase(item.document.identifier);
            else
                uploaded_[item.document.identifier] = item.document.body;
            return true;
        });
    }
    void refuse(std::int64_t id, const Refusal& refusal) override {
        refusals_[id] = refusal;
        for (auto& item : items_) {
            if (item.id != id) continue;
            item.refusals = refusal.occasions;
            item.refusedAt = refusal.countedAt;
        }
    }
    void retryRefused() override {
        for (auto& [id, refusal] : refusals_) refusal.retryAt = {};
    }
    [[nodiscard]] std::optional<std::chrono::sys_seconds> nextRetry() override {
        std::optional<std::chrono::sys_seconds> first;
        for (const auto& [id, refusal] : refusals_)
            if (!first || refusal.retryAt < *first) first = refusal.retryAt;
        return first;
    }
    [[nodiscard]] bool isUploaded(const Document& document) override {
        const auto found = uploaded_.find(document.identifier);
        return found != uploaded_.end() && found->second == document.body &&
               std::ranges::none_of(items_, [&](const OutboxItem& item) {
                   return item.document.identifier == document.identifier;
               });
    }
    void countAttempt(std::span<const std::int64_t> ids) override {
        const std::set<std::int64_t> counted(ids.begin(), ids.end());
        for (auto& item : items_)
            if (counted.contains(item.id)) ++item.attempts;
    }
    [[nodiscard]] std::size_t depth() override { return items_.size() - aside().size(); }

    [[nodiscard]] const std::map<std::int64_t, std::optional<std::string>>& acknowledged() const {
        return acknowledged_;
    }
    [[nodiscard]] const std::map<std::int64_t, Refusal>& refusals() const { return refusals_; }
    /// What is set aside, with the site's words.
    [[nodiscard]] std::map<std::int64_t, std::string> aside() const {
        std::map<std::int64_t, std::string> all;
        for (const auto& [id, refusal] : refusals_)
            if (refusal.setAside) all[id] = refusal.reason;
        return all;
    }
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
        }
        return 5;
    }
    std::int64_t lastId_ = 0;
    UtcMilliseconds newestEntry_{}; ///< goes before all others
    std::vector<OutboxItem> items_;
    std::map<std::int64_t, std::optional<std::string>> acknowledged_;
    std::map<std::int64_t, Refusal> refusals_;
    std::map<std::string, std::string> uploaded_; ///< bodies by identifier
};

} // namespace nightscout::testing
