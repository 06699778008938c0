// SPDX-License-Identifier: MIT
#include "protocol/sake/session.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <utility>

namespace protocol::sake {
namespace {

constexpr std::size_t kMacSize = 2;

/// B0 of docs/protocol/sake.md 7.2: first counter block of CTR and first block of the MAC.
Block firstBlock(std::uint64_t sequence, const SessionNonce& nonce) {
    constexpr std::size_t kSequenceSize = 5;
    Block block{};
    for (std::size_t i = 0; i < kSequenceSize; ++i)
        block[i] = static_cast<std::uint8_t>(sequence >> 8U * (kSequenceSize - 1 - i));
    std::copy(nonce.begin(), nonce.end(), block.begin() + kSequenceSize);
    return block;
}

} // namespace

SessionKeys::SessionKeys(KeyView key, const SessionNonce& nonce) : cipher_(key), nonce_(nonce) {}

SessionKeys::~SessionKeys() {
    OPENSSL_cleanse(nonce_.data(), nonce_.size());
}

Sender::Sender(std::shared_ptr<const SessionKeys> keys, std::uint64_t sequence)
    : keys_(std::move(keys)), sequence_(sequence) {}

std::optional<Bytes> Sender::encrypt(ByteView plain) {
    if (sequence_ >= kSequenceLimit) return std::nullopt;
    const Block block = firstBlock(sequence_, keys_->nonce());
    Bytes frame;
    frame.reserve(plain.size() + kFrameOverhead);
    frame.assign(plain.begin(), plain.end());
    keys_->cipher().ctr(block, frame);
    const Block mac = keys_->cipher().cmac(block, frame);
    frame.push_back(static_cast<std::uint8_t>(sequence_ >> 1U));
    frame.insert(frame.end(), mac.begin(), mac.begin() + kMacSize);
    sequence_ += 2;
    return frame;
}

std::string toString(const DecryptError& error) {
    std::string text;
    switch (error.code) {
        case DecryptError::Code::TooShort:
            return "frame shorter than its trailer";
        case DecryptError::Code::BadMac:
            text = "frame with a wrong MAC";
            break;
        case DecryptError::Code::SequenceExhausted:
            text = "sequence numbers used up";
            break;
    }
    return text + ": counter byte " + toHex(ByteView{&error.wireCounter, 1}) + ", expected counter " +
           std::to_string(error.expectedCounter);
}

Receiver::Receiver(std::shared_ptr<const SessionKeys> keys, std::uint64_t sequence)
    : keys_(std::move(keys)), sequence_(sequence) {}

boost::system::result<Decrypted, DecryptError> Receiver::decrypt(ByteView frame) {
    using Code = DecryptError::Code;
    const std::uint64_t expected = sequence_ >> 1U;
    if (frame.size() < kFrameOverhead) return DecryptError{Code::TooShort, 0, expected};
    const ByteView cipherText = frame.first(frame.size() - kFrameOverhead);
    const std::uint8_t wireCounter = frame[cipherText.size()];
    const auto failure = [&](Code code) { return DecryptError{code, wireCounter, expected}; };

    const auto delta = static_cast<std::uint8_t>(wireCounter - expected);
    const std::uint64_t sequence = sequence_ + 2U * std::uint64_t{delta};
    if (sequence >= kSequenceLimit) return failure(Code::SequenceExhausted);

    const Block block = firstBlock(sequence, keys_->nonce());
    const Block mac = keys_->cipher().cmac(block, cipherText);
    if (!equal(ByteView{mac}.first<kMacSize>(), frame.last<kMacSize>())) return failure(Code::BadMac);

    Decrypted result{Bytes(cipherText.begin(), cipherText.end()), delta};
    keys_->cipher().ctr(block, result.plain);
    sequence_ = sequence + 2;
    return result;
}

} // namespace protocol::sake
