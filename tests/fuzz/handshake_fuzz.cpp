// SPDX-License-Identifier: MIT
// A server, a client and a receiver are fed whatever comes: they fail or go on, in order, and never crash.
// Nobody who lacks the keys gets a server past message 3 except by guessing eight bytes.
#include <algorithm>
#include <cstdlib>
#include <tuple>

#include "capture/passive_session.hpp"
#include "protocol/sake/handshake.hpp"

namespace {

namespace sake = protocol::sake;

void require(bool holds) {
    if (!holds) std::abort();
}

/// Deterministic: a failing input must fail again.
sake::RandomSource counting() {
    return [next = std::uint8_t{0}](std::span<std::uint8_t> out) mutable {
        for (std::uint8_t& byte : out) byte = next++;
    };
}

const std::pair<sake::KeyDatabase, sake::KeyDatabase>& files() {
    static const auto pair =
        sake::generatePair(sake::DeviceType::MobileApplication, sake::DeviceType::InsulinPump, counting());
    return pair;
}

class Input {
public:
    explicit Input(protocol::ByteView bytes) : bytes_(bytes) {}
    [[nodiscard]] bool empty() const { return bytes_.empty(); }
    std::uint8_t byte() {
        const auto taken = take(1);
        return taken.empty() ? std::uint8_t{0} : taken.front();
    }
    protocol::ByteView take(std::size_t count) {
        const auto taken = bytes_.first(std::min(count, bytes_.size()));
        bytes_ = bytes_.subspan(taken.size());
        return taken;
    }

private:
    protocol::ByteView bytes_;
};

/// A genuine partner up to some stage, then messages of the fuzzer; `damage` is XORed into genuine ones.
void feedServer(Input input) {
    sake::Server server{files().first, counting()};
    sake::Client client{files().second, counting()};
    auto genuine = client.receive(sake::kStartSignal);
    while (!input.empty()) {
        const std::uint8_t choice = input.byte();
        const int before = server.stage();
        protocol::Bytes message;
        bool untouched = false;
        if (choice % 2 == 0 && genuine) {
            message.assign(genuine->begin(), genuine->end());
            message[choice / 2 % message.size()] ^= input.byte();
            untouched = std::equal(message.begin(), message.end(), genuine->begin(), genuine->end());
        } else {
            const auto taken = input.take(choice % 4 == 1 ? sake::kMessageSize : choice / 4);
            message.assign(taken.begin(), taken.end());
        }
        const auto answer = server.receive(message);
        require(server.stage() >= before);
        if (!answer) {
            require(!sake::explain(answer.error()).empty());
            require(server.receive(message).error() == sake::HandshakeError::OutOfOrder);
            require(server.stage() == before);
            return;
        }
        if (*answer) {
            genuine = client.receive(**answer);
        } else {
            require(server.done() && untouched);
            require(server.takeSession().receiver.sequence() == 2);
        }
    }
}

void feedClient(Input input) {
    sake::Client client = sake::Client::fromServerDatabase(files().first, counting());
    while (!input.empty()) std::ignore = client.receive(input.take(sake::kMessageSize));
    require(!client.done());
}

void feedReceiver(Input input) {
    const auto keys = std::make_shared<const sake::SessionKeys>(sake::Block{}, sake::SessionNonce{});
    sake::Receiver receiver{keys, 2};
    while (!input.empty()) {
        const auto frame = input.take(input.byte());
        const std::uint64_t before = receiver.sequence();
        const auto result = receiver.decrypt(frame);
        if (result) {
            require(result->plain.size() + sake::kFrameOverhead == frame.size());
            require(receiver.sequence() == before + 2 * (std::uint64_t{result->lost} + 1));
        } else {
            require(receiver.sequence() == before);
            require(!sake::toString(result.error()).empty());
        }
    }
}

void feedListener(Input input) {
    capture::Transcript transcript;
    for (sake::Message& message : transcript.messages) {
        const auto taken = input.take(message.size());
        std::copy(taken.begin(), taken.end(), message.begin());
    }
    require(!capture::derivePassively(transcript, files().first).has_value());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input input{{data, size}};
    switch (input.byte() % 4) {
        case 0:
            feedServer(input);
            break;
        case 1:
            feedClient(input);
            break;
        case 2:
            feedReceiver(input);
            break;
        default:
            feedListener(input);
            break;
    }
    return 0;
}
