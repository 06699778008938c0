// SPDX-License-Identifier: MIT
// Preloaded into an unchanged bluetoothd, keeps what it sends within what the pump can digest:
// - a Find Information Response on the LE ATT channel ends after at most 23 bytes; the asker goes on behind
//   the last entry, as ATT provides. The MTU of the link stays as it is.
// - [GATT] ExchangeMTU may be below 48: the BR/EDR ATT socket, which the kernel refuses with less, gets 48.
// Why and when: patches/README.md.
#include <dlfcn.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace {

constexpr int kFamilyBluetooth = 31;
constexpr int kLevelL2cap = 6;
constexpr int kL2capOptions = 1;
constexpr std::uint16_t kSmallestBredrMtu = 48;
constexpr std::uint16_t kAttChannel = 4;
constexpr std::uint8_t kFindInformationResponse = 0x05;
constexpr std::size_t kDefaultMtu = 23;
constexpr std::size_t kHeader = 2; // opcode and format

template <typename Function>
Function* next(const char* name) {
    Function* function = nullptr;
    void* symbol = dlsym(RTLD_NEXT, name);
    std::memcpy(&function, &symbol, sizeof function);
    return function;
}

struct L2capAddress {
    sa_family_t family;
    std::uint16_t psm;
    std::array<std::uint8_t, 6> bytes;
    std::uint16_t channel;
    std::uint8_t type;
};

bool isLowEnergyAtt(int descriptor) {
    const int kept = errno;
    L2capAddress address{};
    socklen_t length = sizeof address;
    const bool named = getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length) == 0;
    errno = kept;
    return named && address.family == kFamilyBluetooth && address.channel == kAttChannel;
}

/// How much of a PDU may go: all of it, or whole entries up to 23 bytes.
std::size_t allowed(const std::uint8_t* pdu, std::size_t size) {
    if (size <= kDefaultMtu || pdu[0] != kFindInformationResponse) return size;
    const std::size_t entry = pdu[1] == 1 ? 4 : 18; // handle and UUID
    return kHeader + (kDefaultMtu - kHeader) / entry * entry;
}

} // namespace

extern "C" ssize_t writev(int descriptor, const iovec* parts, int count) {
    static auto* const real = next<ssize_t(int, const iovec*, int)>("writev");
    if (count != 1 || parts->iov_len <= kDefaultMtu) return real(descriptor, parts, count);
    const auto size = allowed(static_cast<const std::uint8_t*>(parts->iov_base), parts->iov_len);
    if (size == parts->iov_len || !isLowEnergyAtt(descriptor)) return real(descriptor, parts, count);
    const iovec shorter{parts->iov_base, size};
    const auto written = real(descriptor, &shorter, 1);
    return written == static_cast<ssize_t>(size) ? static_cast<ssize_t>(parts->iov_len) : written;
}

extern "C" int setsockopt(int descriptor, int level, int name, const void* value, socklen_t length) noexcept {
    static auto* const real = next<int(int, int, int, const void*, socklen_t)>("setsockopt");
    const int result = real(descriptor, level, name, value, length);
    std::array<std::uint8_t, 64> options{};
    std::array<std::uint16_t, 2>
        mtus{}; // outgoing and incoming: the first two members of struct l2cap_options
    if (result == 0 || level != kLevelL2cap || name != kL2capOptions || length < sizeof mtus ||
        length > options.size())
        return result;
    std::memcpy(options.data(), value, length);
    std::memcpy(mtus.data(), options.data(), sizeof mtus);
    for (auto& mtu : mtus)
        if (mtu != 0 && mtu < kSmallestBredrMtu) mtu = kSmallestBredrMtu;
    std::memcpy(options.data(), mtus.data(), sizeof mtus);
    return real(descriptor, level, name, options.data(), length);
}
