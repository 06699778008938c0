// SPDX-License-Identifier: MIT
#include "ble/mgmt/socket.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <system_error>

namespace ble {

namespace {

using Wait = asio::posix::descriptor_base;

// As in the kernel's include/net/bluetooth/; BlueZ's header would be one more package to build with.
constexpr int kBluetoothProtocolHci = 1;
constexpr std::uint16_t kNoDevice = 0xffff;
constexpr std::uint16_t kControlChannel = 3;
struct HciAddress {
    sa_family_t family;
    std::uint16_t device;
    std::uint16_t channel;
};

constexpr std::size_t kLongestPacket = 4096; // longer ones are of no interest, and ignored when cut
constexpr int kPacketsPerTurn = 64;

[[noreturn]] void throwOpenError(int error) {
    const auto text = std::generic_category().message(error);
    if (error == EPERM || error == EACCES)
        throw LinkError(LinkErrorKind::ManagementDenied,
                        fmt::format("the management socket is not permitted ({})", text));
    throw LinkError(LinkErrorKind::ManagementMissing,
                    fmt::format("there is no management socket ({})", text));
}

std::string explain(management::Opcode opcode, management::Status status) {
    auto text = fmt::format("{}: {}", management::toString(opcode), management::toString(status));
    if (status == management::Status::PermissionDenied) text += " (CAP_NET_ADMIN is missing)";
    return text;
}

} // namespace

asio::posix::stream_descriptor openManagementChannel(const asio::any_io_executor& executor) {
    const int handle = ::socket(AF_BLUETOOTH, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, kBluetoothProtocolHci);
    if (handle < 0) throwOpenError(errno);
    asio::posix::stream_descriptor descriptor(executor, handle); // closes it from here on
    const HciAddress address{AF_BLUETOOTH, kNoDevice, kControlChannel};
    if (::bind(handle, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throwOpenError(errno);
    return descriptor;
}

ManagementError::ManagementError(management::Opcode opcode, management::Status status)
    : LinkError(status == management::Status::PermissionDenied ? LinkErrorKind::ManagementDenied
                                                               : LinkErrorKind::ManagementRefused,
                explain(opcode, status)),
      status_(status) {}

class ManagementSocket::Channel : public std::enable_shared_from_this<Channel> {
public:
    Channel(asio::posix::stream_descriptor descriptor, Condition::Clock clock)
        : descriptor_(std::move(descriptor)), changes_(descriptor_.get_executor(), std::move(clock)) {
        descriptor_.non_blocking(true);
    }

    void setListener(Listener listener) { listener_ = std::move(listener); }
    [[nodiscard]] asio::any_io_executor executor() { return descriptor_.get_executor(); }

    // Always armed: the kernel drops what does not fit into the socket's buffer, replies as well.
    void arm() {
        descriptor_.async_wait(Wait::wait_read,
                               [weak = weak_from_this()](const boost::system::error_code& error) {
                                   const auto self = weak.lock();
                                   if (error || !self) return;
                                   self->drain();
                                   if (!self->lost_) self->arm();
                               });
    }

    asio::awaitable<management::Reply> exchange(management::Command command,
                                                std::chrono::milliseconds limit) {
        const auto self = shared_from_this();
        reply_.reset();
        waiting_ = Waiting{static_cast<std::uint16_t>(command.opcode), command.index};
        boost::system::error_code error;
        if (!lost_) descriptor_.write_some(asio::buffer(management::serialize(command)), error);
        if (error) lose();
        const auto answered = [this] { return reply_ || lost_; };
        const bool met = co_await changes_.within(limit, answered);
        waiting_.reset();
        if (reply_) co_return *std::exchange(reply_, std::nullopt);
        if (met) throw LinkError(LinkErrorKind::Disconnected, "the management socket is lost");
        throw LinkError(LinkErrorKind::Timeout,
                        fmt::format("{}: no answer", management::toString(command.opcode)));
    }

private:
    struct Waiting {
        std::uint16_t opcode;
        std::uint16_t index;
    };

    asio::posix::stream_descriptor descriptor_;
    Condition changes_;
    Listener listener_;
    std::optional<Waiting> waiting_;
    std::optional<management::Reply> reply_;
    bool lost_ = false;

    void drain() {
        std::array<std::uint8_t, kLongestPacket> packet;
        for (int n = 0; n < kPacketsPerTurn; ++n) {
            boost::system::error_code error;
            const auto length = descriptor_.read_some(asio::buffer(packet), error);
            if (error == asio::error::would_block || error == asio::error::interrupted) return;
            if (error) return lose();
            const auto event = management::parseEvent({packet.data(), length});
            if (event) handle(*event);
        }
    }

    void handle(const management::Event& event) {
        auto reply = management::replyIn(event);
        if (!reply) {
            if (listener_) listener_(event);
        } else if (waiting_ && reply->opcode == waiting_->opcode && reply->index == waiting_->index) {
            reply_ = std::move(reply);
            changes_.announce();
        }
    }

    void lose() {
        lost_ = true;
        changes_.announce();
    }
};

ManagementSocket::ManagementSocket(asio::posix::stream_descriptor descriptor, ManagementLimits limits)
    : channel_(std::make_shared<Channel>(std::move(descriptor), limits.clock)), limits_(std::move(limits)) {
    channel_->arm();
}

ManagementSocket::~ManagementSocket() = default;

void ManagementSocket::setListener(Listener listener) {
    channel_->setListener(std::move(listener));
}

asio::awaitable<protocol::Bytes> ManagementSocket::request(management::Command command) {
    return request(std::move(command), limits_.reply);
}

asio::awaitable<protocol::Bytes> ManagementSocket::request(management::Command command,
                                                           std::chrono::milliseconds limit) {
    using management::Status;
    for (unsigned attempt = 1;; ++attempt) {
        auto reply = co_await channel_->exchange(command, limit);
        if (reply.status == Status::Success) co_return std::move(reply.parameters);
        const bool passing = reply.status == Status::Busy || reply.status == Status::InvalidIndex;
        if (!passing || attempt >= limits_.attempts) throw ManagementError(command.opcode, reply.status);
        asio::steady_timer pause(channel_->executor(), limits_.pause);
        co_await pause.async_wait(asio::use_awaitable);
    }
}

} // namespace ble
