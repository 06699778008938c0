// SPDX-License-Identifier: MIT
// What bluetoothd reports, taken down at once.
#include <spdlog/logger.h>

#include <utility>

#include "ble/bluez/link_machine.hpp"

namespace ble {

void BluezLink::Machine::enter(LinkState state, const std::string& text) {
    if (std::exchange(state_, state) == state) return;
    log_.info("ble: {}", text);
    listener_.linkStateChanged(state);
}

void BluezLink::Machine::setProblem(std::optional<LinkProblem> problem) {
    if (problem_ == problem) return;
    problem_ = std::move(problem);
    if (problem_) log_.warn("ble: {}: {}", name(problem_->kind), problem_->detail);
    listener_.linkProblemChanged(problem_);
}

void BluezLink::Machine::bluezOwnerChanged() {
    ++bluezStarts_;
    patience_.clear(); // it may have been bluetoothd's fault
    agentRegistered_ = false;
    pairable_.reset();
    endConnection(EndReason::HostGone);
    changes_.announce();
}

void BluezLink::Machine::objectAdded(const std::string& path) {
    considerDevice(path);
    if (pump_) pump_->treeChanged();
    checkDiscovered();
    changes_.announce();
}

void BluezLink::Machine::objectRemoved(const std::string& path) {
    if (current_ && current_->path == path && !bus_->tree().has(path, bluez::kDevice))
        endConnection(EndReason::DeviceRemoved);
    if (path == adapter_ && !bus_->tree().has(path, bluez::kAdapter)) endConnection(EndReason::HostGone);
    if (!bus_->tree().has(path, bluez::kDevice) && bondedPaths_.erase(path) > 0) bondRemoved_ = true;
    if (pump_) pump_->treeChanged();
    changes_.announce();
}

void BluezLink::Machine::propertiesChanged(const std::string& path, const std::string& interface,
                                           const Properties& changed) {
    if (interface == bluez::kGattCharacteristic) {
        if (pump_) pump_->propertiesChanged(path, changed);
        return;
    }
    if (interface == bluez::kDevice) {
        considerDevice(path);
        checkDiscovered();
    }
    changes_.announce();
}

void BluezLink::Machine::portSubscribed() {
    if (!current_) {
        log_.warn("ble: port subscribed by nobody that is connected");
        return;
    }
    if (!std::exchange(current_->subscribed, true))
        log_.info("ble: from connecting: {}, subscription {:.1f} s", timesOf(*current_),
                  std::chrono::duration<double>(changes_.now() - current_->since).count());
    if (!current_->firstRequest) current_->firstRequest = changes_.now();
    events_.push(PortSubscribed{});
    enter(LinkState::Subscribed, "the pump listens to the SAKE port");
    if (current_->resolved) enter(LinkState::Ready, "pump services found");
    changes_.announce();
}

void BluezLink::Machine::portUnsubscribed() {
    if (!current_) return;
    portQueue_.clear();
    events_.push(PortUnsubscribed{});
}

bool BluezLink::Machine::portWritten(const std::string& devicePath, Bytes value) {
    if (!current_ || (!devicePath.empty() && devicePath != current_->path)) return false;
    lastPortWrite_ = changes_.now();
    noteRequest();
    events_.push(PortWritten{std::move(value)});
    return true;
}

} // namespace ble
