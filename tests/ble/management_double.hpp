// SPDX-License-Identifier: MIT
// The kernel's end of management sockets: answers as a kernel with one controller does, at once, and notes
// what it was sent.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ble/mgmt/messages.hpp"

namespace ble::test {

class ManagementDouble {
public:
    explicit ManagementDouble(boost::asio::any_io_executor executor);
    ~ManagementDouble();

    // How it behaves; may be changed at any time.
    std::string address = "00:11:22:33:44:55";
    std::uint32_t settings = 0;                                            ///< current ones
    bool privileged = true;                                                ///< CAP_NET_ADMIN
    bool extended = true;                                                  ///< knows 0x0054 and 0x0055
    bool silent = false;                                                   ///< answers nothing
    std::map<management::Opcode, std::deque<management::Status>> refusals; ///< used up one by one

    // What it has seen.
    std::vector<std::string> commands;         ///< whole packets in hexadecimal, privileged or not
    std::map<std::uint8_t, std::string> onAir; ///< instance: advertising data in hexadecimal

    /// A new connection to it; gives the end of the program under test.
    boost::asio::posix::stream_descriptor connect();
    /// To all connections.
    void send(const protocol::Bytes& packet);
    /// As when another program removes it.
    void removeInstance(std::uint8_t instance);
    void closeAll();
    /// Commands with this opcode so far.
    [[nodiscard]] std::size_t count(management::Opcode opcode) const;

private:
    struct Connection;
    boost::asio::any_io_executor executor_;
    std::vector<std::shared_ptr<Connection>> connections_;

    void listen(const std::shared_ptr<Connection>& connection);
    void handle(Connection& connection, const protocol::Bytes& packet);
    /// Success with return parameters, or a refusal.
    management::Status perform(management::Opcode opcode, protocol::ByteView parameters,
                               protocol::Bytes& answer);
};

/// An event as it comes from the socket.
protocol::Bytes eventPacket(std::uint16_t code, std::uint16_t index, const protocol::Bytes& parameters);

} // namespace ble::test
