// SPDX-License-Identifier: MIT
#include "virtual_pump/air_attributes.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>

#include "protocol/codec/cursor.hpp"

namespace virtual_pump::air {

namespace {

using protocol::Reader;
using protocol::Writer;

enum ErrorCode : std::uint8_t {
    InvalidHandle = 0x01,
    InvalidPdu = 0x04,
    RequestNotSupported = 0x06,
    AttributeNotFound = 0x0a,
    InvalidValueLength = 0x0d,
};

const Bytes kPrimaryService{0x00, 0x28};
const Bytes kCharacteristicDeclaration{0x03, 0x28};
const Bytes kClientConfiguration{0x02, 0x29};

Bytes error(std::uint8_t opcode, std::uint16_t handle, std::uint8_t code) {
    return Writer{}.put(std::uint8_t{ErrorResponse}).put(opcode).put(handle).put(code).bytes();
}

std::uint8_t properties(const CharacteristicSpec& spec) {
    static const std::map<std::string_view, unsigned> kBits{
        {"read", 0x02U}, {"write", 0x08U}, {"notify", 0x10U}, {"indicate", 0x20U}};
    unsigned bits = 0;
    for (const auto& flag : spec.flags) bits |= kBits.at(flag);
    return static_cast<std::uint8_t>(bits);
}

bool pushes(const CharacteristicSpec& spec) {
    return std::any_of(spec.flags.begin(), spec.flags.end(),
                       [](const auto& flag) { return flag == "notify" || flag == "indicate"; });
}

} // namespace

Bytes uuidBytes(std::string_view uuid) {
    std::string digits(uuid);
    std::erase(digits, '-');
    auto bytes = protocol::fromHex(digits);
    if (!bytes.has_value()) throw std::invalid_argument("not a UUID: " + std::string(uuid));
    std::reverse(bytes->begin(), bytes->end());
    constexpr std::size_t kShortAt = 12; // of sixteen, counted from the end
    if (uuid.starts_with("0000") && uuid.ends_with("-0000-1000-8000-00805f9b34fb"))
        return {bytes->at(kShortAt), bytes->at(kShortAt + 1)};
    return *bytes;
}

AttributeServer::AttributeServer(Pump& pump, std::string deviceName, std::uint16_t largestMtu)
    : pump_(pump), largestMtu_(largestMtu) {
    addDeviceName(deviceName);
    const auto& specs = characteristics();
    for (std::size_t i = 0; i < specs.size();) {
        const auto service = specs[i].serviceUuid;
        const auto at = table_.size();
        add(kPrimaryService, uuidBytes(service));
        for (; i < specs.size() && specs[i].serviceUuid == service; ++i) addCharacteristic(i);
        table_[at].groupEnd = table_.back().handle;
    }
}

AttributeServer::Attribute& AttributeServer::add(Bytes type, Bytes value) {
    const auto handle = table_.empty() ? 1 : table_.back().handle + 1;
    return table_.emplace_back(Attribute{
        .handle = static_cast<std::uint16_t>(handle), .type = std::move(type), .value = std::move(value)});
}

void AttributeServer::addDeviceName(const std::string& name) {
    constexpr std::uint8_t kReadable = 0x02;
    constexpr std::uint16_t kValueHandle = 3;
    add(kPrimaryService, {0x00, 0x18}).groupEnd = kValueHandle;
    add(kCharacteristicDeclaration,
        Writer{}.put(kReadable).put(kValueHandle).put(std::uint16_t{0x2a00}).bytes());
    add({0x00, 0x2a}, Bytes(name.begin(), name.end()));
}

void AttributeServer::addCharacteristic(std::size_t index) {
    const auto& spec = characteristics()[index];
    const auto uuid = uuidBytes(spec.uuid);
    auto& declaration = add(kCharacteristicDeclaration, {});
    const auto value = static_cast<std::uint16_t>(declaration.handle + 1);
    declaration.value = Writer{}.put(properties(spec)).put(value).put(ByteView{uuid}).bytes();
    add(uuid, {}).characteristic = index;
    if (pushes(spec)) add(kClientConfiguration, {0, 0}).configures = index;
}

AttributeServer::Attribute* AttributeServer::find(std::uint16_t handle) {
    const auto found = std::find_if(table_.begin(), table_.end(),
                                    [handle](const Attribute& a) { return a.handle == handle; });
    return found == table_.end() ? nullptr : &*found;
}

std::uint16_t AttributeServer::valueHandle(std::size_t characteristic) const {
    for (const auto& attribute : table_)
        if (attribute.characteristic == characteristic) return attribute.handle;
    throw std::out_of_range("no such characteristic");
}

void AttributeServer::exchanged(std::uint16_t peerMtu) {
    mtu_ = std::max(mtu_, std::min(peerMtu, largestMtu_));
}

Bytes AttributeServer::findInformation(std::uint16_t first, std::uint16_t last) const {
    Writer response;
    std::optional<std::size_t> length;
    for (const auto& attribute : table_) {
        if (attribute.handle < first || attribute.handle > last) continue;
        if (!length) {
            length = attribute.type.size();
            response.put(std::uint8_t{FindInformationResponse});
            response.put(static_cast<std::uint8_t>(*length == 2 ? 1 : 2));
        }
        if (*length != attribute.type.size() || response.bytes().size() + 2 + *length > mtu_) break;
        response.put(attribute.handle).put(ByteView{attribute.type});
    }
    if (!length) return error(FindInformationRequest, first, AttributeNotFound);
    return std::move(response).bytes();
}

Bytes AttributeServer::readByType(std::uint8_t opcode, std::uint16_t first, std::uint16_t last,
                                  ByteView type) const {
    const bool groups = opcode == ReadByGroupTypeRequest;
    Writer response;
    std::optional<std::size_t> length;
    for (const auto& attribute : table_) {
        if (attribute.handle < first || attribute.handle > last) continue;
        if (!std::equal(type.begin(), type.end(), attribute.type.begin(), attribute.type.end())) continue;
        const auto entry = attribute.value.size() + (groups ? 4 : 2);
        if (!length) {
            length = entry;
            response.put(static_cast<std::uint8_t>(opcode + 1)).put(static_cast<std::uint8_t>(entry));
        }
        if (entry != *length || response.bytes().size() + entry > mtu_) break;
        response.put(attribute.handle);
        if (groups) response.put(attribute.groupEnd);
        response.put(ByteView{attribute.value});
    }
    if (!length) return error(opcode, first, AttributeNotFound);
    return std::move(response).bytes();
}

Bytes AttributeServer::read(std::uint16_t handle) {
    auto* attribute = find(handle);
    if (attribute == nullptr) return error(ReadRequest, handle, InvalidHandle);
    Bytes value = attribute->value;
    if (attribute->characteristic) {
        auto served = pump_.read(*attribute->characteristic);
        if (!served.has_value()) return error(ReadRequest, handle, static_cast<std::uint8_t>(served.error()));
        value = std::move(*served);
    }
    value.resize(std::min<std::size_t>(value.size(), mtu_ - 1U));
    return Writer{}.put(std::uint8_t{ReadResponse}).put(ByteView{value}).bytes();
}

Bytes AttributeServer::write(std::uint16_t handle, ByteView value) {
    auto* attribute = find(handle);
    if (attribute == nullptr) return error(WriteRequest, handle, InvalidHandle);
    if (attribute->configures) {
        if (value.size() != 2) return error(WriteRequest, handle, InvalidValueLength);
        attribute->value = Bytes(value.begin(), value.end());
        pump_.subscribe(*attribute->configures, value[0] != 0);
        return {WriteResponse};
    }
    const auto refusal = attribute->characteristic ? pump_.write(*attribute->characteristic, value)
                                                   : std::optional(AttError::WriteNotPermitted);
    if (refusal) return error(WriteRequest, handle, static_cast<std::uint8_t>(*refusal));
    return {WriteResponse};
}

std::optional<Bytes> AttributeServer::answer(ByteView pdu) {
    Reader reader{pdu};
    const auto opcode = reader.get<std::uint8_t>("opcode");
    const auto handle = reader.get<std::uint16_t>("handle");
    if (opcode == WriteCommand) {
        write(handle, reader.take(reader.remaining(), "value"));
        return std::nullopt;
    }
    constexpr std::uint8_t kCommandFlag = 0x40;
    if ((opcode & kCommandFlag) != 0) return std::nullopt;
    if (reader.failed()) return error(opcode, 0, InvalidPdu);
    switch (opcode) {
        case ExchangeMtuRequest: // the field is the peer's MTU
            exchanged(handle);
            return Writer{}.put(std::uint8_t{ExchangeMtuResponse}).put(largestMtu_).bytes();
        case FindInformationRequest: {
            const auto last = reader.get<std::uint16_t>("last handle");
            return findInformation(handle, last);
        }
        case ReadByTypeRequest:
        case ReadByGroupTypeRequest: {
            const auto last = reader.get<std::uint16_t>("last handle");
            return readByType(opcode, handle, last, reader.take(reader.remaining(), "type"));
        }
        case ReadRequest:
            return read(handle);
        case WriteRequest:
            return write(handle, reader.take(reader.remaining(), "value"));
        default:
            return error(opcode, handle, RequestNotSupported);
    }
}

} // namespace virtual_pump::air
