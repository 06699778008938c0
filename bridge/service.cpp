// SPDX-License-Identifier: MIT
#include "bridge/service.hpp"

#include <spdlog/logger.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

#include "ble/bluez/link.hpp"
#include "bridge/clock/service_clock.hpp"
#include "bridge/config/site_settings.hpp"
#include "bridge/control/instance_lock.hpp"
#include "bridge/exit_code.hpp"
#include "bridge/group_commits.hpp"
#include "bridge/lasting_task.hpp"
#include "bridge/link_settings.hpp"
#include "bridge/liveness.hpp"
#include "bridge/once.hpp"
#include "bridge/publish/adoption.hpp"
#include "bridge/publish/clock_keeper.hpp"
#include "bridge/publish/held_watch.hpp"
#include "bridge/publish/pretend_sink.hpp"
#include "bridge/publish/publisher.hpp"
#include "bridge/publish/status_publisher.hpp"
#include "bridge/service_doors.hpp"
#include "bridge/service_manager.hpp"
#include "bridge/session/pump_session.hpp"
#include "bridge/site_upload.hpp"
#include "bridge/status/service_monitor.hpp"
#include "bridge/stopping.hpp"
#include "bridge/store/store.hpp"
#include "bridge/tasks.hpp"

namespace bridge {
namespace {

std::chrono::sys_seconds utcNow() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

} // namespace

/// Publishes what the session brings.
class Service::Parts final : private SessionListener {
public:
    Parts(const Configuration& configuration, const RunOptions& options, therapy::Zone zone,
          protocol::sake::KeyDatabase keys, spdlog::logger& log, std::ostream& out)
        : configuration_(configuration),
          options_(options),
          zone_(std::move(zone)),
          log_(log),
          lock_(configuration.storage.path, configuration.bluetooth.adapter, options.runtimeDirectory),
          store_(configuration.storage.path),
          groupCommits_(io_.get_executor(), store_),
          pretend_(out),
          tasks_(io_.get_executor(), log),
          stopLimit_(io_.get_executor(), log),
          clock_(io_.get_executor(), store_, zone_, configuration.time.hostClockTrusted,
                 {utcNow, std::chrono::steady_clock::now}, log),
          clockKeeper_(store_, zone_, clock_.host(), log),
          publisher_(store_, zone_, clock_.host(), configuration.documents, documentSink(), !options.pretend,
                     log),
          statusPublisher_(store_, clock_.host(), configuration.documents, documentSink(), !options.pretend),
          monitor_(store_, zone_, configuration.documents, utcNow, log),
          liveness_(livenessLimits(linkSettings().limits, sessionSettings(configuration)),
                    std::chrono::steady_clock::now, log),
          link_(io_.get_executor(), linkSettings(), linkListeners_, log),
          session_(io_.get_executor(), link_, store_, std::move(keys), protocol::sake::systemRandom,
                   {utcNow, std::chrono::steady_clock::now}, sessionSettings(configuration), listeners_, log),
          doors_(
              {io_.get_executor(), configuration, store_, zone_, [this] { return monitor_.gather(); }, log}),
          once_(io_.get_executor(), {tasks_, store_, zone_, clock_.host(), clockKeeper_, log}) {
        listeners_.add(*this);
        listeners_.add(monitor_);
        listeners_.add(liveness_);
        linkListeners_.add(monitor_);
        linkListeners_.add(liveness_);
        monitor_.setHostClock(clock_.host());
        clock_.host().onChange([this] { hostClockChanged(); });
        if (!configuration.nightscout.url.empty()) clock_.askSite(clientSettings(configuration));
        if (!options.pretend && !configuration.nightscout.url.empty()) {
            site_ = std::make_unique<SiteUpload>(io_.get_executor(), configuration,
                                                 clock_.heard(clientSettings(configuration)), store_,
                                                 clock_.host(), utcNow, log);
            monitor_.setUpload(site_->uploader().state());
            adoption_ = std::make_unique<Adoption>(
                store_, clock_.host(), [this](const PumpInfo& pump) { publish(pump); }, log);
            site_->setInquiry(*adoption_);
            publisher_.setGate(*adoption_);
        } else if (!options.pretend) {
            log.warn(
                "nightscout: no nightscout.url is configured; records are collected, nothing is uploaded");
        }
    }

    [[nodiscard]] bool isStoreDamaged() const { return storeDamaged_; }

    int run() {
        store_.onDamage([this] {
            storeDamaged_ = true;
            asio::post(io_, [this] { tasks_.stop(); });
        });
        openDoors();
        tasks_.onStop([this] {
            service_manager::stopping();
            stopLimit_.begin(exitCode_);
        });
        tasks_.onAllEnded([this] { stopLimit_.allEnded(); });
        tasks_.spawn("signals", stopSignal(log_));
        clock_.spawn(tasks_);
        tasks_.spawn("store", lasting(
                                  "store", [this] { return groupCommits_.run(); }, kBeginAgain, log_));
        tasks_.spawn("held", lasting(
                                 "held", [this] { return heldWatch_.run(); }, kBeginAgain, log_));
        tasks_.spawn("session", session_.run());
        tasks_.spawn("bluetooth", link_.run());
        if (site_ && !options_.once) site_->spawn(tasks_);
        if (options_.once) tasks_.spawn("once", finishOnce());
        doors_.spawn(tasks_);
        if (const auto interval = service_manager::watchdogInterval())
            tasks_.spawn("watchdog",
                         service_manager::feedWatchdog(*interval, [this] { return liveness_.moves(); }));
        service_manager::ready();
        io_.run();
        if (tasks_.failure()) return kUnreachable;
        return exitCode_;
    }

private:
    static SessionSettings sessionSettings(const Configuration& configuration) {
        SessionSettings settings;
        settings.requiredSerial = configuration.pump.serial;
        return settings;
    }

