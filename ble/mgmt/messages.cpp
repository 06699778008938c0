// SPDX-License-Identifier: MIT
#include "ble/mgmt/messages.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/codec/cursor.hpp"

namespace ble::management {

namespace {

using protocol::ParseError;
using protocol::Reader;
using protocol::Writer;

constexpr std::uint16_t kCommandComplete = 0x0001;
constexpr std::uint16_t kCommandStatus = 0x0002;
constexpr std::uint16_t kAdvertisingRemoved = 0x0024;

// The bits that let the kernel make a flags structure stay clear: the data has one.
constexpr std::uint32_t kConnectable = 1U << 0;
constexpr std::uint32_t kIntervalsValid = 1U << 14;

constexpr std::uint16_t kMinAdvertisingInterval = 0x000a;
constexpr std::uint16_t kMaxAdvertisingInterval = 0x000b;

constexpr std::size_t kAddressLength = 6;
constexpr std::size_t kNameLength = 249;
constexpr std::size_t kShortNameLength = 11;

Bytes dataOf(std::uint8_t instance, ByteView head, ByteView data) {
    Writer out;
    out.put(instance).put(head);
    out.put(static_cast<std::uint8_t>(data.size())).put(std::uint8_t{0}); // no scan response
    out.put(data);
    return std::move(out).bytes();
}

// Sent with the lowest byte first, written with the highest first.
std::string addressText(ByteView bytes) {
    std::string text;
    for (auto it = bytes.rbegin(); it != bytes.rend(); ++it)
        text += fmt::format("{}{:02X}", text.empty() ? "" : ":", *it);
    return text;
}

std::string textOf(ByteView field) {
    return {field.begin(), std::find(field.begin(), field.end(), 0)};
}

} // namespace

std::string_view toString(Opcode opcode) {
    switch (opcode) {
        case Opcode::ReadVersion:
            return "Read Management Version";
        case Opcode::ReadControllerInfo:
            return "Read Controller Information";
        case Opcode::SetSecureConnections:
            return "Set Secure Connections";
        case Opcode::ReadAdvertisingFeatures:
            return "Read Advertising Features";
        case Opcode::AddAdvertising:
            return "Add Advertising";
        case Opcode::RemoveAdvertising:
            return "Remove Advertising";
        case Opcode::ReadDefaultConfiguration:
            return "Read Default System Configuration";
        case Opcode::AddExtendedAdvertisingParameters:
            return "Add Extended Advertising Parameters";
        case Opcode::AddExtendedAdvertisingData:
            return "Add Extended Advertising Data";
    }
    return "unknown command";
}

std::string toString(Status status) {
    switch (status) {
        case Status::Success:
            return "success";
        case Status::UnknownCommand:
            return "unknown command";
        case Status::Failed:
            return "failed";
        case Status::NoResources:
            return "no resources";
        case Status::Busy:
            return "busy";
        case Status::Rejected:
            return "rejected";
        case Status::NotSupported:
            return "not supported";
        case Status::InvalidParameters:
            return "invalid parameters";
        case Status::NotPowered:
            return "not powered";
        case Status::InvalidIndex:
            return "no such controller";
        case Status::Blocked:
            return "blocked by rfkill";
        case Status::PermissionDenied:
            return "permission denied";
    }
    return fmt::format("status 0x{:02x}", static_cast<unsigned>(status));
}

Bytes serialize(const Command& command) {
    Writer out;
    out.put(static_cast<std::uint16_t>(command.opcode)).put(command.index);
    out.put(static_cast<std::uint16_t>(command.parameters.size())).put(command.parameters);
    return std::move(out).bytes();
}

Command readVersion() {
    return {Opcode::ReadVersion, kNoController};
}

Command readControllerInfo(std::uint16_t index) {
    return {Opcode::ReadControllerInfo, index};
}

Command setSecureConnections(std::uint16_t index, bool enabled) {
    return {Opcode::SetSecureConnections, index, {static_cast<std::uint8_t>(enabled ? 1 : 0)}};
}

Command readAdvertisingFeatures(std::uint16_t index) {
    return {Opcode::ReadAdvertisingFeatures, index};
}

Command readDefaultConfiguration(std::uint16_t index) {
    return {Opcode::ReadDefaultConfiguration, index};
}

Command addAdvertising(std::uint16_t index, std::uint8_t instance, ByteView data) {
    Writer head;
    head.put(kConnectable);
    head.put(std::uint16_t{0}); // duration: of turns between several instances
    head.put(std::uint16_t{0}); // timeout: none
    return {Opcode::AddAdvertising, index, dataOf(instance, head.bytes(), data)};
}

Command removeAdvertising(std::uint16_t index, std::uint8_t instance) {
    return {Opcode::RemoveAdvertising, index, {instance}};
}

Command addExtendedAdvertisingParameters(std::uint16_t index, std::uint8_t instance,
                                         std::uint32_t minInterval, std::uint32_t maxInterval) {
    Writer out;
    out.put(instance).put(kConnectable | kIntervalsValid);
    out.put(std::uint16_t{0}).put(std::uint16_t{0}); // duration and timeout, not marked as valid
    out.put(minInterval).put(maxInterval);
    out.putSigned(std::int8_t{0}); // transmission power, not marked as valid
    return {Opcode::AddExtendedAdvertisingParameters, index, std::move(out).bytes()};
}

Command addExtendedAdvertisingData(std::uint16_t index, std::uint8_t instance, ByteView data) {
    return {Opcode::AddExtendedAdvertisingData, index, dataOf(instance, {}, data)};
}

Parsed<Event> parseEvent(ByteView packet) {
    Reader in(packet);
    const auto code = in.get<std::uint16_t>("event code");
    const auto index = in.get<std::uint16_t>("controller index");
    const auto length = in.get<std::uint16_t>("parameter length");
    const auto parameters = in.take(length, "parameters");
    return in.finish(Event{code, index, {parameters.begin(), parameters.end()}});
}

std::optional<Reply> replyIn(const Event& event) {
    if (event.code != kCommandComplete && event.code != kCommandStatus) return std::nullopt;
    Reader in(event.parameters);
    const auto opcode = in.get<std::uint16_t>("opcode");
    const auto status = in.get<std::uint8_t>("status");
    if (in.failed()) return std::nullopt;
    const auto rest = in.take(in.remaining(), "return parameters");
    return Reply{opcode, event.index, Status{status}, {rest.begin(), rest.end()}};
}

std::optional<std::uint8_t> removedInstanceIn(const Event& event) {
    if (event.code != kAdvertisingRemoved || event.parameters.size() != 1) return std::nullopt;
    return event.parameters.front();
}

Parsed<Version> parseVersion(ByteView parameters) {
    Reader in(parameters);
    const auto version = in.get<std::uint8_t>("version");
    const auto revision = in.get<std::uint16_t>("revision");
    return in.finish(Version{version, revision});
}

Parsed<Settings> parseSettings(ByteView parameters) {
    Reader in(parameters);
    const auto bits = in.get<std::uint32_t>("current settings");
    return in.finish(Settings{bits});
}

Parsed<ControllerInfo> parseControllerInfo(ByteView parameters) {
    Reader in(parameters);
    ControllerInfo info{};
    info.address = addressText(in.take(kAddressLength, "address"));
    info.bluetoothVersion = in.get<std::uint8_t>("bluetooth version");
    info.manufacturer = in.get<std::uint16_t>("manufacturer");
    info.supported.bits = in.get<std::uint32_t>("supported settings");
    info.current.bits = in.get<std::uint32_t>("current settings");
    const auto deviceClass = in.take(info.deviceClass.size(), "class of device");
    std::copy(deviceClass.begin(), deviceClass.end(), info.deviceClass.begin());
    info.name = textOf(in.take(kNameLength, "name"));
    info.shortName = textOf(in.take(kShortNameLength, "short name"));
    return in.finish(std::move(info));
}

Parsed<AdvertisingFeatures> parseAdvertisingFeatures(ByteView parameters) {
    Reader in(parameters);
    AdvertisingFeatures features{};
    features.supportedFlags = in.get<std::uint32_t>("supported flags");
    features.maxDataLength = in.get<std::uint8_t>("max advertising data length");
    features.maxScanResponseLength = in.get<std::uint8_t>("max scan response length");
    features.maxInstances = in.get<std::uint8_t>("max instances");
    const auto count = in.get<std::uint8_t>("number of instances");
    const auto instances = in.take(count, "instances");
    features.instances.assign(instances.begin(), instances.end());
    return in.finish(std::move(features));
}

Parsed<DefaultConfiguration> parseDefaultConfiguration(ByteView parameters) {
    Reader in(parameters);
    DefaultConfiguration configuration;
    while (in.remaining() > 0) {
        const auto type = in.get<std::uint16_t>("parameter type");
        const auto length = in.get<std::uint8_t>("value length");
        const auto value = in.take(length, "value");
        auto* field = type == kMinAdvertisingInterval   ? &configuration.minAdvertisingInterval
                      : type == kMaxAdvertisingInterval ? &configuration.maxAdvertisingInterval
                                                        : nullptr;
        if (field == nullptr || in.failed()) continue;
        if (length != sizeof(std::uint16_t)) in.fail(ParseError::Code::BadValue, "advertising interval");
        if (!in.failed()) *field = Reader(value).get<std::uint16_t>("advertising interval");
    }
    return in.finish(configuration);
}

} // namespace ble::management
