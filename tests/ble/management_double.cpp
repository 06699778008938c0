// SPDX-License-Identifier: MIT
#include "management_double.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <stdexcept>

#include "protocol/codec/cursor.hpp"

namespace ble::test {

namespace asio = boost::asio;
using management::Opcode;
using management::Status;
using protocol::Bytes;
using protocol::Reader;
using protocol::Writer;

namespace {

constexpr std::uint16_t kCommandComplete = 0x0001;
constexpr std::uint16_t kCommandStatus = 0x0002;
constexpr std::uint16_t kAdvertisingRemoved = 0x0024;

bool isForEverybody(Opcode opcode) {
    return opcode == Opcode::ReadVersion || opcode == Opcode::ReadControllerInfo ||
           opcode == Opcode::ReadDefaultConfiguration;
}

Bytes addressBytes(const std::string& text) {
    std::string digits;
    std::copy_if(text.begin(), text.end(), std::back_inserter(digits), [](char c) { return c != ':'; });
    auto bytes = *protocol::fromHex(digits);
    std::reverse(bytes.begin(), bytes.end());
    return bytes;
}

Bytes infoAnswer(const std::string& address, std::uint32_t settings) {
    Writer out;
    out.put(addressBytes(address)).put(std::uint8_t{0x0b}).put(std::uint16_t{0x000f});
    out.put(std::uint32_t{0x0001ffff}).put(settings);
    out.put(Bytes(3 + 249 + 11));
    return std::move(out).bytes();
}

} // namespace

Bytes eventPacket(std::uint16_t code, std::uint16_t index, const Bytes& parameters) {
    Writer out;
    out.put(code).put(index).put(static_cast<std::uint16_t>(parameters.size())).put(parameters);
    return std::move(out).bytes();
}

struct ManagementDouble::Connection {
    asio::posix::stream_descriptor descriptor;
    ManagementDouble* owner; ///< null: gone
};

ManagementDouble::ManagementDouble(asio::any_io_executor executor) : executor_(std::move(executor)) {}

ManagementDouble::~ManagementDouble() {
    closeAll();
}

asio::posix::stream_descriptor ManagementDouble::connect() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
        throw std::runtime_error("no socket pair");
    auto connection =
        std::make_shared<Connection>(Connection{asio::posix::stream_descriptor(executor_, ends[0]), this});
    connection->descriptor.non_blocking(true);
    connections_.push_back(connection);
    listen(connection);
    return asio::posix::stream_descriptor(executor_, ends[1]);
}

void ManagementDouble::listen(const std::shared_ptr<Connection>& connection) {
    connection->descriptor.async_wait(
        asio::posix::descriptor_base::wait_read, [connection](const boost::system::error_code& failed) {
            if (failed || connection->owner == nullptr) return;
            Bytes packet(512);
            boost::system::error_code error;
            packet.resize(connection->descriptor.read_some(asio::buffer(packet), error));
            if (error) return; // the other end has closed
            connection->owner->handle(*connection, packet);
            connection->owner->listen(connection);
        });
}

void ManagementDouble::handle(Connection& connection, const Bytes& packet) {
    commands.push_back(protocol::toHex(packet));
    Reader in(packet);
    const auto code = in.get<std::uint16_t>("opcode");
    const auto index = in.get<std::uint16_t>("index");
    const auto parameters = in.take(in.get<std::uint16_t>("length"), "parameters");
    if (silent) return;
    Bytes answer;
    const auto status = perform(Opcode{code}, parameters, answer);
    Writer out;
    out.put(code).put(static_cast<std::uint8_t>(status)).put(answer);
    const auto event = status == Status::Success ? kCommandComplete : kCommandStatus;
    connection.descriptor.write_some(asio::buffer(eventPacket(event, index, out.bytes())));
}

Status ManagementDouble::perform(Opcode opcode, protocol::ByteView parameters, Bytes& answer) {
    if (auto& queue = refusals[opcode]; !queue.empty()) {
        const auto status = queue.front();
        queue.pop_front();
        return status;
    }
    if (!privileged && !isForEverybody(opcode)) return Status::PermissionDenied;
    const std::uint8_t instance = parameters.empty() ? 0 : parameters[0];
    switch (opcode) {
        case Opcode::ReadVersion:
            answer = {1, 22, 0};
            break;
        case Opcode::ReadControllerInfo:
            answer = infoAnswer(address, settings);
            break;
        case Opcode::SetSecureConnections:
            settings &= ~static_cast<std::uint32_t>(management::Setting::SecureConnections);
            answer = Writer().put(settings).bytes();
            break;
        case Opcode::ReadAdvertisingFeatures:
            answer = {0x7f, 0, 0, 0, 31, 31, 5, static_cast<std::uint8_t>(onAir.size())};
            for (const auto& [number, data] : onAir) answer.push_back(number);
            break;
        case Opcode::AddExtendedAdvertisingParameters:
            if (!extended) return Status::UnknownCommand;
            answer = {instance, 0x7f, 31, 31};
            break;
        case Opcode::AddExtendedAdvertisingData:
        case Opcode::AddAdvertising: {
            const std::size_t head = opcode == Opcode::AddAdvertising ? 11 : 3;
            onAir[instance] = protocol::toHex(parameters.subspan(head));
            answer = {instance};
            break;
        }
        case Opcode::RemoveAdvertising:
            if (onAir.erase(instance) == 0) return Status::InvalidParameters;
            answer = {instance};
            break;
        case Opcode::ReadDefaultConfiguration:
            answer = {0x0a, 0, 2, 50, 0, 0x0b, 0, 2, 60, 0};
            break;
    }
    return Status::Success;
}

void ManagementDouble::send(const Bytes& packet) {
    for (const auto& connection : connections_) {
        boost::system::error_code closed;
        connection->descriptor.write_some(asio::buffer(packet), closed);
    }
}

void ManagementDouble::removeInstance(std::uint8_t instance) {
    onAir.erase(instance);
    send(eventPacket(kAdvertisingRemoved, 0, {instance}));
}

void ManagementDouble::closeAll() {
    for (const auto& connection : connections_) {
        connection->owner = nullptr;
        boost::system::error_code ignored;
        connection->descriptor.close(ignored);
    }
    connections_.clear();
}

std::size_t ManagementDouble::count(Opcode opcode) const {
    const auto start = protocol::toHex(Writer().put(static_cast<std::uint16_t>(opcode)).bytes());
    return static_cast<std::size_t>(
        std::count_if(commands.begin(), commands.end(),
                      [&](const std::string& command) { return command.starts_with(start); }));
}

} // namespace ble::test
