// SPDX-License-Identifier: MIT
// What a frame costs, beside what its CMAC and CTR cost alone. Target: at most 1.5 times
// (docs/architecture.md 10).
#include <benchmark/benchmark.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <array>
#include <cstdlib>

#include "protocol/sake/session.hpp"

namespace {

using protocol::Bytes;
using protocol::sake::Block;

constexpr std::size_t kFrameSize = 24;
constexpr std::size_t kCipherTextSize = kFrameSize - protocol::sake::kFrameOverhead;
constexpr std::size_t kFrames = 4096;
constexpr Block kKey{0x04, 0x0c, 0xb2, 0x26, 0x65, 0xc0, 0xe2, 0x37,
                     0x3a, 0x88, 0x33, 0xfc, 0x59, 0xcf, 0xfb, 0x4c};
constexpr protocol::sake::SessionNonce kNonce{0x88, 0x1d, 0xd9, 0x7b, 0x84, 0xb5, 0x42, 0x92};

void check(bool success) {
    if (!success) std::abort();
}

/// The same primitives on contexts that are kept, and nothing else.
void bareCmacAndCtr(benchmark::State& state) {
    EVP_CIPHER_CTX* const ctr = EVP_CIPHER_CTX_new();
    check(EVP_EncryptInit_ex(ctr, EVP_aes_128_ctr(), nullptr, kKey.data(), nullptr) == 1);
    EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, "CMAC", nullptr);
    EVP_MAC_CTX* const mac = EVP_MAC_CTX_new(algorithm);
    char cipher[] = "AES-128-CBC";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string("cipher", cipher, 0),
                                     OSSL_PARAM_construct_end()};
    check(EVP_MAC_init(mac, kKey.data(), kKey.size(), parameters) == 1);

    Block counter{};
    std::array<std::uint8_t, kCipherTextSize> data{};
    for (auto _ : state) {
        Block tag;
        std::size_t written = 0;
        EVP_MAC_init(mac, nullptr, 0, nullptr);
        EVP_MAC_update(mac, counter.data(), counter.size());
        EVP_MAC_update(mac, data.data(), data.size());
        EVP_MAC_final(mac, tag.data(), &written, tag.size());
        int size = 0;
        EVP_EncryptInit_ex(ctr, nullptr, nullptr, nullptr, counter.data());
        EVP_EncryptUpdate(ctr, data.data(), &size, data.data(), static_cast<int>(data.size()));
        benchmark::DoNotOptimize(tag);
        benchmark::DoNotOptimize(data);
        ++counter[4];
    }
    EVP_MAC_CTX_free(mac);
    EVP_MAC_free(algorithm);
    EVP_CIPHER_CTX_free(ctr);
}
BENCHMARK(bareCmacAndCtr);

void decrypt24ByteFrame(benchmark::State& state) {
    const auto keys = std::make_shared<const protocol::sake::SessionKeys>(kKey, kNonce);
    protocol::sake::Sender sender{keys, 2};
    std::vector<Bytes> frames;
    for (std::size_t i = 0; i < kFrames; ++i) frames.push_back(*sender.encrypt(Bytes(kCipherTextSize)));

    protocol::sake::Receiver receiver{keys, 2};
    std::size_t next = 0;
    for (auto _ : state) {
        if (next == frames.size()) {
            receiver = protocol::sake::Receiver{keys, 2};
            next = 0;
        }
        const auto plain = receiver.decrypt(frames[next++]);
        check(plain.has_value());
        benchmark::DoNotOptimize(plain->plain.data());
    }
}
BENCHMARK(decrypt24ByteFrame);

} // namespace
