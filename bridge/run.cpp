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
#include <random>

#include "ble/bluez/link.hpp"
#include "bridge/commands/served.hpp"
#include "bridge/config/key_file.hpp"
#include "bridge/config/listen_address.hpp"
#include "bridge/config/site_settings.hpp"
#include "bridge/control/control_server.hpp"
#include "bridge/control/instance_lock.hpp"
#include "bridge/exit_code.hpp"
#include "bridge/private_memory.hpp"
#include "bridge/publish/adoption.hpp"
#include "bridge/publish/clock_keeper.hpp"
#include "bridge/publish/pretend_sink.hpp"
#include "bridge/publish/profile_sync.hpp"
#include "bridge/publish/publisher.hpp"
#include "bridge/publish/status_publisher.hpp"
#include "bridge/service_manager.hpp"
#include "bridge/session/pump_session.hpp"
#include "bridge/session/stored_bonds.hpp"
#include "bridge/status/service_monitor.hpp"
#include "bridge/status/status_server.hpp"
#include "bridge/store/damage.hpp"
#include "bridge/store/store.hpp"
#include "bridge/tasks.hpp"
#include "nightscout/upload/client.hpp"
#include "nightscout/upload/uploader.hpp"
#include "therapy/zone.hpp"

namespace bridge {

using namespace std::chrono_literals;

namespace {

/// `run --once` gives up when no pump has come for so long: pairing and the slowest reconnect seen fit twice.
constexpr auto kOnceLimit = 15min;
/// What is left after SIGTERM has this long to end.
constexpr auto kStopLimit = 2s;
/// `run --once`: failed uploads in a row before it gives up.
constexpr int kOnceRetries = 4;

constexpr std::string_view kNameSetting = "mobile-name";

std::chrono::sys_seconds utcNow() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

double uniform() {
    static thread_local std::mt19937_64 engine{std::random_device{}()};
    return std::uniform_real_distribution<double>{0, 1}(engine);
}

/// The name under which the pump lists us: the configured one, or six digits that are kept.
std::string mobileName(const Configuration& configuration, Store& store) {
    std::string name = configuration.pump.name;
    if (name.empty()) name = store.setting(kNameSetting).value_or("");
    if (name.empty()) {
        name = std::to_string(100'000U + std::random_device{}() % 900'000U); // never a 0 in front
        store.setSetting(kNameSetting, name);
    }
    return "Mobile " + name;
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
          clockKeeper_(store_, zone_, log),
          publisher_(store_, zone_, configuration.documents, documentSink(), !options.pretend, log),
          statusPublisher_(store_, configuration.documents, documentSink(), !options.pretend),
          monitor_(store_, zone_, configuration.documents, utcNow, log),
          link_(io_.get_executor(), linkSettings(), monitor_, log),
          session_(io_.get_executor(), link_, store_, std::move(keys), protocol::sake::systemRandom,
                   {utcNow, std::chrono::steady_clock::now}, sessionSettings(configuration), listeners_,
                   log) {
        listeners_.add(*this);
        listeners_.add(monitor_);
        if (!options.pretend && !configuration.nightscout.url.empty()) {
            client_ = std::make_unique<nightscout::Client>(io_.get_executor(), clientSettings(configuration));
            uploader_ = std::make_unique<nightscout::Uploader>(uploadClock_, *client_, store_,
                                                               nightscout::UploadPolicy{}, uniform, log);
            monitor_.setUploader(*uploader_);
            adoption_ = std::make_unique<Adoption>(
                store_, zone_, utcNow, [this](const PumpInfo& pump) { publisher_.publish(pump); }, log);
            uploader_->setInquiry(*adoption_);
            publisher_.setGate(*adoption_);
            if (configuration.documents.features.contains(nightscout::Feature::Profiles)) {
                profileSync_ =
                    std::make_unique<ProfileSync>(io_.get_executor(), clientSettings(configuration), store_,
                                                  configuration.profile, zone_.name(), utcNow, log);
            }
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
        tasks_.spawn("session", session_.run());
        tasks_.spawn("bluetooth", link_.run());
        if (client_) warnOfPlainHttp();
        if (uploader_ && !options_.once) tasks_.spawn("nightscout", uploader_->run());
        if (profileSync_ && !options_.once) tasks_.spawn("profile", profileSync_->run());
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
        ble::BluezLinkSettings settings;
        settings.adapter = configuration_.bluetooth.adapter;
        settings.mobileName = mobileName(configuration_, store_);
        settings.pumpSerial = configuration_.pump.serial;
        settings.openPairing = options_.pair;
        settings.forgetBonds = options_.forget;
        settings.bonds = std::make_shared<StoredBonds>(store_);
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
        publisher_.publish(pump);
        if (uploader_) uploader_->wake();
    }

    void clockRead(const PumpInfo& pump, const therapy::ClockReading& reading) override {
        clockKeeper_.read(pump, reading);
    }

    [[nodiscard]] bool clockWanted(const PumpInfo& pump) override { return clockKeeper_.wantsReading(pump); }

    void clockBracketed(const PumpInfo& pump) override {
        if (!clockKeeper_.settle(pump)) return;
        publisher_.publish(pump);
        if (uploader_) uploader_->wake();
    }

    void synced(const PumpInfo& pump) override {
        publisher_.publish(pump); // what an earlier run stored but did not come to map
        if (uploader_) uploader_->wake();
        synced_ = true;
        onceWake_.cancel();
    }

    void statusRead(const PumpInfo& pump, const therapy::PumpStatus& status) override {
        QueueResult queued = statusPublisher_.publish(pump, status);
        if (statusPublisher_.note(pump, status)) {
            const QueueResult more = publisher_.publishNewest(pump);
            queued.added += more.added + more.changed;
        }
        if (uploader_ && queued.added + queued.changed > 0) uploader_->wake();
    }

    void displayFormatRead(const PumpInfo& pump, const therapy::PumpStatus& format) override {
        statusPublisher_.note(pump, format);
    }

    void stageReached(SessionStage stage) override { service_manager::status(std::string(name(stage))); }

    void warnOfPlainHttp() const {
        if (clientSettings(configuration_).site.exposesSecret())
            log_.warn(
                "nightscout: nightscout.url is plain http to another host: everybody on the way can read "
                "the secret and the health data; use https");
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
        if (uploader_)
            service.wakeUploader = [this] {
                store_.retryRefused();
                uploader_->wake();
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
        onceWake_.expires_after(kOnceLimit);
        boost::system::error_code ignored;
        if (!synced_) co_await onceWake_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        if (!synced_) {
            if (!tasks_.stopping()) {
                log_.error(
                    "run: no pump came within {} minutes. On the pump: Paired Devices > Pair New Device",
                    kOnceLimit.count());
                exitCode_ = kUnreachable;
            }
            co_return;
        }
        if (profileSync_) co_await profileSync_->check();
        if (uploader_ && !co_await uploader_->drain(kOnceRetries)) {
            log_.error("nightscout: {} documents still wait: {}", store_.depth(),
                       uploader_->state().lastError);
            exitCode_ = kUnreachable;
            co_return;
        }
        const auto uploaded = uploader_ ? uploader_->state().uploaded : 0;
        if (uploader_ && uploader_->state().refused > 0) {
            log_.error("nightscout: the site refuses documents={}, tried again later: {}",
                       uploader_->state().refused, uploader_->state().lastRefusal);
            exitCode_ = kFoundProblem;
        }
        log_.info("run: done, uploaded={}", uploaded);
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
    ClockKeeper clockKeeper_;
    Publisher publisher_;
    StatusPublisher statusPublisher_;
    ServiceMonitor monitor_;
    SessionListeners listeners_;
    ble::BluezLink link_;
    PumpSession session_;
    nightscout::SystemClock uploadClock_{io_.get_executor(), utcNow};
    std::unique_ptr<nightscout::Client> client_;
    std::unique_ptr<nightscout::Uploader> uploader_;
    std::unique_ptr<Adoption> adoption_;
    std::unique_ptr<StatusServer> statusServer_;
    std::unique_ptr<ControlServer> controlServer_;
    std::unique_ptr<ProfileSync> profileSync_;
    bool synced_ = false;
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
