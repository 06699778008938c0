// SPDX-License-Identifier: MIT
// What a session with a pump reports, to whoever wants to know.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "ble/pump_link.hpp"
#include "bridge/session/session_stage.hpp"
#include "bridge/store/store.hpp"
#include "protocol/sake/handshake.hpp"
#include "therapy/clock_offset.hpp"
#include "therapy/pump_status.hpp"

namespace bridge {

/// Each call is made from the session's own tasks, and may stop the session or drop the link.
class SessionListener {
public:
    virtual ~SessionListener() = default;
    /// Numbers of this range are in the store.
    virtual void recordsStored(const PumpInfo& /*pump*/, SequenceRange /*range*/) {}
    /// The pump's clock was just read.
    virtual void clockRead(const PumpInfo& /*pump*/, const therapy::ClockReading& /*reading*/) {}
    /// Whether to read it now: something depends on it that has come from the pump.
    [[nodiscard]] virtual bool clockWanted(const PumpInfo& /*pump*/) { return false; }
    /// History was fetched up to the pump's end, after the clock was read.
    virtual void clockBracketed(const PumpInfo& /*pump*/) {}
    /// How the pump counts, in an otherwise empty status: once, before any history is read.
    virtual void displayFormatRead(const PumpInfo& /*pump*/, const therapy::PumpStatus& /*format*/) {}
    /// The store has all that the pump had, and its state was read.
    virtual void synced(const PumpInfo& /*pump*/) {}
    /// Something of the pump's present state was read. Values of this connection only.
    virtual void statusRead(const PumpInfo& /*pump*/, const therapy::PumpStatus& /*status*/) {}
    virtual void stageReached(SessionStage /*stage*/) {}
    /// A procedure of history has ended, or a turn of following: the work goes on.
    virtual void progressed() {}

    // What a diagnosis needs; each is called before the session acts on it.
    virtual void linkEvent(const ble::LinkEvent& /*event*/) {}
    /// Empty: the handshake is done.
    virtual void handshakeEnded(std::optional<protocol::sake::HandshakeError> /*error*/) {}
    /// Frames cannot be decrypted any more: the session is given up.
    virtual void outOfStep() {}
};

/// Passes everything on, in the order in which they were added.
class SessionListeners final : public SessionListener {
public:
    /// `listener` must outlive the session.
    void add(SessionListener& listener) { listeners_.push_back(&listener); }

    void recordsStored(const PumpInfo& pump, SequenceRange range) override {
        for (auto* each : listeners_) each->recordsStored(pump, range);
    }
    void clockRead(const PumpInfo& pump, const therapy::ClockReading& reading) override {
        for (auto* each : listeners_) each->clockRead(pump, reading);
    }
    [[nodiscard]] bool clockWanted(const PumpInfo& pump) override {
        bool wanted = false;
        for (auto* each : listeners_) wanted = each->clockWanted(pump) || wanted;
        return wanted;
    }
    void clockBracketed(const PumpInfo& pump) override {
        for (auto* each : listeners_) each->clockBracketed(pump);
    }
    void displayFormatRead(const PumpInfo& pump, const therapy::PumpStatus& format) override {
        for (auto* each : listeners_) each->displayFormatRead(pump, format);
    }
    void synced(const PumpInfo& pump) override {
        for (auto* each : listeners_) each->synced(pump);
    }
    void statusRead(const PumpInfo& pump, const therapy::PumpStatus& status) override {
        for (auto* each : listeners_) each->statusRead(pump, status);
    }
    void stageReached(SessionStage stage) override {
        for (auto* each : listeners_) each->stageReached(stage);
    }
    void progressed() override {
        for (auto* each : listeners_) each->progressed();
    }
    void linkEvent(const ble::LinkEvent& event) override {
        for (auto* each : listeners_) each->linkEvent(event);
    }
    void handshakeEnded(std::optional<protocol::sake::HandshakeError> error) override {
        for (auto* each : listeners_) each->handshakeEnded(error);
    }
    void outOfStep() override {
        for (auto* each : listeners_) each->outOfStep();
    }

private:
    std::vector<SessionListener*> listeners_;
};

} // namespace bridge
