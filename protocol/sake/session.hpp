// SPDX-License-Identifier: MIT
// SeqCrypt: the message encryption of an established session. Facts: docs/protocol/sake.md 7.
//
//   frame = ciphertext || counter & 0xff || first two bytes of CMAC(key, nonce13 || 000000 || ciphertext)
//
// One sequence number per direction for the whole link, over all characteristics: even from the client
// (pump), odd from the server (us). Only the low byte of the counter travels.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "protocol/codec/bytes.hpp"
#include "protocol/sake/crypto.hpp"

namespace protocol::sake {

inline constexpr std::size_t kFrameOverhead = 3;
inline constexpr std::uint64_t kSequenceLimit = std::uint64_t{1} << 40U;
/// Frames that may be lost in a row: as far as the byte of the counter reaches, as in the reference
/// (docs/protocol/sake.md 7.7).
inline constexpr std::uint64_t kMaxDelta = 255;

using SessionNonce = std::array<std::uint8_t, 8>;

/// Key and nonce of one session, shared by its directions.
class SessionKeys {
public:
    SessionKeys(KeyView key, const SessionNonce& nonce);
    SessionKeys(const SessionKeys&) = delete;
    SessionKeys& operator=(const SessionKeys&) = delete;
    ~SessionKeys(); ///< wipes
    [[nodiscard]] const Aes128& cipher() const { return cipher_; }
    [[nodiscard]] const SessionNonce& nonce() const { return nonce_; }

private:
    Aes128 cipher_;
    SessionNonce nonce_;
};

/// Encrypts one direction.
class Sender {
public:
    Sender(std::shared_ptr<const SessionKeys> keys, std::uint64_t sequence);
    /// Empty when the sequence number is used up. The counter moves on even if the frame is then not
    /// delivered.
    [[nodiscard]] std::optional<Bytes> encrypt(ByteView plain);
    [[nodiscard]] std::uint64_t sequence() const { return sequence_; }

private:
    std::shared_ptr<const SessionKeys> keys_;
    std::uint64_t sequence_;
};

struct DecryptError {
    enum class Code { TooShort, BadMac, SequenceExhausted } code;
    std::uint8_t wireCounter = 0;      ///< as received
    std::uint64_t expectedCounter = 0; ///< full counter that was due
    friend bool operator==(const DecryptError&, const DecryptError&) = default;
};
std::string toString(const DecryptError& error);

struct Decrypted {
    Bytes plain;
    std::uint8_t lost = 0; ///< frames that never came before this one
    friend bool operator==(const Decrypted&, const Decrypted&) = default;
};

/// Decrypts one direction, strictly in order of arrival. A failure leaves the state as it was.
class Receiver {
public:
    Receiver(std::shared_ptr<const SessionKeys> keys, std::uint64_t sequence);
    [[nodiscard]] boost::system::result<Decrypted, DecryptError> decrypt(ByteView frame);
    [[nodiscard]] std::uint64_t sequence() const { return sequence_; } ///< next expected

private:
    std::shared_ptr<const SessionKeys> keys_;
    std::uint64_t sequence_;
};

/// Both directions of one side, as they stand when the handshake is done (docs/protocol/sake.md 7.6).
struct Session {
    Sender sender;
    Receiver receiver;
};

} // namespace protocol::sake
