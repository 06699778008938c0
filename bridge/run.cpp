// SPDX-License-Identifier: MIT
#include "bridge/run.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstdlib>
#include <ostream>

#include "ble/bluez/link.hpp"
#include "bridge/clock/service_clock.hpp"
#include "bridge/commands/served.hpp"
#include "bridge/config/key_file.hpp"
#include "bridge/config/listen_address.hpp"
#include "bridge/config/site_settings.hpp"
#include "bridge/control/control_server.hpp"
#include "bridge/control/instance_lock.hpp"
#include "bridge/exit_code.hpp"
#include "bridge/lasting_task.hpp"
#include "bridge/link_settings.hpp"
#include "bridge/private_memory.hpp"
#include "bridge/publish/adoption.hpp"
#include "bridge/publish/clock_keeper.hpp"
#include "bridge/publish/held_watch.hpp"
#include "bridge/publish/pretend_sink.hpp"
#include "bridge/publish/publisher.hpp"
#include "bridge/publish/status_publisher.hpp"
#include "bridge/service_manager.hpp"
#include "bridge/session/pump_session.hpp"
#include "bridge/site_upload.hpp"
#include "bridge/status/service_monitor.hpp"
#include "bridge/status/status_server.hpp"
#include "bridge/store/damage.hpp"
#include "bridge/store/store.hpp"
#include "bridge/tasks.hpp"
#include "therapy/zone.hpp"

namespace bridge {

using namespace std::chrono_literals;

namespace {

/// `run --once` gives up when no pump has come for so long: pairing and the slowest reconnect seen fit twice.
constexpr auto kOnceLimit = 15min;
/// What is left after SIGTERM has this long to end.
constexpr auto kStopLimit = 2s;
/// `run --once` waits so long for a witness of the computer's clock, and for what is measured then.
constexpr auto kOnceClockLimit = 60s;

std::chrono::sys_seconds utcNow() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

/// Everything that lives as long as one call of runService(); publishes what the session brings.
class Service final : private SessionListener {
public:
    Service(const Configuration& configuration, const RunOptions& options, therapy::Zone zone,
            protocol::sake::KeyDatabase keys, spdlog::logger& log, std::ostream& out)
        : configuration_(configuration),
          options_(options),
          zone_(std::move(zone)),
          log_(log),
          lock_(configuration.storage.path, configuration.bluetooth.adapter, options.runtimeDirectory),
          store_(configuration.storage.path),
          pretend_(out),
          tasks_(io_.get_executor(), log),
          clock_(io_.get_executor(), store_, zone_, configuration.time.hostClockTrusted,
                 {utcNow, std::chrono::steady_clock::now}, log),
          clockKeeper_(store_, zone_, clock_.host(), log),
          publisher_(store_, zone_, clock_.host(), configuration.documents, documentSink(), !options.pretend,
                     log),
          statusPublisher_(store_, clock_.host(), configuration.documents, documentSink(), !options.pretend),
          monitor_(store_, zone_, configuration.documents, utcNow, log),
          link_(io_.get_executor(), linkSettings(), monitor_, log),
          session_(io_.get_executor(), link_, store_, std::move(keys), protocol::sake::systemRandom,
                   {utcNow, std::chrono::steady_clock::now}, sessionSettings(configuration), listeners_,
                   log) {
        listeners_.add(*this);
        listeners_.add(monitor_);
        monitor_.setHostClock(clock_.host());
        clock_.host().onChange([this] { hostClockChanged(); });
        if (!configuration.nightscout.url.empty()) clock_.askSite(clientSettings(configuration));
        if (!options.pretend && !configuration.nightscout.url.empty()) {
            site_ = std::make_unique<SiteUpload>(io_.get_executor(), configuration,
                                                 clock_.heard(clientSettings(configuration)), store_,
                                                 clock_.host(), utcNow, log);
            monitor_.setUploader(site_->uploader());
            adoption_ = std::make_unique<Adoption>(
                store_, clock_.host(), [this](const PumpInfo& pump) { publish(pump); }, log);
            site_->setInquiry(*adoption_);
            publisher_.setGate(*adoption_);
        } else if (!options.pretend) {
            log.warn(
                "nightscout: no nightscout.url is configured; records are collected, nothing is uploaded");
        }
    }

    /// The store's file is damaged: all there is to do is to set it aside.
    [[nodiscard]] bool isStoreDamaged() const { return storeDamaged_; }

