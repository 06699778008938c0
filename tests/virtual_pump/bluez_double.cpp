// SPDX-License-Identifier: MIT
#include "bluez_double.hpp"

#include "bluez_double_daemon.hpp"

namespace virtual_pump {

std::string_view name(DoubleEvent::Kind kind) {
    switch (kind) {
        case DoubleEvent::Kind::ApplicationRegistered:
            return "application registered";
        case DoubleEvent::Kind::Advertised:
            return "advertised";
        case DoubleEvent::Kind::Ignored:
            return "ignored";
        case DoubleEvent::Kind::Connected:
            return "connected";
        case DoubleEvent::Kind::Paired:
            return "paired";
        case DoubleEvent::Kind::PairingRefused:
            return "pairing refused";
        case DoubleEvent::Kind::Subscribed:
            return "subscribed";
        case DoubleEvent::Kind::CccdTrap:
            return "subscribed unnoticed";
        case DoubleEvent::Kind::ServicesResolved:
            return "services resolved";
        case DoubleEvent::Kind::HandshakeDone:
            return "handshake done";
        case DoubleEvent::Kind::ReportStarted:
            return "report started";
        case DoubleEvent::Kind::RecordsSent:
            return "records sent";
        case DoubleEvent::Kind::ReportDone:
            return "report done";
        case DoubleEvent::Kind::Disconnected:
            return "disconnected";
        case DoubleEvent::Kind::Violation:
            return "violation";
    }
    return "unknown";
}

BluezDouble::BluezDouble(boost::asio::any_io_executor executor, sdbus::IConnection& bus,
                         ble::BusPump& busPump, Pump& pump, DoubleSettings settings, EventSink sink)
    : daemon_(std::make_shared<Daemon>(bluez::Bus{std::move(executor), bus, busPump, {}}, pump,
                                       std::move(settings), std::move(sink))) {
    daemon_->start();
}

BluezDouble::~BluezDouble() {
    try {
        daemon_->stop();
    } catch (const sdbus::Error&) { // the bus has gone first: nobody is left to be told
    }
}

void BluezDouble::dropLink() {
    daemon_->disconnect("connection timeout");
}
void BluezDouble::leave() {
    daemon_->setInRange(false);
}
void BluezDouble::comeBack() {
    daemon_->setInRange(true);
}
void BluezDouble::strangerConnects() {
    daemon_->strangerConnects();
}
void BluezDouble::forgetBond() {
    daemon_->forgetBond();
}
void BluezDouble::openPairing(bool open) {
    daemon_->openPairing(open);
}
void BluezDouble::pumpHasNews() {
    daemon_->pumpHasNews();
}
void BluezDouble::restart() {
    daemon_->stop();
    daemon_->start();
}
void BluezDouble::takeDeviceBack() {
    daemon_->takeDeviceBack();
}
void BluezDouble::removeAdapter() {
    daemon_->removeAdapter();
}
void BluezDouble::addAdapter() {
    daemon_->addAdapter();
}

void BluezDouble::switchOff() {
    daemon_->switchOff();
}

bool BluezDouble::connected() const {
    return daemon_->connected();
}
bool BluezDouble::bonded() const {
    return daemon_->bonds().host && daemon_->bonds().pump;
}
std::size_t BluezDouble::cccdTraps() const {
    return daemon_->cccdTraps();
}
std::size_t BluezDouble::handlesLeft() const {
    return daemon_->handlesLeft();
}
const std::vector<std::string>& BluezDouble::violations() const {
    return daemon_->violations();
}

} // namespace virtual_pump
