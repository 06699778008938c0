// SPDX-License-Identifier: MIT
#include "protocol/sake/crypto.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <limits>
#include <stdexcept>

namespace protocol::sake {
namespace {

template <auto Free>
struct Deleter {
    template <typename T>
    void operator()(T* object) const {
        Free(object);
    }
};
using Cipher = std::unique_ptr<EVP_CIPHER, Deleter<EVP_CIPHER_free>>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Deleter<EVP_CIPHER_CTX_free>>; // wipes its key
using Mac = std::unique_ptr<EVP_MAC, Deleter<EVP_MAC_free>>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, Deleter<EVP_MAC_CTX_free>>; // wipes its key

void require(bool success, const char* what) {
    if (!success) throw std::runtime_error(what);
}

/// Fetched once a process: a fetch costs more than a frame.
struct Algorithms {
    Cipher ecb{EVP_CIPHER_fetch(nullptr, "AES-128-ECB", nullptr)};
    Cipher ctr{EVP_CIPHER_fetch(nullptr, "AES-128-CTR", nullptr)};
    Mac cmac{EVP_MAC_fetch(nullptr, "CMAC", nullptr)};

    Algorithms() { require(ecb && ctr && cmac, "libcrypto offers no AES-128 or CMAC"); }
};

const Algorithms& algorithms() {
    static const Algorithms instance;
    return instance;
}

CipherContext makeCipher(const Cipher& cipher, KeyView key, bool encrypt) {
    CipherContext context{EVP_CIPHER_CTX_new()};
    require(context != nullptr &&
                EVP_CipherInit_ex2(context.get(), cipher.get(), key.data(), nullptr, encrypt ? 1 : 0,
                                   nullptr) == 1 &&
                EVP_CIPHER_CTX_set_padding(context.get(), 0) == 1,
            "libcrypto could not set up AES-128");
    return context;
}

MacContext makeMac(KeyView key) {
    MacContext context{EVP_MAC_CTX_new(algorithms().cmac.get())};
    char cipher[] = "AES-128-CBC";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string("cipher", cipher, 0),
                                     OSSL_PARAM_construct_end()};
    require(context != nullptr && EVP_MAC_init(context.get(), key.data(), key.size(), parameters) == 1,
            "libcrypto could not set up CMAC");
    return context;
}

void update(EVP_CIPHER_CTX* context, std::uint8_t* out, const std::uint8_t* in, std::size_t size) {
    require(size <= static_cast<std::size_t>(std::numeric_limits<int>::max()),
            "message too long for AES-128");
    int written = 0;
    require(EVP_CipherUpdate(context, out, &written, in, static_cast<int>(size)) == 1 &&
                static_cast<std::size_t>(written) == size,
            "libcrypto failed in AES-128");
}

} // namespace

void systemRandom(std::span<std::uint8_t> out) {
    require(out.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max()) &&
                RAND_priv_bytes(out.data(), static_cast<int>(out.size())) == 1,
            "the system's random generator failed");
}

struct Aes128::Impl {
    CipherContext encryption;
    CipherContext decryption;
    CipherContext counterMode;
    MacContext mac;
};

Aes128::Aes128(KeyView key)
    : impl_(std::make_unique<Impl>(Impl{makeCipher(algorithms().ecb, key, true),
                                        makeCipher(algorithms().ecb, key, false),
                                        makeCipher(algorithms().ctr, key, true), makeMac(key)})) {}
Aes128::Aes128(Aes128&&) noexcept = default;
Aes128& Aes128::operator=(Aes128&&) noexcept = default;
Aes128::~Aes128() = default;

Block Aes128::encryptBlock(const Block& plain) const {
    Block cipher;
    update(impl_->encryption.get(), cipher.data(), plain.data(), plain.size());
    return cipher;
}

Block Aes128::decryptBlock(const Block& cipher) const {
    Block plain;
    update(impl_->decryption.get(), plain.data(), cipher.data(), cipher.size());
    return plain;
}

Block Aes128::cmac(ByteView first, ByteView second) const {
    EVP_MAC_CTX* const mac = impl_->mac.get();
    Block tag;
    std::size_t written = 0;
    // Without a key, init starts a new message under the key it has.
    require(EVP_MAC_init(mac, nullptr, 0, nullptr) == 1 &&
                EVP_MAC_update(mac, first.data(), first.size()) == 1 &&
                EVP_MAC_update(mac, second.data(), second.size()) == 1 &&
                EVP_MAC_final(mac, tag.data(), &written, tag.size()) == 1 && written == tag.size(),
            "libcrypto failed in CMAC");
    return tag;
}

void Aes128::ctr(const Block& counter, std::span<std::uint8_t> data) const {
    if (data.empty()) return;
    EVP_CIPHER_CTX* const context = impl_->counterMode.get();
    require(EVP_CipherInit_ex2(context, nullptr, nullptr, counter.data(), -1, nullptr) == 1,
            "libcrypto failed in AES-128-CTR");
    update(context, data.data(), data.data(), data.size());
}

bool equal(ByteView a, ByteView b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

} // namespace protocol::sake
