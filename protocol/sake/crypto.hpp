// SPDX-License-Identifier: MIT
// The primitives of SAKE, by libcrypto: AES-128 block, CMAC, CTR. Facts: docs/protocol/sake.md 3.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "protocol/codec/bytes.hpp"

namespace protocol::sake {

using Block = std::array<std::uint8_t, 16>;
using KeyView = std::span<const std::uint8_t, 16>;

/// Fills the span with bytes fit for keys; injected, so that tests can choose them.
using RandomSource = std::function<void(std::span<std::uint8_t>)>;
/// The operating system's generator. Throws std::runtime_error when it fails.
void systemRandom(std::span<std::uint8_t> out);

/// One key, scheduled once: block, CMAC and CTR of many messages without setting the key up again.
class Aes128 {
public:
    explicit Aes128(KeyView key);
    Aes128(Aes128&&) noexcept;
    Aes128& operator=(Aes128&&) noexcept;
    ~Aes128();

    [[nodiscard]] Block encryptBlock(const Block& plain) const;
    [[nodiscard]] Block decryptBlock(const Block& cipher) const;
    /// RFC 4493, 16-byte tag, over first || second.
    [[nodiscard]] Block cmac(ByteView first, ByteView second = {}) const;
    /// In place; `counter` is the initial block, incremented as a 128-bit big-endian number.
    void ctr(const Block& counter, std::span<std::uint8_t> data) const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// In constant time.
bool equal(ByteView a, ByteView b);

} // namespace protocol::sake
