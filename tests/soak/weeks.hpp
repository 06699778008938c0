// SPDX-License-Identifier: MIT
// Lives through a plan: the pump, its link, the service and its deaths, the computer, the site.
#pragma once

#include <spdlog/logger.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "../bridge/memory_link.hpp"
#include "../bridge/temporary_directory.hpp"
#include "plan.hpp"
#include "service.hpp"
#include "simulated_time.hpp"
#include "site.hpp"
#include "virtual_pump/pump.hpp"

namespace soak {

class Weeks {
public:
    Weeks(const Plan& plan, unsigned seed, const therapy::Zone& zone, spdlog::logger& log);
    ~Weeks();

    void live();

    [[nodiscard]] const PumpLife& life() const { return life_; }
    [[nodiscard]] const Site& site() const { return site_; }
    /// At the end.
    [[nodiscard]] bridge::Store& store() { return service_->store(); }
    [[nodiscard]] const bridge::ServiceMonitor& monitor() const { return service_->monitor(); }
    /// The oldest record that the pump had when the service came first.
    [[nodiscard]] std::uint32_t begin() const { return begin_; }
    /// Later ones that the pump has overwritten before the service had them.
    [[nodiscard]] const std::set<std::uint32_t>& lost() const { return lost_; }
    /// What went wrong by the way.
    [[nodiscard]] const std::vector<std::string>& complaints() const { return complaints_; }
    [[nodiscard]] const bridge::Configuration& configuration() const { return configuration_; }
    [[nodiscard]] std::string summary() const;

private:
    using Action = std::function<void()>;

    void at(Utc time, Action action) { actions_.emplace(time, std::move(action)); }
    void after(Seconds wait, Action action) { at(time_.now() + wait, std::move(action)); }
    void schedule();
    void runActions();
    void waitForAction();
    void turn();

    // --- the pump ---
    void writeRecords();
    void writeWhileInRange();
    void overwrite();
    [[nodiscard]] std::vector<bridge::SequenceRange> held() const;
    void comeIntoRange();
    void goOutOfRange();
    void connectSoon();
    void connect();

    // --- the computer ---
    [[nodiscard]] bridge::HostClockWatch::Sources witnesses();
    boost::asio::awaitable<std::optional<bool>> askTimeService();
    boost::asio::awaitable<void> waitForStep();
    boost::asio::awaitable<std::vector<std::string>> addresses(std::string host);
    void setHostClock(Seconds error, bool synchronised);
    [[nodiscard]] WriteFate onWrite();
    void snapshot();
    void start();
    void endService();
    void cause(const TroubleAt& trouble);

    Plan plan_;
    SimulatedTime time_;
    PumpLife life_;
    boost::asio::io_context io_{1};
    boost::asio::steady_timer next_;
    std::optional<Utc> waitsFor_;
    std::multimap<Utc, Action> actions_;
    Site site_;
    bridge::Configuration configuration_;
    std::mt19937_64 random_;
    Surroundings around_;

    virtual_pump::Pump pump_;
    std::size_t written_ = 0; ///< of life_.records()
    bool inRange_ = false;
    bool bluetooth_ = true;
    bool connecting_ = false;
    std::set<std::uint32_t> lost_;
    std::optional<std::uint32_t> oldest_; ///< the first number that the pump still has
    std::uint32_t begin_ = 0;             ///< the same, when the service came first

    bridge::test::TemporaryDirectory directory_{bridge::test::TemporaryDirectory::inMemory()};
    std::filesystem::path file_;
    int lives_ = 1;
    std::unique_ptr<link_test::MemoryLink> link_;
    std::unique_ptr<Service> service_;
    boost::asio::steady_timer stepped_;
    bool synchronised_ = true;
    bool diskFull_ = false;
    bool starting_ = false;
    std::optional<int> writesLeft_;               ///< until the service is killed
    std::optional<std::filesystem::path> killed_; ///< what it has left
    Seconds restartAfter_{5};
    std::map<std::string, int> counts_;
    std::vector<std::string> complaints_;
};

} // namespace soak