    ble::BluezLinkSettings linkSettings() {
        auto settings = bridge::linkSettings(configuration_, store_);
        settings.openPairing = options_.pair;
        settings.forgetBonds = options_.forget;
        return settings;
    }

    DocumentSink documentSink() {
        if (options_.pretend) return std::ref(pretend_);
        return [this](PumpId pump, std::span<const nightscout::Document> documents,
                      std::span<const Store::Published> times) {
            return store_.queueDocuments(pump, documents, times);
        };
    }

    void recordsStored(const PumpInfo& pump, SequenceRange /*range*/) override {
        clockKeeper_.settle(pump);
        publish(pump);
    }

    void publish(const PumpInfo& pump) {
        publisher_.publish(pump);
        published_ = pump;
        heldWatch_.wake();
        if (site_) site_->wake();
    }

    void clockRead(const PumpInfo& pump, const therapy::ClockReading& reading) override {
        clockKeeper_.read(pump, reading);
    }

    [[nodiscard]] bool clockWanted(const PumpInfo& pump) override { return clockKeeper_.wantsReading(pump); }

    void clockBracketed(const PumpInfo& pump) override {
        once_.wake();
        if (clockKeeper_.settle(pump)) publish(pump);
    }

    void synced(const PumpInfo& pump) override {
        publish(pump); // what an earlier run stored but did not come to map
        once_.synced(pump);
    }

    void statusRead(const PumpInfo& pump, const therapy::PumpStatus& status) override {
        QueueResult queued = statusPublisher_.publish(pump, status);
        if (statusPublisher_.note(pump, status)) {
            const QueueResult more = publisher_.publishNewest(pump);
            queued.added += more.added + more.changed;
        }
        if (site_ && queued.added + queued.changed > 0) site_->wake();
    }

    void displayFormatRead(const PumpInfo& pump, const therapy::PumpStatus& format) override {
        statusPublisher_.note(pump, format);
    }

    void stageReached(SessionStage stage) override { service_manager::status(std::string(name(stage))); }

    /// What waited for the host's clock goes on; what was measured by it is measured anew.
    void hostClockChanged() {
        clock_.wake();
        if (site_) site_->hostClockChanged();
        session_.wake();
        once_.wake();
    }

    void openDoors() {
        if (options_.once) return;
        doors_.openPage();
        if (!lock_.coversAdapter()) return;
        std::function<void()> wakeUploader;
        if (site_)
            wakeUploader = [this] {
                publisher_.forgetHanded();
                site_->retryRefused();
            };
        doors_.openControlSocket(options_.runtimeDirectory, std::move(wakeUploader));
    }

    asio::awaitable<void> finishOnce() { exitCode_ = co_await once_.finish(site_.get()); }

    const Configuration& configuration_;
    const RunOptions& options_;
    therapy::Zone zone_;
    spdlog::logger& log_;
    asio::io_context io_{1};
    InstanceLock lock_; ///< before the store is touched
    Store store_;
    GroupCommits groupCommits_;
    PretendSink pretend_;
    Tasks tasks_;
    StopLimit stopLimit_;
    ServiceClock clock_;
    ClockKeeper clockKeeper_;
    Publisher publisher_;
    std::unique_ptr<nightscout::Clock> heldClock_ = nightscout::systemClock(io_.get_executor(), utcNow);
    HeldWatch heldWatch_{*heldClock_, [this] { return publisher_.heldUntil(); },
                         [this] { publish(*published_); }};
    std::optional<PumpInfo> published_; ///< the pump, last
    StatusPublisher statusPublisher_;
    ServiceMonitor monitor_;
    SessionListeners listeners_;
    Liveness liveness_;
    ble::LinkListeners linkListeners_;
    ble::BluezLink link_;
    PumpSession session_;
    std::unique_ptr<Adoption> adoption_;
    std::unique_ptr<SiteUpload> site_;
    ServiceDoors doors_;
    Once once_;
    bool storeDamaged_ = false;
    int exitCode_ = kDone;
};

Service::Service(const Configuration& configuration, const RunOptions& options, therapy::Zone zone,
                 protocol::sake::KeyDatabase keys, spdlog::logger& log, std::ostream& out)
    : parts_(std::make_unique<Parts>(configuration, options, std::move(zone), std::move(keys), log, out)) {}

Service::~Service() = default;

int Service::run() {
    return parts_->run();
}

bool Service::isStoreDamaged() const {
    return parts_->isStoreDamaged();
}

} // namespace bridge
