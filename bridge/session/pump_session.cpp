// SPDX-License-Identifier: MIT
#include "bridge/session/pump_session.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cctype>
#include <utility>

#include "bridge/session/follower.hpp"
#include "protocol/codec/date_time.hpp"
#include "protocol/idd/device_information.hpp"

namespace bridge {

namespace sake = protocol::sake;
using ble::PumpCharacteristic;
using protocol::Bytes;

/// What belongs to one connection; gone when it ends.
struct PumpSession::Connection {
    explicit Connection(const asio::any_io_executor& executor) : values(executor) {}

    ble::Peer peer;
    std::optional<sake::Server> handshake;
    std::optional<sake::Session> session;
    bool servicesResolved = false;
    bool dropping = false;
    bool working = false;
    int decryptFailures = 0;
    std::chrono::steady_clock::time_point handshakeBegan;
    ValueQueue values;
    asio::cancellation_signal stopWork;
};

PumpSession::PumpSession(asio::any_io_executor executor, ble::PumpLink& link, Store& store,
                         sake::KeyDatabase keys, sake::RandomSource random, UtcClock clock,
                         SessionSettings settings, Hooks hooks, spdlog::logger& log)
    : executor_(std::move(executor)),
      link_(link),
      store_(store),
      keys_(std::move(keys)),
      random_(std::move(random)),
      clock_(std::move(clock)),
      settings_(std::move(settings)),
      hooks_(std::move(hooks)),
      log_(log),
      watchdog_(executor_),
      workEnded_(executor_) {
    setCodec();
}

PumpSession::~PumpSession() {
    link_.setDecoder({});
    link_.setEncoder({});
}

void PumpSession::setCodec() {
    link_.setDecoder([this](PumpCharacteristic characteristic, Bytes value) {
        return decode(characteristic, std::move(value));
    });
    link_.setEncoder([this](protocol::ByteView plain) -> std::optional<Bytes> {
        if (!connection_ || !connection_->session) return std::nullopt;
        return connection_->session->sender.encrypt(plain);
    });
}

asio::awaitable<void> PumpSession::run() {
    std::exception_ptr ended;
    try {
        for (;;) co_await handle(co_await link_.nextEvent());
    } catch (...) {
        ended = std::current_exception();
    }
    stopWork();
    endConnection();
    // The work of a connection refers to this object: it ends first, whatever ended us.
    co_await asio::this_coro::reset_cancellation_state();
    while (working_) {
        workEnded_.expires_at(asio::steady_timer::time_point::max());
        co_await workEnded_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    std::rethrow_exception(ended);
}

asio::awaitable<void> PumpSession::handle(ble::LinkEvent event) {
    if (hooks_.linkEvent) hooks_.linkEvent(event);
    if (auto* connected = std::get_if<ble::Connected>(&event)) {
        endConnection();
        connection_ = std::make_shared<Connection>(executor_);
        connection_->peer = std::move(connected->peer);
        setCodec();
        stage("connected");
        co_return;
    }
    if (!connection_) co_return; // left over from a connection that has ended
    if (auto* gone = std::get_if<ble::Disconnected>(&event)) {
        log_.info("session: ended ({})", gone->reason);
        endConnection();
        stage("waiting for the pump");
    } else if (std::holds_alternative<ble::PortSubscribed>(event)) {
        co_await beginHandshake();
    } else if (std::holds_alternative<ble::PortUnsubscribed>(event)) {
        connection_->session.reset();
        connection_->handshake.reset();
        stopWork();
    } else if (auto* written = std::get_if<ble::PortWritten>(&event)) {
        co_await continueHandshake(std::move(written->value));
    } else if (std::holds_alternative<ble::ServicesResolved>(event)) {
        connection_->servicesResolved = true;
        startWorkWhenReady();
    } else if (auto* value = std::get_if<ble::ValueArrived>(&event)) {
        connection_->values.push(std::move(*value));
    }
}

asio::awaitable<void> PumpSession::beginHandshake() {
    stopWork();
    connection_->session.reset();
    connection_->handshake.emplace(keys_, random_);
    connection_->handshakeBegan = std::chrono::steady_clock::now();
    stage("handshaking");
    watch(settings_.handshakeTimeout, "the handshake did not finish in time");

    // The pump misses a start signal that comes too soon after its subscription was answered.
    asio::steady_timer pause{executor_, settings_.startSignalDelay};
    co_await pause.async_wait(asio::use_awaitable);
    link_.notifyPort(sake::kStartSignal);
}

asio::awaitable<void> PumpSession::continueHandshake(Bytes written) {
    if (connection_->session) {
        log_.info("session: write of {} bytes to the SAKE port after the handshake ignored", written.size());
        co_return;
    }
    if (!connection_->handshake || connection_->dropping) co_return;
    auto& handshake = *connection_->handshake;
    const int stageBefore = handshake.stage();
    const auto answer = handshake.receive(written);
    if (!answer) {
        log_.error("session: handshake failed at stage {}: {}. {}", stageBefore, sake::name(answer.error()),
                   sake::explain(answer.error()));
        if (hooks_.handshakeEnded) hooks_.handshakeEnded(answer.error());
        co_await drop("the handshake failed");
        co_return;
    }
    if (*answer) link_.notifyPort(**answer);
    if (!handshake.done()) co_return;

    connection_->session.emplace(handshake.takeSession());
    connection_->handshake.reset();
    watchdog_.cancel();
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                            connection_->handshakeBegan);
    log_.info("session: handshake done in {} ms", took.count());
    if (hooks_.handshakeEnded) hooks_.handshakeEnded(std::nullopt);
    link_.confirmPaired();
    stage("discovering");
    if (!connection_->servicesResolved) {
        watch(settings_.discoveryTimeout, "the pump's services were not found in time");
    }
    startWorkWhenReady();
}

asio::awaitable<void> PumpSession::drop(std::string reason) {
    if (!connection_ || std::exchange(connection_->dropping, true)) co_return;
    log_.warn("session: dropping the link: {}", reason);
    stopWork();
    try {
        co_await link_.disconnect();
    } catch (const ble::LinkError& error) {
        log_.warn("session: {} ({})", error.what(), error.name());
    }
}

void PumpSession::endConnection() {
    watchdog_.cancel();
    // The work ends by itself: it takes what had arrived, then finds the link gone.
    if (connection_) connection_->values.close();
    connection_.reset();
}

// A signal may not be emitted to a task that has ended: Asio 1.81 then touches what is gone.
void PumpSession::stopWork() {
    if (connection_ && connection_->working) connection_->stopWork.emit(asio::cancellation_type::terminal);
}

void PumpSession::watch(std::chrono::milliseconds timeout, std::string reason) {
    watchdog_.expires_after(timeout);
    watchdog_.async_wait([this, reason = std::move(reason)](boost::system::error_code error) {
        if (error) return;
        asio::co_spawn(executor_, drop(reason), [](const std::exception_ptr&) {});
    });
}

void PumpSession::startWorkWhenReady() {
    if (!connection_ || !connection_->session || !connection_->servicesResolved || connection_->dropping)
        return;
    watchdog_.cancel();
    if (std::exchange(working_, true)) return; // the work that is ending starts this one
    connection_->working = true;
    asio::co_spawn(
        executor_, work(connection_),
        asio::bind_cancellation_slot(connection_->stopWork.slot(),
                                     [this, connection = connection_](const std::exception_ptr& error) {
                                         onWorkEnded(*connection, error);
                                     }));
}

void PumpSession::onWorkEnded(Connection& ended, const std::exception_ptr& error) {
    working_ = false;
    ended.working = false;
    workEnded_.cancel();
    std::string reason;
    try {
        if (error) std::rethrow_exception(error);
    } catch (const ble::LinkError& failure) {
        reason = fmt::format("{} ({})", failure.what(), failure.name());
    } catch (const boost::system::system_error& failure) {
        if (failure.code() != asio::error::operation_aborted) reason = failure.what();
    } catch (const std::exception& failure) {
        reason = failure.what();
    }
    const bool current = connection_.get() == &ended;
    if (!reason.empty() && current && !ended.dropping) {
        asio::co_spawn(executor_, drop(reason), [](const std::exception_ptr&) {});
    } else {
        startWorkWhenReady(); // a new session may have waited for this end
    }
}

asio::awaitable<void> PumpSession::work(std::shared_ptr<Connection> connection) {
    const PumpInfo pump = co_await identify();
    co_await measureClock(pump);

    Follower::Hooks hooks;
    hooks.rangeDone = hooks_.rangeDone;
    hooks.synced = [this, &pump] {
        if (hooks_.synced) hooks_.synced(pump);
    };
    hooks.statusRead = [this, &pump](const therapy::PumpStatus& status) {
        if (hooks_.statusRead) hooks_.statusRead(pump, status);
    };
    hooks.displayFormatRead = [this, &pump](const therapy::PumpStatus& status) {
        if (hooks_.displayFormatRead) hooks_.displayFormatRead(pump, status);
    };
    hooks.measureClock = [this, &pump] { return measureClock(pump); };
    hooks.clockWanted = [this, &pump] { return hooks_.clockWanted && hooks_.clockWanted(pump); };
    hooks.clockBracketed = [this, &pump] {
        if (hooks_.clockBracketed) hooks_.clockBracketed(pump);
    };
    hooks.stage = [this](const std::string& text) { stage(text); };
    Follower follower{link_,
                      connection->values,
                      store_,
                      pump,
                      {settings_.follow, settings_.sync, settings_.inactivity, settings_.answerInactivity},
                      clock_,
                      std::move(hooks),
                      log_};
    co_await follower.run();
}

asio::awaitable<PumpInfo> PumpSession::identify() {
    std::string serial = co_await readText(PumpCharacteristic::SerialNumber);
    std::ranges::transform(serial, serial.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    if (serial.empty()) throw ble::LinkError("protocol", "the pump did not tell its serial number");
    if (!settings_.requiredSerial.empty() && serial != settings_.requiredSerial) {
        throw ble::LinkError("wrong-pump",
                             fmt::format("this is pump {}, but the configuration asks for {}: change "
                                         "pump.serial, or pair the other pump",
                                         serial, settings_.requiredSerial));
    }
    const std::string model = co_await readText(PumpCharacteristic::ModelNumber);
    const std::string firmware = co_await readText(PumpCharacteristic::FirmwareRevision);
    const PumpInfo pump = store_.pump(serial);
    store_.describePump(pump.id, model, firmware);
    log_.info("session: pump model={} firmware={}", model, firmware);
    co_return store_.pump(serial);
}

asio::awaitable<void> PumpSession::measureClock(const PumpInfo& pump) {
    try {
        const Bytes raw = co_await link_.read(PumpCharacteristic::CurrentTime);
        const auto now = clock_();
        const auto current = protocol::parseCurrentTime(raw);
        if (!current) {
            log_.warn("session: the pump's clock is unreadable: {}", protocol::toString(current.error()));
            co_return;
        }
        const auto local = current->dateTime.local();
        if (!local) {
            log_.warn("session: the pump's clock is not set");
            co_return;
        }
        if (hooks_.clockRead) hooks_.clockRead(pump, {.local = *local, .utc = now});
    } catch (const ble::LinkError& error) {
        if (error.name() == "disconnected") throw;
        log_.warn("session: the pump's clock could not be read ({}); records wait for it", error.name());
    }
}

asio::awaitable<std::string> PumpSession::readText(PumpCharacteristic characteristic) {
    const Bytes raw = co_await link_.read(characteristic);
    co_return protocol::idd::parseText(raw);
}

std::optional<Bytes> PumpSession::decode(PumpCharacteristic characteristic, Bytes value) {
    const auto& about = ble::info(characteristic);
    if (!about.encrypted) return value;
    if (!connection_ || !connection_->session) {
        log_.debug("session: {} before the session, dropped", about.name);
        return std::nullopt;
    }
    auto plain = connection_->session->receiver.decrypt(value);
    if (plain) {
        connection_->decryptFailures = 0;
        if (plain->lost > 0) log_.warn("session: {} frames lost before one of {}", plain->lost, about.name);
        return std::move(plain->plain);
    }
    log_.warn("session: undecodable {} length={} ({})", about.name, value.size(),
              sake::toString(plain.error()));
    if (++connection_->decryptFailures >= settings_.maxDecryptFailures && !connection_->dropping) {
        if (hooks_.outOfStep) hooks_.outOfStep();
        asio::co_spawn(executor_,
                       drop("several frames in a row could not be decrypted: the session is out of step"),
                       [](const std::exception_ptr&) {});
    }
    return std::nullopt;
}

void PumpSession::stage(const std::string& text) {
    log_.info("session: {}", text);
    if (hooks_.stage) hooks_.stage(text);
}

} // namespace bridge
