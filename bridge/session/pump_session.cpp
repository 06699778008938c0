// SPDX-License-Identifier: MIT
#include "bridge/session/pump_session.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cctype>
#include <utility>

#include "bridge/session/follower.hpp"
#include "bridge/session/sake_channel.hpp"
#include "protocol/codec/date_time.hpp"
#include "protocol/idd/device_information.hpp"
#include "protocol/pump_serial.hpp"

namespace bridge {

namespace sake = protocol::sake;
using ble::PumpCharacteristic;
using protocol::Bytes;

/// What belongs to one connection; gone when it ends.
struct PumpSession::Connection {
    Connection(const asio::any_io_executor& executor, SakeChannel channel)
        : sake(std::move(channel)), values(executor) {}

    ble::Peer peer;
    SakeChannel sake;
    bool provenOnce = false; ///< a handshake was done
    bool servicesResolved = false;
    bool dropping = false;
    bool working = false;
    std::chrono::steady_clock::time_point handshakeBegan;
    ValueQueue values;
    asio::cancellation_signal stopWork;
};

namespace {

asio::awaitable<void> disconnect(ble::PumpLink& link, ble::EndReason reason, spdlog::logger& log) {
    try {
        co_await link.disconnect(reason);
    } catch (const ble::LinkError& error) {
        log.warn("session: {} ({})", error.what(), ble::name(error.kind()));
    }
}

} // namespace

std::string_view name(SessionStage stage) {
    switch (stage) {
        case SessionStage::Connected:
            return "connected";
        case SessionStage::Handshaking:
            return "handshaking";
        case SessionStage::Discovering:
            return "discovering";
        case SessionStage::Syncing:
            return "syncing";
        case SessionStage::Following:
            return "following";
        case SessionStage::Waiting:
            break;
    }
    return "waiting for the pump";
}

PumpSession::PumpSession(asio::any_io_executor executor, ble::PumpLink& link, Store& store,
                         sake::KeyDatabase keys, sake::RandomSource random, SessionClocks clocks,
                         SessionSettings settings, SessionListener& listener, spdlog::logger& log)
    : executor_(std::move(executor)),
      link_(link),
      store_(store),
      keys_(std::move(keys)),
      random_(std::move(random)),
      clocks_(std::move(clocks)),
      settings_(std::move(settings)),
      listener_(listener),
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
        return connection_ ? connection_->sake.encode(plain) : std::nullopt;
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

void PumpSession::wake() {
    if (connection_) connection_->values.wake();
}

asio::awaitable<void> PumpSession::handle(ble::LinkEvent event) {
    listener_.linkEvent(event);
    if (auto* connected = std::get_if<ble::Connected>(&event)) {
        endConnection();
        connection_ = std::make_shared<Connection>(executor_, SakeChannel{keys_, random_, log_});
        connection_->peer = std::move(connected->peer);
        setCodec();
        watch(settings_.handshakeTimeout, ble::EndReason::HandshakeTimeout);
        enter(SessionStage::Connected);
        co_return;
    }
    if (!connection_) co_return; // left over from a connection that has ended
    if (auto* gone = std::get_if<ble::Disconnected>(&event)) {
        log_.info("session: ended ({})", ble::describe(gone->reason));
        endConnection();
        enter(SessionStage::Waiting);
    } else if (std::holds_alternative<ble::PortSubscribed>(event)) {
        co_await beginHandshake();
    } else if (std::holds_alternative<ble::PortUnsubscribed>(event)) {
        connection_->sake.end();
        stopWork();
        if (connection_->provenOnce) watch(settings_.handshakeTimeout, ble::EndReason::HandshakeTimeout);
    } else if (auto* written = std::get_if<ble::PortWritten>(&event)) {
        continueHandshake(written->value);
    } else if (std::holds_alternative<ble::ServicesResolved>(event)) {
        connection_->servicesResolved = true;
        startWorkWhenReady();
    } else if (auto* value = std::get_if<ble::ValueArrived>(&event)) {
        connection_->values.push(std::move(*value));
    }
}

asio::awaitable<void> PumpSession::beginHandshake() {
    const auto connection = connection_;
    stopWork();
    connection->sake.begin();
    connection->handshakeBegan = clocks_.steady();
    if (connection->provenOnce) watch(settings_.handshakeTimeout, ble::EndReason::HandshakeTimeout);
    enter(SessionStage::Handshaking);

    // The pump misses a start signal that comes too soon after its subscription was answered.
    asio::steady_timer pause{executor_, settings_.startSignalDelay};
    co_await pause.async_wait(asio::use_awaitable);
    if (connection == connection_ && connection->sake.handshaking()) link_.notifyPort(sake::kStartSignal);
}

void PumpSession::continueHandshake(const Bytes& written) {
    auto& channel = connection_->sake;
    if (channel.open()) {
        log_.info("session: write of {} bytes to the SAKE port after the handshake ignored", written.size());
        return;
    }
    if (!channel.handshaking() || connection_->dropping) return;
    const int stageBefore = channel.stage();
    const auto answer = channel.receive(written);
    if (!answer) {
        log_.error("session: handshake failed at stage {}: {}. {}", stageBefore, sake::name(answer.error()),
                   sake::explain(answer.error()));
        listener_.handshakeEnded(answer.error());
        drop(ble::EndReason::HandshakeFailed, "the handshake failed");
        return;
    }
    if (*answer) link_.notifyPort(**answer);
    if (channel.open()) handshakeDone();
}

void PumpSession::handshakeDone() {
    connection_->provenOnce = true;
    watchdog_.cancel();
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(clocks_.steady() - connection_->handshakeBegan);
    log_.info("session: handshake done in {} ms", took.count());
    link_.confirmHandshake();
    listener_.handshakeEnded(std::nullopt);
    if (!connection_) return;
    enter(SessionStage::Discovering);
    if (!connection_) return;
    if (!connection_->servicesResolved) watch(settings_.discoveryTimeout, ble::EndReason::ServicesNotFound);
    startWorkWhenReady();
}

void PumpSession::drop(ble::EndReason reason, const std::string& why) {
    if (!connection_ || std::exchange(connection_->dropping, true)) return;
    log_.warn("session: dropping the link: {}", why);
    watchdog_.cancel();
    stopWork();
    asio::co_spawn(executor_, disconnect(link_, reason, log_), [](const std::exception_ptr&) {});
}

void PumpSession::dropSoon(ble::EndReason reason, std::string why) {
    asio::post(executor_, [this, weak = std::weak_ptr(connection_), reason, why = std::move(why)] {
        const auto connection = weak.lock(); // which lives no longer than this, or than its work
        if (connection && connection == connection_) drop(reason, why);
    });
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

void PumpSession::watch(std::chrono::milliseconds timeout, ble::EndReason reason) {
    watchdog_.expires_after(timeout);
    watchdog_.async_wait([this, reason](boost::system::error_code error) {
        if (!error) drop(reason, std::string(ble::describe(reason)));
    });
}

void PumpSession::startWorkWhenReady() {
    if (!connection_ || !connection_->sake.open() || !connection_->servicesResolved || connection_->dropping)
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
    std::string why;
    auto reason = ble::EndReason::SessionFailed;
    try {
        if (error) std::rethrow_exception(error);
    } catch (const ble::LinkError& failure) {
        why = fmt::format("{} ({})", failure.what(), ble::name(failure.kind()));
        if (failure.kind() == ble::LinkErrorKind::WrongPump) reason = ble::EndReason::WrongPump;
    } catch (const boost::system::system_error& failure) {
        if (failure.code() != asio::error::operation_aborted) why = failure.what();
    } catch (const std::exception& failure) {
        why = failure.what();
    }
    const bool current = connection_.get() == &ended;
    if (!why.empty() && current && !ended.dropping) {
        drop(reason, why);
    } else {
        startWorkWhenReady(); // a new session may have waited for this end
    }
}

asio::awaitable<void> PumpSession::work(std::shared_ptr<Connection> connection) {
    const PumpInfo pump = co_await identify();
    co_await measureClock(pump);
    Follower follower{link_,
                      connection->values,
                      store_,
                      pump,
                      {settings_.follow,
                       settings_.sync,
                       {settings_.inactivity, settings_.report},
                       settings_.answerInactivity},
                      {clocks_.utc, clocks_.steady},
                      [this, &pump] { return measureClock(pump); },
                      listener_,
                      [this](SessionStage stage) { enter(stage); },
                      log_};
    co_await follower.run();
}

asio::awaitable<PumpInfo> PumpSession::identify() {
    const Bytes raw = co_await link_.read(PumpCharacteristic::SerialNumber);
    const auto parsed = protocol::parsePumpSerial({reinterpret_cast<const char*>(raw.data()), raw.size()});
    if (!parsed)
        throw ble::LinkError(ble::LinkErrorKind::Protocol,
                             fmt::format("the pump's serial number of {} bytes is none ({})", raw.size(),
                                         protocol::toString(parsed.error())));
    const std::string& serial = *parsed;
    if (!settings_.requiredSerial.empty() && !protocol::sameSerial(serial, settings_.requiredSerial))
        throw ble::LinkError(ble::LinkErrorKind::WrongPump,
                             "this is not the pump of the configuration: correct pump.serial, or pair the "
                             "other pump");
    noteSerialOfBond(serial);
    const std::string model = co_await readText(PumpCharacteristic::ModelNumber);
    const std::string firmware = co_await readText(PumpCharacteristic::FirmwareRevision);
    const PumpInfo pump = store_.pump(serial);
    store_.describePump(pump.id, model, firmware);
    log_.info("session: pump model={} firmware={}", model, firmware);
    co_return store_.pump(serial);
}

void PumpSession::noteSerialOfBond(const std::string& serial) {
    if (!connection_ || connection_->peer.address.empty()) return;
    const std::string key = "serial-of-bond " + connection_->peer.address;
    const auto before = store_.setting(key);
    if (before == serial) return;
    if (before)
        log_.warn(
            "session: the pump of this bond has another serial number than before; its records are kept "
            "apart");
    store_.setSetting(key, serial);
}

asio::awaitable<void> PumpSession::measureClock(const PumpInfo& pump) {
    try {
        const Bytes raw = co_await link_.read(PumpCharacteristic::CurrentTime);
        const auto now = clocks_.utc();
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
        listener_.clockRead(pump, {.local = *local, .utc = now});
    } catch (const ble::LinkError& error) {
        if (error.kind() == ble::LinkErrorKind::Disconnected) throw;
        log_.warn("session: the pump's clock could not be read ({}); records wait for it",
                  ble::name(error.kind()));
    }
}

asio::awaitable<std::string> PumpSession::readText(PumpCharacteristic characteristic) {
    const Bytes raw = co_await link_.read(characteristic);
    co_return protocol::idd::parseText(raw);
}

// Called while a message of the bus is dispatched, perhaps the reply to a read of the session's own work:
// what follows from a failure may not happen before that is over.
std::optional<Bytes> PumpSession::decode(PumpCharacteristic characteristic, Bytes value) {
    if (!connection_) {
        if (ble::info(characteristic).encrypted) return std::nullopt;
        return value;
    }
    auto& channel = connection_->sake;
    auto plain = channel.decode(characteristic, std::move(value));
    if (!plain && channel.failures() == settings_.maxDecryptFailures && !connection_->dropping) {
        listener_.outOfStep();
        dropSoon(ble::EndReason::OutOfStep,
                 "several frames in a row could not be decrypted: the session is out of step");
    }
    return plain;
}

void PumpSession::enter(SessionStage stage) {
    log_.info("session: {}", name(stage));
    listener_.stageReached(stage);
}

} // namespace bridge
