// SPDX-License-Identifier: MIT
#include "bridge/status/link_stage.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace bridge {
namespace {

struct StageTexts {
    LinkStage stage;
    std::string_view name;
    std::string_view description;
};
constexpr std::array<StageTexts, 13> kTexts{{
    {LinkStage::Starting, "starting", "starting"},
    {LinkStage::BluetoothMissing, "bluetooth-missing", "bluetoothd does not run"},
    {LinkStage::AdapterMissing, "adapter-missing", "no usable Bluetooth adapter"},
    {LinkStage::PairingClosed, "pairing-closed", "not paired, and pairing is closed"},
    {LinkStage::Pairing, "pairing", "waiting to be paired from the pump's menu"},
    {LinkStage::Reconnecting, "reconnecting", "waiting for the paired pump to come back"},
    {LinkStage::Connected, "connected", "connected, waiting for the pump to begin"},
    {LinkStage::Handshaking, "handshaking", "connected, agreeing on keys"},
    {LinkStage::Discovering, "discovering", "connected, finding the pump's services"},
    {LinkStage::Syncing, "syncing", "connected, fetching history"},
    {LinkStage::Following, "following", "connected, following the pump"},
    {LinkStage::Lost, "lost", "the link was lost"},
    {LinkStage::Stopped, "stopped", "not running"},
}};

const StageTexts& textsOf(LinkStage stage) {
    return *std::ranges::find(kTexts, stage, &StageTexts::stage);
}

LinkStage stageOf(SessionStage stage) {
    switch (stage) {
        case SessionStage::Connected:
            return LinkStage::Connected;
        case SessionStage::Handshaking:
            return LinkStage::Handshaking;
        case SessionStage::Discovering:
            return LinkStage::Discovering;
        case SessionStage::Syncing:
            return LinkStage::Syncing;
        case SessionStage::Following:
            return LinkStage::Following;
        case SessionStage::Waiting:
            break;
    }
    return LinkStage::Lost;
}

} // namespace

std::string_view name(LinkStage stage) {
    return textsOf(stage).name;
}

std::string_view describe(LinkStage stage) {
    return textsOf(stage).description;
}

void LinkStages::link(ble::LinkState state, Time now) {
    switch (state) {
        case ble::LinkState::BluezMissing:
            return enter(LinkStage::BluetoothMissing, now);
        case ble::LinkState::AdapterMissing:
            return enter(LinkStage::AdapterMissing, now);
        case ble::LinkState::PairingClosed:
            return enter(LinkStage::PairingClosed, now);
        case ble::LinkState::AdvertisingPairing:
        case ble::LinkState::AdvertisingBoth:
            return enter(LinkStage::Pairing, now);
        case ble::LinkState::AdvertisingReconnect:
            return enter(LinkStage::Reconnecting, now);
        case ble::LinkState::Connected:
            return enter(LinkStage::Connected, now);
        case ble::LinkState::Subscribed: // from here on the session reports
        case ble::LinkState::Ready:
            return;
        case ble::LinkState::Stopped:
            return enter(LinkStage::Stopped, now);
    }
}

void LinkStages::session(SessionStage stage, Time now) {
    if (isConnected() && stage != SessionStage::Connected) enter(stageOf(stage), now);
}

bool LinkStages::isConnected() const {
    return present().stage >= LinkStage::Connected && present().stage <= LinkStage::Following;
}

// A session that follows asks for the newest records every minute: that is no news.
void LinkStages::enter(LinkStage stage, Time now) {
    if (stage == present().stage) return;
    const auto count = transitions_.size();
    const bool again = count > 1 && stage == LinkStage::Following && present().stage == LinkStage::Syncing &&
                       transitions_[count - 2].stage == LinkStage::Following;
    if (again) {
        transitions_.pop_back();
        return;
    }
    transitions_.push_back({stage, now});
    if (transitions_.size() > kKept) transitions_.pop_front();
}

} // namespace bridge
