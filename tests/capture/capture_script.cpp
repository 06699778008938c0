// SPDX-License-Identifier: MIT
#include "capture_script.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "protocol/uuids.hpp"
#include "virtual_pump/history_source.hpp"

namespace capture::testing {

namespace sake = protocol::sake;
namespace uuid = protocol::uuid;
using protocol::Bytes;
using protocol::ByteView;
using protocol::Writer;

namespace {

constexpr std::uint16_t kFirstPumpHandle = 0x0010;
constexpr std::uint16_t kHandlesPerCharacteristic = 3; // declaration, value, CCCD
constexpr protocol::LocalSeconds kPumpTime{
    std::chrono::sys_days{std::chrono::March / 14 / 2026}.time_since_epoch()};

Bytes octets(std::string_view hex) {
    return *protocol::fromHex(hex);
}

/// As on the wire: the short form for UUIDs of the Bluetooth SIG.
Bytes wireUuid(std::string_view text) {
    std::string digits;
    for (const char each : text)
        if (each != '-') digits += each;
    Bytes bytes = octets(digits);
    if (text.ends_with("-0000-1000-8000-00805f9b34fb")) return {bytes[3], bytes[2]};
    std::reverse(bytes.begin(), bytes.end());
    return bytes;
}

sake::RandomSource counting(std::uint8_t& next) {
    return [&next](std::span<std::uint8_t> out) {
        for (auto& each : out) each = next += 7;
    };
}

std::uint16_t valueHandle(std::size_t index) {
    return static_cast<std::uint16_t>(kFirstPumpHandle + index * kHandlesPerCharacteristic + 1);
}

} // namespace

CaptureScript::CaptureScript(Settings settings)
    : settings_(settings),
      nextOctet_(settings.seed),
      keys_(sake::generatePair(sake::DeviceType::MobileApplication, sake::DeviceType::InsulinPump,
                               counting(nextOctet_))),
      pump_(
          [&settings] {
              virtual_pump::PumpSettings pump;
              pump.mtu = settings.mtu;
              return pump;
          }(),
          keys_.second, counting(nextOctet_), [] { return kPumpTime; }),
      writer_(settings.dataLink) {
    pump_.setHistory(sampleRecords());
}

void CaptureScript::advertise() {
    writer_.command(
        octets("08202016020106030382fe0e094d6f62696c65203132333435370000000000000000"
               "00"));
    writer_.command(
        octets("0620"
               "0f"
               "32003c000001"
               "00"
               "000000000000"
               "0700"));
    writer_.command(octets("0a200101"));
}

void CaptureScript::connect() {
    Writer event;
    event.put(std::uint8_t{0x3e}).put(std::uint8_t{19}).put(octets("0100")).put(settings_.link);
    writer_.event(event
                      .put(octets("0100"
                                  "563412f72300"
                                  "64000000"
                                  "2c01"
                                  "00"))
                      .bytes());
    pump_.connected();
}

void CaptureScript::pair() {
    const auto smp = [this](bool sent, std::string_view pdu) {
        writer_.l2cap(sent, settings_.link, 6, octets(pdu), settings_.fragment);
    };
    smp(false, "01040005100303");
    smp(true, "02030001100303");
    smp(false, "03a0a1a2a3a4a5a6a7a8a9aaabacadaeaf");
    smp(true, "04b0b1b2b3b4b5b6b7b8b9babbbcbdbebf");
    smp(true, "06c0c1c2c3c4c5c6c7c8c9cacbcccdcecf");
    smp(true, "07d0d1d2d3d4d5d6d7d8d9");
    smp(true, "08e0e1e2e3e4e5e6e7e8e9eaebecedeeef");
    smp(true, "0900563412f72300");
    // Long Term Key Request Reply, and New Long Term Key to the daemon.
    writer_.command(
        octets("1a2012"
               "4000"
               "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf"));
    writer_.monitor(17, octets("01000000"
                               "0a00"
                               "01"
                               "563412f72300"
                               "01"
                               "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf"));
    writer_.event(
        octets("0804004000"
               "01"));
}

void CaptureScript::exchangeMtu() {
    if (settings_.mtu == 23) return;
    bridgeSends(octets("020502"));
    pumpSends(Writer{}.put(std::uint8_t{3}).put(settings_.mtu).bytes());
}

void CaptureScript::discover() {
    discoverPump();
    discoverBridge();
}

/// BlueZ's order: services, then the characteristics of each, then descriptors.
void CaptureScript::discoverPump() {
    const auto& table = virtual_pump::characteristics();
    bridgeSends(octets("100100ffff0028"));
    for (std::size_t i = 0; i < table.size();) {
        std::size_t next = i;
        while (next < table.size() && table[next].serviceUuid == table[i].serviceUuid) ++next;
        const Bytes service = wireUuid(table[i].serviceUuid);
        Writer response;
        response.put(std::uint8_t{0x11}).put(static_cast<std::uint8_t>(4 + service.size()));
        response.put(static_cast<std::uint16_t>(valueHandle(i) - 1));
        response.put(static_cast<std::uint16_t>(valueHandle(next) - 2)).put(service);
        pumpSends(response.bytes());
        i = next;
        Writer request;
        request.put(std::uint8_t{0x10}).put(static_cast<std::uint16_t>(valueHandle(next) - 1));
        bridgeSends(request.put(octets("ffff0028")).bytes());
    }
    pumpSends(
        octets("0110"
               "8000"
               "0a"));
    for (std::size_t i = 0; i < table.size(); ++i) {
        bridgeSends(octets("080100ffff0328"));
        const Bytes characteristic = wireUuid(table[i].uuid);
        Writer response;
        response.put(std::uint8_t{0x09}).put(static_cast<std::uint8_t>(5 + characteristic.size()));
        response.put(static_cast<std::uint16_t>(valueHandle(i) - 1)).put(std::uint8_t{0x02});
        pumpSends(response.put(valueHandle(i)).put(characteristic).bytes());
    }
    for (std::size_t i = 0; i < table.size(); ++i) {
        Writer request;
        request.put(std::uint8_t{0x04}).put(static_cast<std::uint16_t>(valueHandle(i) + 1));
        bridgeSends(request.put(static_cast<std::uint16_t>(valueHandle(i) + 1)).bytes());
        Writer response;
        response.put(octets("0501")).put(static_cast<std::uint16_t>(valueHandle(i) + 1));
        pumpSends(response.put(octets("0229")).bytes());
    }
}

void CaptureScript::discoverBridge() {
    pumpSends(
        octets("06"
               "0100ffff"
               "0028"
               "82fe"));
    bridgeSends(
        octets("07"
               "2e003100"));
    pumpSends(
        octets("08"
               "2e003100"
               "0328"));
    bridgeSends(Writer{}
                    .put(octets("0915"
                                "2f00"
                                "18"))
                    .put(kPort)
                    .put(wireUuid(uuid::kSakePort))
                    .bytes());
    pumpSends(
        octets("04"
               "31003100"));
    bridgeSends(
        octets("0501"
               "31000229"));
}

void CaptureScript::handshake() {
    pumpSends(octets("1231000100"));
    bridgeSends(octets("13"));
    sake::Server server(keys_.first, counting(nextOctet_));
    Bytes notified(sake::kStartSignal.begin(), sake::kStartSignal.end());
    for (;;) {
        bridgeSends(Writer{}.put(std::uint8_t{0x1b}).put(kPort).put(notified).bytes());
        const auto written = pump_.portNotified(notified);
        if (!written) throw std::logic_error("the pump does not answer");
        pumpSends(Writer{}.put(std::uint8_t{0x12}).put(kPort).put(*written).bytes());
        bridgeSends(octets("13"));
        const auto answer = server.receive(*written);
        if (answer.has_error()) throw std::logic_error(std::string(sake::name(answer.error())));
        if (!*answer) return;
        notified.assign((*answer)->begin(), (*answer)->end());
    }
}

void CaptureScript::read(std::string_view service, std::string_view characteristic) {
    const std::uint16_t handle = handleOf(service, characteristic);
    bridgeSends(Writer{}.put(std::uint8_t{0x0a}).put(handle).bytes());
    const auto value =
        pump_.read(static_cast<std::size_t>(handle - kFirstPumpHandle) / kHandlesPerCharacteristic);
    Writer response;
    if (value.has_value()) {
        response.put(std::uint8_t{0x0b}).put(*value);
    } else {
        response.put(octets("010a")).put(handle).put(static_cast<std::uint8_t>(value.error()));
    }
    pumpSends(response.bytes());
}

void CaptureScript::subscribe(std::string_view service, std::string_view characteristic, bool indications) {
    const std::uint16_t handle = handleOf(service, characteristic);
    Writer write;
    write.put(std::uint8_t{0x12}).put(static_cast<std::uint16_t>(handle + 1));
    bridgeSends(write.put(static_cast<std::uint16_t>(indications ? 2 : 1)).bytes());
    pumpSends(octets("13"));
    pump_.subscribe(static_cast<std::size_t>(handle - kFirstPumpHandle) / kHandlesPerCharacteristic, true);
}

void CaptureScript::requestHistory(ByteView request) {
    const std::uint16_t handle = handleOf(uuid::kInsulinDelivery, uuid::kRecordAccessControlPoint);
    bridgeSends(Writer{}.put(std::uint8_t{0x12}).put(handle).put(request).bytes());
    pumpSends(octets("13"));
    const auto index = static_cast<std::size_t>(handle - kFirstPumpHandle) / kHandlesPerCharacteristic;
    if (pump_.write(index, request)) throw std::logic_error("the pump refuses the request");
    while (const auto outgoing = pump_.nextOutgoing()) {
        Writer pdu;
        pdu.put(static_cast<std::uint8_t>(outgoing->indication ? 0x1d : 0x1b));
        pumpSends(pdu.put(valueHandle(outgoing->characteristic)).put(outgoing->value).bytes());
        if (outgoing->indication) bridgeSends(octets("1e"));
    }
}

void CaptureScript::disconnect() {
    Writer event;
    event.put(octets("050400")).put(settings_.link);
    writer_.event(event.put(std::uint8_t{0x13}).bytes());
    pump_.disconnected();
}

void CaptureScript::wholeSession() {
    advertise();
    connect();
    exchangeMtu();
    pair();
    discover();
    handshake();
    read(uuid::kDeviceInformation, uuid::kSerialNumber);
    read(uuid::kDeviceInformation, uuid::kSystemId);
    read(uuid::kInsulinDelivery, uuid::kIddFeatures);
    subscribe(uuid::kInsulinDelivery, uuid::kIddHistoryData, false);
    subscribe(uuid::kInsulinDelivery, uuid::kRecordAccessControlPoint, true);
    requestHistory(octets("33330f"));
    disconnect();
}

std::uint16_t CaptureScript::handleOf(std::string_view service, std::string_view characteristic) {
    const auto& table = virtual_pump::characteristics();
    const auto found = std::find_if(table.begin(), table.end(), [&](const auto& each) {
        return each.serviceUuid == service && each.uuid == characteristic;
    });
    return valueHandle(static_cast<std::size_t>(found - table.begin()));
}

std::vector<Bytes> sampleRecords() {
    virtual_pump::GeneratorSettings settings;
    settings.days = 1;
    settings.end = kPumpTime;
    auto records = virtual_pump::generateHistory(settings);
    constexpr std::size_t kEnough = 120;
    if (records.size() > kEnough) records.resize(kEnough);
    return records;
}

} // namespace capture::testing