    int run() {
        store_.onDamage([this] {
            storeDamaged_ = true;
            asio::post(io_, [this] { tasks_.stop(); });
        });
        openStatusServer();
        openControlSocket();
        tasks_.onStop([this] { beginStop(); });
        tasks_.onAllEnded([this] { stopLimit_.cancel(); });
        tasks_.spawn("signals", waitForSignal());
        clock_.spawn(tasks_);
        tasks_.spawn("held", lasting(
                                 "held", [this] { return heldWatch_.run(); }, kBeginAgain, log_));
        tasks_.spawn("session", session_.run());
        tasks_.spawn("bluetooth", link_.run());
        if (site_ && !options_.once) site_->spawn(tasks_);
        if (options_.once) tasks_.spawn("once", finishOnce());
        if (statusServer_) tasks_.spawn("status", statusServer_->run());
        if (controlServer_) tasks_.spawn("control", controlServer_->run());
        if (const auto interval = service_manager::watchdogInterval())
            tasks_.spawn("watchdog", feed(*interval));
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
        onceWake_.cancel();
        if (clockKeeper_.settle(pump)) publish(pump);
    }

    void synced(const PumpInfo& pump) override {
        publish(pump); // what an earlier run stored but did not come to map
        synced_ = pump;
        onceWake_.cancel();
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
        onceWake_.cancel();
    }

    // The pump matters more than the page: a port that is taken does not keep the service from running.
    void openStatusServer() {
        const auto address = parseListenAddress(configuration_.status.listen);
        if (!address || options_.once) return;
        try {
            statusServer_ = std::make_unique<StatusServer>(
                io_.get_executor(), *address, [this] { return monitor_.gather(); }, log_);
            log_.info("status: listening at {}", address->localUrl());
        } catch (const boost::system::system_error& error) {
            log_.warn("status: no page at {}: {}; change status.listen", configuration_.status.listen,
                      error.code().message());
        }
    }

    // As with the page: what others ask is no reason to stop.
    void openControlSocket() {
        if (options_.once || !lock_.coversAdapter()) return;
        ServedBy service{store_, configuration_, zone_, [this] { return monitor_.gather(); }, {}};
        if (site_)
            service.wakeUploader = [this] {
                publisher_.forgetHanded();
                site_->retryRefused();
            };
        const auto group = findGroup(kControlGroup);
        const auto permitted = [group](const ControlPeer& peer) {
            return mayControl(peer, ::geteuid(), group);
        };
        const auto socket = controlSocket(options_.runtimeDirectory);
        try {
            controlServer_ = std::make_unique<ControlServer>(io_.get_executor(), socket, group, permitted,
                                                             servedCommands(service), log_);
        } catch (const boost::system::system_error& error) {
            log_.warn("control: no socket at {}: {}", socket.string(), error.code().message());
        }
    }

    asio::awaitable<void> waitForSignal() {
        asio::signal_set signals{io_, SIGINT, SIGTERM};
        const int number = co_await signals.async_wait(asio::use_awaitable);
        log_.info("run: {} received, stopping", number == SIGINT ? "SIGINT" : "SIGTERM");
    }

    asio::awaitable<void> finishOnce() {
        co_await waitUntil([this] { return synced_.has_value(); }, kOnceLimit);
        if (!synced_) {
            if (!tasks_.stopping()) {
                log_.error(
                    "run: no pump came within {} minutes. On the pump: Paired Devices > Pair New Device",
                    kOnceLimit.count());
                exitCode_ = kUnreachable;
            }
            co_return;
        }
        // The pump's clock was measured by one that is trusted.
        const auto measured = [this] {
            return clock_.host().trusted() && !clockKeeper_.wantsReading(*synced_);
        };
        co_await waitUntil(measured, kOnceClockLimit);
        if (const auto held = heldRecords(store_, synced_->id, zone_, clock_.host().trustedNow());
            !held.empty()) {
            log_.error("run: {} records are stored and not sent: {}", held.front().count,
                       describe(held.front()));
            exitCode_ = kFoundProblem;
        }
        if (site_) {
            const int code = co_await site_->uploadAll();
            if (code != kDone) exitCode_ = code;
            if (code == kUnreachable) co_return;
        }
        log_.info("run: done, uploaded={}", site_ ? site_->uploader().state().uploaded : 0);
    }

