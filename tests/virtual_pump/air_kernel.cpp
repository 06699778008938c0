// SPDX-License-Identifier: MIT
#include "virtual_pump/air_kernel.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>

#include "protocol/codec/cursor.hpp"

namespace virtual_pump::air {

namespace {

using namespace std::chrono_literals;
using protocol::Reader;
using protocol::Writer;

constexpr int kFamilyBluetooth = 31;
constexpr int kProtocolL2cap = 0;
constexpr int kProtocolHci = 1;
constexpr int kLevelBluetooth = 274;
constexpr int kOptionSecurity = 4;
constexpr std::uint16_t kNoController = 0xffff;
constexpr std::uint16_t kChannelMonitor = 2;
constexpr std::uint16_t kChannelControl = 3;
constexpr std::uint16_t kAttChannel = 4;
constexpr std::uint16_t kAttPsm = 31; // of BR/EDR
constexpr std::size_t kHeaderSize = 6;
constexpr std::uint8_t kLowEnergyAddressTypes = 0x06;

struct HciAddress {
    sa_family_t family = kFamilyBluetooth;
    std::uint16_t controller = kNoController;
    std::uint16_t channel = kChannelControl;
};

struct L2capAddress {
    sa_family_t family = kFamilyBluetooth;
    std::uint16_t psm = 0;
    std::array<std::uint8_t, 6> bytes{};
    std::uint16_t channel = 0;
    std::uint8_t type = 0;
};

[[noreturn]] void fail(const char* what) {
    throw AirError(fmt::format("{}: {}", what, std::strerror(errno)));
}

Descriptor openSocket(int type, int protocol) {
    Descriptor socket{::socket(kFamilyBluetooth, type | SOCK_CLOEXEC, protocol)};
    if (socket.number() < 0) fail("Bluetooth socket");
    return socket;
}

template <typename SocketAddress>
const sockaddr* generic(const SocketAddress& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

/// Lists of 16-bit service UUIDs, incomplete and complete.
bool lists(ByteView advertisement, const std::vector<std::uint16_t>& uuids) {
    Reader reader{advertisement};
    while (reader.remaining() > 0) {
        const auto length = reader.get<std::uint8_t>("length");
        if (length == 0) return false;
        const auto type = reader.get<std::uint8_t>("type");
        Reader list{reader.take(length - 1U, "data")};
        if (reader.failed()) return false;
        while ((type == 0x02 || type == 0x03) && list.remaining() >= 2)
            if (std::count(uuids.begin(), uuids.end(), list.get<std::uint16_t>("uuid")) > 0) return true;
    }
    return false;
}

std::optional<Address> advertiserIn(const ManagementEvent& event, const std::vector<std::uint16_t>& uuids) {
    if (event.code != Management::DeviceFound) return std::nullopt;
    Reader reader{event.parameters};
    Address address;
    const auto bytes = reader.take(6, "address");
    address.type = static_cast<AddressType>(reader.get<std::uint8_t>("type"));
    reader.take(1 + 4, "rssi and flags");
    const auto data = reader.take(reader.get<std::uint16_t>("length"), "data");
    if (reader.failed() || !lists(data, uuids)) return std::nullopt;
    std::copy(bytes.begin(), bytes.end(), address.bytes.begin());
    return address;
}

} // namespace

Descriptor::~Descriptor() {
    if (number_ >= 0) ::close(number_);
}

std::string toString(const Address& address) {
    const auto& o = address.bytes;
    return fmt::format("{:02X}:{:02X}:{:02X}:{:02X}:{:02X}:{:02X}", o[5], o[4], o[3], o[2], o[1], o[0]);
}

Bytes addressBlock(const Address& address) {
    return Writer{}.put(ByteView{address.bytes}).put(static_cast<std::uint8_t>(address.type)).bytes();
}

Management::Management(std::uint16_t index) : index_(index), socket_(openSocket(SOCK_RAW, kProtocolHci)) {
    const HciAddress address;
    if (::bind(socket_.number(), generic(address), sizeof address) < 0) fail("management socket");
}

void Management::send(Command command, ByteView parameters) {
    const auto packet = Writer{}
                            .put(static_cast<std::uint16_t>(command))
                            .put(index_)
                            .put(static_cast<std::uint16_t>(parameters.size()))
                            .put(parameters)
                            .bytes();
    if (::write(socket_.number(), packet.data(), packet.size()) < 0) fail("management command");
}

std::optional<ManagementEvent> Management::receive(Clock::time_point deadline) {
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        pollfd ready{socket_.number(), POLLIN, 0};
        if (::poll(&ready, 1, static_cast<int>(std::max(left, 0ms).count())) <= 0) return std::nullopt;
        std::array<std::uint8_t, 2048> buffer{};
        const auto size = ::read(socket_.number(), buffer.data(), buffer.size());
        if (size < static_cast<ssize_t>(kHeaderSize)) continue;
        const ByteView packet = ByteView{buffer}.first(static_cast<std::size_t>(size));
        Reader reader{packet};
        const auto code = reader.get<std::uint16_t>("event");
        if (reader.get<std::uint16_t>("controller") != index_) continue;
        const auto parameters = packet.subspan(kHeaderSize);
        return ManagementEvent{code, Bytes(parameters.begin(), parameters.end())};
    }
}

std::optional<ManagementEvent> Management::next(Clock::time_point deadline) {
    if (kept_.empty()) return receive(deadline);
    auto event = std::move(kept_.front());
    kept_.pop_front();
    return event;
}

std::uint8_t Management::command(Command command, ByteView parameters) {
    send(command, parameters);
    const auto deadline = Clock::now() + 5s;
    while (auto event = receive(deadline)) {
        Reader reader{event->parameters};
        const bool answer = event->code == CommandComplete || event->code == CommandStatus;
        if (answer && reader.get<std::uint16_t>("command") == command)
            return reader.get<std::uint8_t>("status");
        if (!answer) kept_.push_back(std::move(*event));
    }
    throw AirError(
        fmt::format("the kernel does not answer management command {:#06x}", static_cast<unsigned>(command)));
}

std::uint8_t Management::command(Command number, std::uint8_t parameter) {
    return command(number, ByteView{&parameter, 1});
}

Address Management::controllerAddress() {
    const auto deadline = Clock::now() + 10s;
    while (Clock::now() < deadline) {
        send(ReadControllerInformation, {});
        while (auto event = receive(Clock::now() + 1s)) {
            Reader reader{event->parameters};
            if (reader.get<std::uint16_t>("command") != ReadControllerInformation) continue;
            if (event->code != CommandComplete || reader.get<std::uint8_t>("status") != 0) break;
            Address address;
            const auto bytes = reader.take(6, "address");
            std::copy(bytes.begin(), bytes.end(), address.bytes.begin());
            return address;
        }
        std::this_thread::sleep_for(100ms);
    }
    throw AirError("there is no such controller");
}

std::optional<Address> findAdvertiser(Management& management, const std::vector<std::uint16_t>& uuids,
                                      Clock::time_point deadline) {
    std::optional<Address> found;
    while (!found && Clock::now() < deadline) {
        if (management.command(Management::StartDiscovery, kLowEnergyAddressTypes) != 0) {
            std::this_thread::sleep_for(200ms);
            continue;
        }
        const auto roundEnd = Clock::now() + 500ms;
        while (!found) {
            const auto event = management.next(roundEnd);
            if (!event) break;
            found = advertiserIn(*event, uuids);
        }
        management.command(Management::StopDiscovery, kLowEnergyAddressTypes);
    }
    return found;
}

Descriptor connectAtt(const Address& local, const Address& peer) {
    auto socket = openSocket(SOCK_SEQPACKET, kProtocolL2cap);
    L2capAddress address;
    address.bytes = local.bytes;
    address.channel = kAttChannel;
    address.type = static_cast<std::uint8_t>(local.type);
    if (::bind(socket.number(), generic(address), sizeof address) < 0) fail("ATT socket");
    address.bytes = peer.bytes;
    address.type = static_cast<std::uint8_t>(peer.type);
    if (::connect(socket.number(), generic(address), sizeof address) < 0) fail("connection");
    return socket;
}

bool isEncrypted(const Descriptor& att) {
    std::array<std::uint8_t, 2> security{}; // level and key size
    socklen_t size = security.size();
    return ::getsockopt(att.number(), kLevelBluetooth, kOptionSecurity, security.data(), &size) == 0 &&
           security[1] != 0;
}

Descriptor reserveController(const Address& local) {
    auto socket = openSocket(SOCK_SEQPACKET, kProtocolL2cap);
    L2capAddress address;
    address.bytes = local.bytes;
    address.psm = kAttPsm;
    if (::bind(socket.number(), generic(address), sizeof address) < 0) fail("reserving the controller");
    return socket;
}

Descriptor openMonitor() {
    auto socket = openSocket(SOCK_RAW, kProtocolHci);
    HciAddress address;
    address.channel = kChannelMonitor;
    const int on = 1;
    if (::bind(socket.number(), generic(address), sizeof address) < 0 ||
        ::setsockopt(socket.number(), SOL_SOCKET, SO_TIMESTAMP, &on, sizeof on) < 0)
        fail("monitor socket");
    return socket;
}

} // namespace virtual_pump::air
