// SPDX-License-Identifier: MIT
#include "weeks.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "bridge/session/sync_plan.hpp"
#include "protocol/history/record.hpp"

namespace soak {

namespace asio = boost::asio;
namespace sake = protocol::sake;
using namespace std::chrono_literals;

namespace {

/// `RestartSec` of the unit.
constexpr Seconds kRestart{5};
/// How long a service may take to end; systemd kills it then.
constexpr Seconds kStop{2};

sake::RandomSource seeded(std::uint64_t seed) {
    return [engine = std::mt19937_64{seed}](std::span<std::uint8_t> out) mutable {
        for (auto& byte : out) byte = static_cast<std::uint8_t>(engine());
    };
}

bridge::Configuration configurationFor(const Site& site) {
    bridge::Configuration configuration;
    configuration.timezone = "Europe/Berlin";
    configuration.nightscout.url = fmt::format("http://127.0.0.1:{}", site.port());
    configuration.apiSecret = "a secret of a soak";
    configuration.documents.features.insert(nightscout::Feature::CgmAlerts);
    configuration.documents.clockNotes = true;
    return configuration;
}

} // namespace

Weeks::Weeks(const Plan& plan, unsigned seed, const therapy::Zone& zone, spdlog::logger& log)
    : plan_(plan),
      time_(plan.begin),
      life_(plan.life),
      next_(io_),
      site_(io_, plan.generation, seed),
      configuration_(configurationFor(site_)),
      random_(seed),
      around_{io_,
              configuration_,
              zone,
              {},
              seeded(seed + 1),
              [this] { return static_cast<double>(random_() >> 11U) * 0x1p-53; },
              witnesses(),
              [this](std::string host) { return addresses(std::move(host)); },
              log},
      pump_([&] {
          auto keys = sake::generatePair(sake::DeviceType::MobileApplication, sake::DeviceType::InsulinPump,
                                         seeded(seed));
          around_.keys = std::move(keys.first);
          return virtual_pump::Pump({}, std::move(keys.second), seeded(seed + 2),
                                    [this] { return life_.shows(time_.now()); });
      }()),
      file_(directory_ / "1.db"),
      stepped_(io_) {
    pump_.tellTime([this] { return life_.shows(time_.now()); });
    watchWrites([this] { return onWrite(); });
    schedule();
}

Weeks::~Weeks() {
    if (service_) endService();
    watchWrites({});
}

void Weeks::live() {
    start();
    while (time_.now() < plan_.end) turn();
    writesLeft_.reset();
    if (!service_) complaints_.emplace_back("the service does not run at the end");
    // What the uploader still has to do.
    for (int i = 0; service_ && service_->store().depth() > 0 && i < 24 * 60; ++i) {
        const Utc until = time_.now() + 1min;
        at(until, [] {});
        while (time_.now() < until) turn();
    }
}

void Weeks::turn() {
    waitForAction();
    io_.run_one();
    if (killed_) {
        endService();
        file_ = *std::exchange(killed_, std::nullopt);
        site_.ignoreAll(false);
        after(restartAfter_, [this] { start(); });
    } else if (service_ && service_->ended()) {
        ++counts_["ended by itself"];
        endService();
        after(kRestart, [this] { start(); });
    }
}

void Weeks::schedule() {
    for (const Span& span : plan_.inRange) {
        at(span.begin, [this] { comeIntoRange(); });
        at(span.end, [this] { goOutOfRange(); });
    }
    for (const auto& one : plan_.site) {
        at(one.span.begin, [this, one] { site_.fail(one.fault, one.share); });
        at(one.span.end, [this] { site_.fail(SiteFault::None, 0); });
    }
    for (const auto& one : plan_.troubles) at(one.at, [this, one] { cause(one); });
    at(plan_.end, [] {});
}

void Weeks::waitForAction() {
    const Utc first = actions_.begin()->first;
    if (waitsFor_ == first) return;
    waitsFor_ = first;
    next_.expires_after(std::max(0s, first - time_.now()));
    next_.async_wait([this](boost::system::error_code error) {
        if (error) return;
        waitsFor_.reset();
        runActions();
    });
}

void Weeks::runActions() {
    while (!actions_.empty() && actions_.begin()->first <= time_.now()) {
        auto action = std::move(actions_.begin()->second);
        actions_.erase(actions_.begin());
        action();
    }
    if (actions_.empty()) at(time_.now() + 1h, [] {});
}

// --- the pump ---

void Weeks::writeRecords() {
    const auto& all = life_.records();
    const Utc now = time_.now();
    bool any = false;
    for (; written_ < all.size() && all[written_].at <= now; ++written_) {
        pump_.append(all[written_].raw);
        any = true;
    }
    if (!any) return;
    pump_.timePasses();
    if (link_ && link_->isConnected()) link_->deliver();
}

void Weeks::writeWhileInRange() {
    if (!inRange_) return;
    writeRecords();
    if (written_ == life_.records().size()) return;
    Utc next = life_.records()[written_].at + plan_.tellsEvery;
    for (const ClockChange& change : plan_.life.changes) {
        if (change.at > time_.now()) next = std::min(next, change.at);
    }
    at(next, [this] { writeWhileInRange(); });
}

void Weeks::overwrite() {
    pump_.keepNewest(plan_.pumpMemory);
    const auto& all = life_.records();
    const std::uint32_t first = all[written_ - pump_.history().size()].number;
    if (!oldest_) oldest_ = begin_ = first;
    if (oldest_ == first) return;
    for (const auto& gap : bridge::missing(held(), {*std::exchange(oldest_, first), first - 1})) {
        for (auto number = gap.first; number <= gap.last; ++number) lost_.insert(number);
    }
}

std::vector<bridge::SequenceRange> Weeks::held() const {
    const auto of = [](const bridge::Store& store) {
        const auto pumps = store.pumps();
        return pumps.empty() ? std::vector<bridge::SequenceRange>{} : store.held(pumps.front().id);
    };
    if (service_) return of(service_->store());
    return of(bridge::Store(file_));
}

void Weeks::comeIntoRange() {
    if (inRange_) return;
    writeRecords();
    overwrite();
    inRange_ = true;
    writeWhileInRange();
    connect();
}

void Weeks::goOutOfRange() {
    inRange_ = false;
    if (link_) link_->leave();
}

void Weeks::connectSoon() {
    if (std::exchange(connecting_, true)) return;
    after(Seconds{3 + random_() % 40}, [this] {
        connecting_ = false;
        connect();
    });
}

void Weeks::connect() {
    if (!inRange_ || !bluetooth_ || !service_ || !link_ || link_->isConnected()) return;
    ++counts_["connections"];
    link_->arrive();
}

// --- the computer ---

bridge::HostClockWatch::Sources Weeks::witnesses() {
    bridge::HostClockWatch::Sources sources;
    sources.timeService = [this] { return askTimeService(); };
    sources.clockSet = [this] { return waitForStep(); };
    sources.sample = bridge::readClocks;
    return sources;
}

asio::awaitable<std::optional<bool>> Weeks::askTimeService() {
    co_return std::optional<bool>(synchronised_);
}

asio::awaitable<void> Weeks::waitForStep() {
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    stepped_.expires_at(asio::steady_timer::time_point::max());
    co_await stepped_.async_wait(asio::as_tuple(asio::use_awaitable));
    if (cancellation.cancelled() != asio::cancellation_type::none)
        throw boost::system::system_error(asio::error::operation_aborted);
}

asio::awaitable<std::vector<std::string>> Weeks::addresses(std::string host) {
    if (site_.refuses()) host = "127.0.0.2"; // where nothing listens
    co_return std::vector<std::string>{std::move(host)};
}

void Weeks::setHostClock(Seconds error, bool synchronised) {
    synchronised_ = synchronised;
    time_.setHostError(error);
    stepped_.cancel();
}

WriteFate Weeks::onWrite() {
    if (diskFull_) return WriteFate::DiskFull;
    if (!service_ && !starting_) return WriteFate::Done; // no process that could be killed
    if (writesLeft_ && (*writesLeft_)-- <= 0) {
        writesLeft_.reset();
        snapshot();
    }
    return WriteFate::Done;
}

/// What is on the disk when the process is killed. What it still does until the next turn of the loop reaches
/// nobody.
void Weeks::snapshot() {
    if (killed_) return;
    const auto to = directory_ / (std::to_string(++lives_) + ".db");
    for (const char* side : {"", "-wal"}) {
        const std::filesystem::path from = file_.string() + side;
        std::error_code none;
        std::filesystem::copy_file(from, to.string() + side, none);
    }
    killed_ = to;
    site_.ignoreAll(true);
}

void Weeks::start() {
    if (service_) return;
    restartAfter_ = kRestart;
    link_ = std::make_unique<link_test::MemoryLink>(io_.get_executor(), pump_);
    link_->onEnd([this] { connectSoon(); });
    starting_ = true;
    try {
        service_ = std::make_unique<Service>(around_, *link_, file_);
        ++counts_["starts"];
        connectSoon();
    } catch (const bridge::StoreError& error) {
        ++counts_["failed starts"];
        if (error.kind() != bridge::StoreErrorKind::Passing)
            complaints_.push_back(fmt::format("{:%FT%T} {}", time_.now(), error.what()));
        link_.reset();
        after(kRestart, [this] { start(); });
    }
    starting_ = false;
}

void Weeks::endService() {
    if (!service_) return;
    link_->leave();
    service_->stop();
    const Utc limit = time_.now() + kStop;
    bool late = false;
    while (!service_->ended()) {
        waitForAction();
        io_.run_one();
        if (!std::exchange(late, late || time_.now() > limit + 1s) && late)
            complaints_.push_back(
                fmt::format("{:%FT%T} the service takes more than 2 s to end", time_.now()));
    }
    service_.reset();
    link_.reset();
    if (!killed_) return;
    for (const char* side : {"", "-wal", "-shm"}) std::filesystem::remove(file_.string() + side);
}

void Weeks::cause(const TroubleAt& trouble) {
    ++counts_[std::string(name(trouble.trouble))];
    const int amount = trouble.amount;
    const auto count = static_cast<unsigned>(amount);
    virtual_pump::Faults faults;
    switch (trouble.trouble) {
        case Trouble::LinkLost:
            if (link_ && amount % 3 == 0) return link_->leave();
            if (link_) link_->leaveAtOperation(amount);
            return;
        case Trouble::LostInHandshake:
            if (!link_) return;
            link_->leave();
            return link_->leaveAtPortMessage(amount);
        case Trouble::FrameLost:
            faults.loseAt = count;
            return pump_.setFaults(faults);
        case Trouble::FrameDoubled:
            faults.duplicateAt = count;
            return pump_.setFaults(faults);
        case Trouble::FrameDamaged:
            faults.corruptMacAt = count;
            return pump_.setFaults(faults);
        case Trouble::LostInReport:
            faults.dropLinkAfter = count;
            return pump_.setFaults(faults);
        case Trouble::FramesSwapped:
            if (link_) link_->swapAt(amount);
            return;
        case Trouble::Undecodable:
            if (link_ && link_->isConnected())
                for (int i = 0; i < amount % 8; ++i) link_->sendUndecodable();
            return;
        case Trouble::Refusing:
            if (link_) link_->failNext(amount);
            return;
        case Trouble::ControlRefusing:
            if (link_) link_->refuse(ble::PumpCharacteristic::IddRecordAccessControlPoint);
            return after(Seconds{amount}, [this] {
                if (link_) link_->refuseNothing();
            });
        case Trouble::Silent:
            if (link_) link_->setSilent(true);
            return after(Seconds{amount}, [this] {
                if (link_) link_->setSilent(false);
            });
        case Trouble::Bluetoothd:
            bluetooth_ = false;
            if (link_) link_->loseHost();
            return after(Seconds{amount}, [this] {
                bluetooth_ = true;
                connectSoon();
            });
        case Trouble::Killed:
            writesLeft_ = amount;
            return;
        case Trouble::Stopped:
            if (service_) service_->stop();
            return;
        case Trouble::PowerCut:
            if (service_) snapshot();
            restartAfter_ = 40s;
            synchronised_ = false;
            time_.setHostError(trouble.hostError);
            return after(Seconds{amount}, [this] { setHostClock(0s, true); });
        case Trouble::HostClockSet:
            setHostClock(trouble.hostError, false);
            return after(Seconds{amount}, [this] { setHostClock(0s, true); });
        case Trouble::DiskFull:
            diskFull_ = true;
            return after(Seconds{amount}, [this] { diskFull_ = false; });
    }
}

std::string Weeks::summary() const {
    std::string text = fmt::format("records {}, requests {}", written_, site_.requests());
    for (const auto& [what, count] : counts_) text += fmt::format(", {} {}", what, count);
    return text;
}

} // namespace soak
