// SPDX-License-Identifier: MIT
// One life of the service's process, from its start to its end. Joins the parts as the class Service in
// bridge/service.cpp does, without what belongs to a process alone: signals, sockets of its own, the service
// manager.
#pragma once

#include <spdlog/logger.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "ble/pump_link.hpp"
#include "bridge/clock/host_clock_watch.hpp"
#include "bridge/config/configuration.hpp"
#include "bridge/group_commits.hpp"
#include "bridge/publish/adoption.hpp"
#include "bridge/publish/clock_keeper.hpp"
#include "bridge/publish/held_watch.hpp"
#include "bridge/publish/publisher.hpp"
#include "bridge/publish/status_publisher.hpp"
#include "bridge/session/pump_session.hpp"
#include "bridge/site_upload.hpp"
#include "bridge/status/service_monitor.hpp"
#include "bridge/store/store.hpp"
#include "bridge/tasks.hpp"

namespace soak {

/// What a process finds around it.
struct Surroundings {
    boost::asio::io_context& io;
    const bridge::Configuration& configuration;
    const therapy::Zone& zone;
    protocol::sake::KeyDatabase keys;
    protocol::sake::RandomSource random;
    std::function<double()> uniform;
    bridge::HostClockWatch::Sources witnesses;
    /// IP addresses of the site.
    std::function<boost::asio::awaitable<std::vector<std::string>>(std::string)> addresses;
    spdlog::logger& log;
};

class Service final : private bridge::SessionListener {
public:
    /// Throws bridge::StoreError, as the program ends then.
    Service(const Surroundings& around, ble::PumpLink& link, const std::filesystem::path& file);

    /// SIGTERM.
    void stop() { tasks_.stop(); }
    /// Everything has come to its end, by itself or by stop().
    [[nodiscard]] bool ended() const { return ended_; }
    [[nodiscard]] bridge::Store& store() { return store_; }
    [[nodiscard]] const bridge::ServiceMonitor& monitor() const { return monitor_; }

private:
    void recordsStored(const bridge::PumpInfo& pump, bridge::SequenceRange range) override;
    void clockRead(const bridge::PumpInfo& pump, const therapy::ClockReading& reading) override;
    [[nodiscard]] bool clockWanted(const bridge::PumpInfo& pump) override;
    void clockBracketed(const bridge::PumpInfo& pump) override;
    void synced(const bridge::PumpInfo& pump) override;
    void statusRead(const bridge::PumpInfo& pump, const therapy::PumpStatus& status) override;
    void displayFormatRead(const bridge::PumpInfo& pump, const therapy::PumpStatus& format) override;
    void hostClockChanged();
    void publish(const bridge::PumpInfo& pump);

    bridge::Store store_;
    bridge::GroupCommits groupCommits_;
    bridge::Tasks tasks_;
    bridge::HostClock host_;
    std::unique_ptr<nightscout::Clock> waits_, heldClock_;
    bridge::HostClockWatch watch_;
    bridge::ClockKeeper clockKeeper_;
    bridge::Publisher publisher_;
    bridge::HeldWatch heldWatch_;
    std::optional<bridge::PumpInfo> published_; ///< the pump, last
    bridge::StatusPublisher statusPublisher_;
    bridge::ServiceMonitor monitor_;
    bridge::SessionListeners listeners_;
    bridge::PumpSession session_;
    std::unique_ptr<bridge::Adoption> adoption_;
    std::unique_ptr<bridge::SiteUpload> site_;
    bool ended_ = false;
};

} // namespace soak
