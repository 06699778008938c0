// SPDX-License-Identifier: MIT
#include "virtual_pump/air_recorder.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <concepts>
#include <cstring>
#include <fstream>

#include "protocol/codec/cursor.hpp"
#include "virtual_pump/air_kernel.hpp"

namespace virtual_pump::air {

namespace {

constexpr std::uint32_t kFormatMonitor = 2001;
/// btsnoop counts microseconds from the year 0; this is 1970 (btsnoop file format).
constexpr std::uint64_t kUnixEpoch = 0x00dcddb30f2f8000;

/// btsnoop is big-endian.
template <std::unsigned_integral T>
void put(std::ostream& out, T value) {
    for (std::size_t i = sizeof(T); i-- > 0;) out.put(static_cast<char>(value >> (8 * i)));
}

std::uint64_t arrivalTime(msghdr& message) {
    timeval time{};
    for (auto* control = CMSG_FIRSTHDR(&message); control != nullptr;
         control = CMSG_NXTHDR(&message, control))
        if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SO_TIMESTAMP)
            std::memcpy(&time, CMSG_DATA(control), sizeof time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(time.tv_usec) +
           kUnixEpoch;
}

} // namespace

void recordMonitor(const std::string& path, std::uint16_t controller) {
    const auto monitor = openMonitor();
    std::ofstream file(path, std::ios::binary);
    file.write("btsnoop", 8);
    put(file, std::uint32_t{1});
    put(file, kFormatMonitor);
    file.flush();
    std::array<std::uint8_t, 65536> buffer{};
    std::array<char, 256> control{};
    for (;;) {
        iovec space{buffer.data(), buffer.size()};
        msghdr message{};
        message.msg_iov = &space;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        const auto size = ::recvmsg(monitor.number(), &message, 0);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0 || !file) throw AirError(std::string("capture: ") + std::strerror(errno));
        protocol::Reader reader{protocol::ByteView{buffer}.first(static_cast<std::size_t>(size))};
        const std::uint32_t code = reader.get<std::uint16_t>("code");
        const std::uint32_t from = reader.get<std::uint16_t>("controller");
        if (from != controller) continue;
        reader.get<std::uint16_t>("length");
        const auto packet = reader.take(reader.remaining(), "packet");
        put(file, static_cast<std::uint32_t>(packet.size())); // original and included length
        put(file, static_cast<std::uint32_t>(packet.size()));
        put(file, (from << 16) | code);
        put(file, std::uint32_t{0}); // drops
        put(file, arrivalTime(message));
        file.write(reinterpret_cast<const char*>(packet.data()), static_cast<std::streamsize>(packet.size()));
        file.flush();
    }
}

} // namespace virtual_pump::air
