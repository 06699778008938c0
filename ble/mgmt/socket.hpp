// SPDX-License-Identifier: MIT
// The kernel's Bluetooth management socket: one request at a time, its reply picked out of what the kernel
// tells every listener. Usable beside bluetoothd. Facts: docs/protocol/link.md 3.5.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "ble/condition.hpp"
#include "ble/mgmt/messages.hpp"
#include "ble/pump_link.hpp"

namespace ble {

/// A connection that keeps the borders of packets. Throws LinkError.
using OpenManagement = std::function<asio::posix::stream_descriptor(asio::any_io_executor)>;

/// The kernel's. Throws ManagementMissing where there is no Bluetooth in the kernel or the unit
/// does not allow the address family, ManagementDenied where it may not be opened.
asio::posix::stream_descriptor openManagementChannel(const asio::any_io_executor& executor);

struct ManagementLimits {
    std::chrono::milliseconds reply = std::chrono::seconds(2);
    /// A controller that is busy, or not there yet, is asked again: so often in all, after such a pause.
    unsigned attempts = 4;
    std::chrono::milliseconds pause = std::chrono::milliseconds(100);
    Condition::Clock clock = std::chrono::steady_clock::now;
};

/// The kernel has refused a command.
class ManagementError : public LinkError {
public:
    ManagementError(management::Opcode opcode, management::Status status);
    [[nodiscard]] management::Status status() const { return status_; }

private:
    management::Status status_;
};

class ManagementSocket {
public:
    using Listener = std::function<void(const management::Event&)>;

    ManagementSocket(asio::posix::stream_descriptor descriptor, ManagementLimits limits);
    ~ManagementSocket();

    /// Reported of every event that is not the reply to a request, whoever caused it.
    void setListener(Listener listener);

    /// The parameters of Command Complete. One caller at a time; *this must outlive the request. Throws
    /// ManagementError when the kernel refuses, LinkErrorKind::Timeout when it does not answer in time
    /// (`limit`, for each attempt), Disconnected when the socket is lost.
    asio::awaitable<protocol::Bytes> request(management::Command command, std::chrono::milliseconds limit);
    /// The same with the limit for replies.
    asio::awaitable<protocol::Bytes> request(management::Command command);

private:
    class Channel; ///< what a wait on the descriptor refers to
    std::shared_ptr<Channel> channel_;
    ManagementLimits limits_;
};

} // namespace ble
