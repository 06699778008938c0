// SPDX-License-Identifier: MIT
// The SAKE handshake as state machines: Server (the bridge) and Client (the pump, for the virtual one).
// Facts: docs/protocol/sake.md 6. Every message is 20 octets. A failed machine stays failed: a new attempt
// needs a new object.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "protocol/codec/bytes.hpp"
#include "protocol/sake/key_database.hpp"
#include "protocol/sake/key_schedule.hpp"
#include "protocol/sake/session.hpp"

namespace protocol::sake {

inline constexpr std::size_t kMessageSize = 20;
using Message = std::array<std::uint8_t, kMessageSize>;
/// Notified by the server when the client has subscribed; not part of the state machine.
inline constexpr Message kStartSignal{};
inline constexpr std::uint8_t kProtocolVersion = 1;
/// Sequence numbers of messages 5 and 4, the first frames of their directions.
inline constexpr std::uint64_t kFirstFromClient = 0;
inline constexpr std::uint64_t kFirstFromServer = 1;

enum class HandshakeError {
    BadLength,         ///< not 20 octets
    StartNotZero,      ///< first write carries data: not a pump, or left over from an older session
    UnknownDeviceType, ///< type octet outside 1..8
    NoKeyForDevice,    ///< the key database has no entry for this type
    BadVersion,        ///< protocol version is not 1
    TagMismatch,       ///< handshake tag wrong: the key database does not match the peer
    FrameMac,          ///< message 4 or 5: session key differs, or the peer answered with random octets
    PermitTag,         ///< permit not made for us
    PermitDevice,      ///< permit names another type of device
    PermitPrefix,      ///< first octet of the permit is not zero
    OutOfOrder,        ///< a message after the end, or after a failure
};
std::string_view name(HandshakeError error);
/// One sentence for a person: what it means and what to do.
std::string_view explain(HandshakeError error);

template <typename T>
using HandshakeResult = boost::system::result<T, HandshakeError>;

/// docs/protocol/sake.md 6.4. Feed what the pump writes; what comes back is notified (nothing after message
/// 5).
class Server {
public:
    Server(KeyDatabase database, RandomSource random);
    Server(const Server&) = delete; // entry_ points into database_
    Server& operator=(const Server&) = delete;
    Server(Server&&) = default;
    Server& operator=(Server&&) = default;
    ~Server() = default;

    /// Random octets are drawn in the order of the messages and of their fields.
    HandshakeResult<std::optional<Message>> receive(ByteView written);
    [[nodiscard]] bool done() const { return stage_ == 6; }
    /// 0, 1, 3, 5, 6 as in the reference.
    [[nodiscard]] int stage() const { return stage_; }
    /// Once, after done(); else std::logic_error.
    Session takeSession();

private:
    HandshakeResult<std::optional<Message>> start(const Message& in);
    HandshakeResult<std::optional<Message>> challenge(const Message& in);
    HandshakeResult<std::optional<Message>> permit(const Message& in);
    HandshakeResult<std::optional<Message>> finish(const Message& in);

    KeyDatabase database_;
    RandomSource random_;
    int stage_ = 0;
    bool failed_ = false;
    const KeyEntry* entry_ = nullptr;
    Contributions parts_;
    HandshakeTag tag2_{};
    std::optional<Session> session_;
};

/// docs/protocol/sake.md 6.5. Feed what the server notifies, beginning with the start signal; what comes back
/// is written.
class Client {
public:
    /// How the permit of the server is checked: by own keys (a real client's file), or by comparing with the
    /// payload of the server's file, for a virtual pump made from that file alone
    /// (docs/protocol/sake.md 4.6).
    enum class PermitCheck { OwnKeys, ServerPayload };

    Client(KeyDatabase database, RandomSource random, PermitCheck check = PermitCheck::OwnKeys);
    Client(const Client&) = delete; // entry_ points into database_
    Client& operator=(const Client&) = delete;
    Client(Client&&) = default;
    Client& operator=(Client&&) = default;
    ~Client() = default;
    /// A virtual pump for the bridge whose (server's) file this is. Throws std::invalid_argument when the
    /// file has no entry for a pump.
    static Client fromServerDatabase(const KeyDatabase& server, RandomSource random);

    HandshakeResult<Message> receive(ByteView notified);
    [[nodiscard]] bool done() const { return stage_ == 6; }
    [[nodiscard]] int stage() const { return stage_; } ///< -1 before the start signal, then 0, 2, 4, 6
    Session takeSession();                             ///< once, after done(); else std::logic_error

private:
    HandshakeResult<Message> begin(const Message& in);
    HandshakeResult<Message> introduce(const Message& in);
    HandshakeResult<Message> answer(const Message& in);
    HandshakeResult<Message> finish(const Message& in);

    KeyDatabase database_;
    RandomSource random_;
    PermitCheck check_;
    int stage_ = -1;
    bool failed_ = false;
    const KeyEntry* entry_ = nullptr;
    Contributions parts_;
    std::optional<Session> session_;
};

/// Decrypts message 4 or 5 with the receiver of its direction and gives the permit in it, unchecked.
HandshakeResult<Block> openPermit(Receiver& receiver, const Message& message);

} // namespace protocol::sake
