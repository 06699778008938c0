// SPDX-License-Identifier: MIT
// Goes on with the times and documents that the site has: of a computer before this one, of a store that was
// lost or restored, of a second bridge. docs/nightscout/mapping.md 5.3 (adoption).
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "bridge/publish/host_clock.hpp"
#include "bridge/publish/publisher.hpp"
#include "bridge/publish/stored_run.hpp"
#include "nightscout/upload/inquiry.hpp"

namespace bridge {

class Adoption final : public PublishGate, public nightscout::Inquiry {
public:
    /// `answered`: documents of this pump may be made now. Never called from mayPublish().
    Adoption(Store& store, const HostClock& host, std::function<void(const PumpInfo&)> answered,
             spdlog::logger& log);

    [[nodiscard]] bool mayPublish(const PumpInfo& pump) override;
    bool adopt(const PumpInfo& pump, const StoredRun& run, const MappedRange& mapped) override;

    [[nodiscard]] bool isOpen() const override { return question_.has_value(); }
    boost::asio::awaitable<nightscout::Reply> ask(nightscout::UploadApi& api) override;

private:
    /// A dating that the site is asked about once: what is governed by the references from `from` on is
    /// dated by `offset`.
    struct Dating {
        PumpId pump = 0;
        std::int64_t epoch = 0;
        std::int64_t from = 0; ///< -1: whatever is known at start
        std::chrono::seconds offset{0};
        friend bool operator<(const Dating& a, const Dating& b) {
            return std::tie(a.pump, a.epoch, a.from, a.offset) < std::tie(b.pump, b.epoch, b.from, b.offset);
        }
    };
    struct Question {
        PumpInfo pump;
        std::set<Dating> datings;
        bool everything = false; ///< the store has published nothing of this pump
        nightscout::UtcMilliseconds from{}, before{};
        nightscout::Collection collection = nightscout::Collection::Entries;
        std::size_t found = 0; ///< documents of ours
    };
    using Uuid = std::array<std::uint8_t, 16>;

    [[nodiscard]] std::set<Dating> newDatings(const PumpInfo& pump) const;
    void open(const PumpInfo& pump, std::set<Dating> datings,
              std::optional<std::chrono::sys_seconds> published);
    void close();
    [[nodiscard]] std::optional<nightscout::UtcMilliseconds> timeOnSite(const std::string& identifier) const;
    bool adoptTimes(const PumpInfo& pump, const StoredRun& run, const MappedRange& mapped);
    bool adoptOffsets(const PumpInfo& pump, const StoredRun& run, const MappedRange& mapped);
    void keep(const PumpInfo& pump, const therapy::ClockOffset& offset);

    Store& store_;
    const HostClock& host_;
    std::function<void(const PumpInfo&)> answered_;
    spdlog::logger& log_;
    std::set<Dating> asked_;
    std::optional<Question> question_;
    std::vector<std::pair<Uuid, nightscout::UtcMilliseconds>> onSite_; ///< by identifier
};

} // namespace bridge