    /// At most `limit`; whoever changes what it asks for cancels onceWake_.
    asio::awaitable<void> waitUntil(std::function<bool()> done, std::chrono::seconds limit) {
        const auto end = std::chrono::steady_clock::now() + limit;
        while (!done() && !tasks_.stopping() && std::chrono::steady_clock::now() < end) {
            onceWake_.expires_at(end);
            boost::system::error_code ignored;
            co_await onceWake_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        }
    }

    asio::awaitable<void> feed(std::chrono::microseconds interval) {
        asio::steady_timer timer{io_};
        for (;;) {
            service_manager::feedWatchdog();
            timer.expires_after(interval);
            co_await timer.async_wait(asio::use_awaitable);
        }
    }

    void beginStop() {
        service_manager::stopping();
        stopLimit_.expires_after(kStopLimit);
        stopLimit_.async_wait([this](boost::system::error_code error) {
            if (error) return;
            log_.error("run: not everything ended within {} s, leaving", kStopLimit.count());
            log_.flush();
            std::_Exit(exitCode_); // the store survives that as it survives a power cut
        });
    }

    const Configuration& configuration_;
    const RunOptions& options_;
    therapy::Zone zone_;
    spdlog::logger& log_;
    asio::io_context io_{1};
    asio::steady_timer onceWake_{io_};
    asio::steady_timer stopLimit_{io_};
    InstanceLock lock_; ///< before the store is touched
    Store store_;
    PretendSink pretend_;
    Tasks tasks_;
    ServiceClock clock_;
    ClockKeeper clockKeeper_;
    Publisher publisher_;
    nightscout::SystemClock heldClock_{io_.get_executor(), utcNow};
    HeldWatch heldWatch_{heldClock_, [this] { return publisher_.heldUntil(); },
                         [this] { publish(*published_); }};
    std::optional<PumpInfo> published_; ///< the pump, last
    StatusPublisher statusPublisher_;
    ServiceMonitor monitor_;
    SessionListeners listeners_;
    ble::BluezLink link_;
    PumpSession session_;
    std::unique_ptr<Adoption> adoption_;
    std::unique_ptr<SiteUpload> site_;
    std::unique_ptr<StatusServer> statusServer_;
    std::unique_ptr<ControlServer> controlServer_;
    std::optional<PumpInfo> synced_; ///< the pump
    bool storeDamaged_ = false;
    int exitCode_ = kDone;
};

} // namespace

namespace {

/// Runs the service; once more after setting a damaged store aside.
int runOnStore(const Configuration& configuration, const RunOptions& options, const therapy::Zone& zone,
               const protocol::sake::KeyDatabase& keys, spdlog::logger& log, std::ostream& out) {
    for (bool again = false;; again = true) {
        try {
            Service service{configuration, options, zone, keys, log, out};
            const int code = service.run();
            if (!service.isStoreDamaged()) return code;
        } catch (const StoreError& error) {
            if (error.kind() != StoreErrorKind::Damaged) throw;
            log.error("run: {}", error.what());
        }
        if (again) return kFoundProblem;
        const auto aside = setDamagedStoreAside(configuration.storage.path, utcNow());
        log.error("store: {} is damaged and was moved to {}; the pump's memory is read again",
                  configuration.storage.path.string(), aside.string());
    }
}

} // namespace

int runService(const Configuration& configuration, const RunOptions& options, spdlog::logger& log,
               std::ostream& out) {
    std::signal(SIGPIPE, SIG_IGN);
    keepMemoryPrivate();
    try {
        const auto zone = therapy::Zone::find(configuration.timezone);
        if (!zone) {
            log.error("run: there is no time zone named \"{}\"; use a name such as Europe/Berlin",
                      configuration.timezone);
            return kWrongUsage;
        }
        return runOnStore(configuration, options, *zone, readBridgeKeyFile(configuration.pump.keyDatabase),
                          log, out);
    } catch (const AlreadyRunning& error) {
        log.error("run: {}; stop that one, or give this one a store and an adapter of its own", error.what());
        return kWrongUsage;
    } catch (const KeyFileError& error) {
        log.error("run: {}", error.what());
        return kWrongUsage;
    } catch (const StoreError& error) {
        log.error("run: {}", error.what());
        return error.kind() == StoreErrorKind::Unusable ? kWrongUsage : kFoundProblem;
    } catch (const std::exception& error) {
        log.error("run: {}", error.what());
        return kUnreachable;
    }
}

} // namespace bridge
