// SPDX-License-Identifier: MIT
#include "protocol/sake/handshake.hpp"

#include <gtest/gtest.h>

#include <set>

#include "vectors.hpp"

namespace protocol::sake {
namespace {

using vectors::fromDigits;
using vectors::Handshake;
using vectors::kHandshakeA;
using vectors::kHandshakeB;

Server serverOf(const Handshake& handshake) {
    return {vectors::database(vectors::kServerDb), vectors::scripted(handshake.serverRandom)};
}

Client clientOf(const Handshake& handshake) {
    return {vectors::database(vectors::kClientDb), vectors::scripted(handshake.clientRandom)};
}

/// What the server answers, as text; empty for nothing.
std::string answer(Server& server, std::string_view written) {
    const auto result = server.receive(fromDigits(written));
    if (!result) return std::string{name(result.error())};
    return result->has_value() ? toHex(**result) : "";
}

std::string answer(Client& client, std::string_view notified) {
    const auto result = client.receive(fromDigits(notified));
    return result ? toHex(*result) : std::string{name(result.error())};
}

const std::string kZeros(2 * kMessageSize, '0');

/// A server that waits for message 1, 3 or 5 of handshake B.
Server serverAtStage(int stage) {
    Server server = serverOf(kHandshakeB);
    std::string_view next = kZeros;
    for (std::size_t message = 1; server.stage() < stage; message += 2) {
        std::ignore = answer(server, next);
        next = kHandshakeB.messages.at(message);
    }
    EXPECT_EQ(server.stage(), stage);
    return server;
}

/// Runs both sides against each other; the error of whoever fails first.
std::optional<HandshakeError> run(Server& server, Client& client) {
    auto written = client.receive(kStartSignal);
    while (written) {
        const auto notified = server.receive(*written);
        if (!notified) return notified.error();
        if (!*notified) return std::nullopt;
        written = client.receive(**notified);
    }
    return written.error();
}

void expectWorking(Session& phone, Session& pump) {
    EXPECT_EQ(phone.sender.sequence(), 3U);
    EXPECT_EQ(phone.receiver.sequence(), 2U);
    EXPECT_EQ(pump.sender.sequence(), 2U);
    EXPECT_EQ(pump.receiver.sequence(), 3U);
    for (int i = 0; i < 300; ++i) {
        const Bytes plain(static_cast<std::size_t>(i % 40), static_cast<std::uint8_t>(i));
        EXPECT_EQ(*phone.receiver.decrypt(*pump.sender.encrypt(plain)), (Decrypted{plain, 0}));
        EXPECT_EQ(*pump.receiver.decrypt(*phone.sender.encrypt(plain)), (Decrypted{plain, 0}));
    }
}

TEST(AServer, SaysWhatTheReferenceSays) {
    for (const Handshake& handshake : {kHandshakeA, kHandshakeB}) {
        const auto& m = handshake.messages;
        Server server = serverOf(handshake);
        EXPECT_EQ(server.stage(), 0);
        EXPECT_EQ(answer(server, kZeros), m[0]);
        EXPECT_EQ(server.stage(), 1);
        EXPECT_EQ(answer(server, m[1]), m[2]);
        EXPECT_EQ(server.stage(), 3);
        EXPECT_EQ(answer(server, m[3]), m[4]);
        EXPECT_EQ(server.stage(), 5);
        EXPECT_FALSE(server.done());
        EXPECT_EQ(answer(server, m[5]), "");
        EXPECT_TRUE(server.done());
        const Session session = server.takeSession();
        EXPECT_EQ(session.sender.sequence(), 3U);
        EXPECT_EQ(session.receiver.sequence(), 2U);
    }
}

TEST(AClient, SaysWhatTheReferenceSays) {
    for (const Handshake& handshake : {kHandshakeA, kHandshakeB}) {
        const auto& m = handshake.messages;
        Client client = clientOf(handshake);
        EXPECT_EQ(client.stage(), -1);
        EXPECT_EQ(answer(client, kZeros), kZeros);
        EXPECT_EQ(client.stage(), 0);
        EXPECT_EQ(answer(client, m[0]), m[1]);
        EXPECT_EQ(client.stage(), 2);
        EXPECT_EQ(answer(client, m[2]), m[3]);
        EXPECT_EQ(client.stage(), 4);
        EXPECT_EQ(answer(client, m[4]), m[5]);
        EXPECT_TRUE(client.done());
        const Session session = client.takeSession();
        EXPECT_EQ(session.sender.sequence(), 2U);
        EXPECT_EQ(session.receiver.sequence(), 3U);
    }
}

TEST(AVirtualPump, NeedsOnlyTheServersFile) {
    Client client = Client::fromServerDatabase(vectors::database(vectors::kServerDb),
                                               vectors::scripted(kHandshakeA.clientRandom));
    Server server = serverOf(kHandshakeA);
    const auto& m = kHandshakeA.messages;
    EXPECT_EQ(answer(client, kZeros), kZeros);
    EXPECT_EQ(answer(client, m[0]), m[1]);
    EXPECT_EQ(answer(client, m[2]), m[3]);
    EXPECT_EQ(answer(client, m[4]), vectors::kM5Virtual);
    EXPECT_TRUE(client.done());
    for (const std::string_view written : {std::string_view{kZeros}, m[1], m[3], vectors::kM5Virtual})
        std::ignore = answer(server, written);
    EXPECT_TRUE(server.done());
}

TEST(AVirtualPump, CannotBeMadeFromAFileWithoutAPump) {
    EXPECT_THROW(Client::fromServerDatabase(vectors::database(vectors::kClientDb), systemRandom),
                 std::invalid_argument);
}

TEST(AVirtualPump, NoticesAnotherPhonesPermit) {
    Client client = Client::fromServerDatabase(vectors::database(vectors::kServerDb), vectors::seeded(1));
    KeyDatabase other = vectors::database(vectors::kServerDb);
    other.entries.front().handshakePayload[0] ^= 1U;
    Server server{other, vectors::seeded(2)};
    EXPECT_EQ(run(server, client), HandshakeError::PermitTag);
    EXPECT_FALSE(client.done());
}

TEST(TheTwoSides, AgreeForAnyPairAndAnyRandomBytes) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        const auto [serverFile, clientFile] = generatePair(
            DeviceType::MobileApplication, DeviceType::InsulinPump, vectors::seeded(1000 + seed));
        Server server{serverFile, vectors::seeded(2000 + seed)};
        Client client = seed % 2 == 0 ? Client{clientFile, vectors::seeded(3000 + seed)}
                                      : Client::fromServerDatabase(serverFile, vectors::seeded(3000 + seed));
        ASSERT_EQ(run(server, client), std::nullopt) << seed;
        ASSERT_TRUE(server.done() && client.done());
        Session phone = server.takeSession();
        Session pump = client.takeSession();
        if (seed < 4) expectWorking(phone, pump);
    }
}

TEST(TheTwoSides, SurviveBeingMovedInTheMiddle) {
    Server server = serverAtStage(3);
    Server moved{std::move(server)};
    EXPECT_EQ(answer(moved, kHandshakeB.messages[3]), kHandshakeB.messages[4]);
}

TEST(TheTwoSides, WithKeysOfAnotherPairFailAtTheFirstTag) {
    const auto other =
        generatePair(DeviceType::MobileApplication, DeviceType::InsulinPump, vectors::seeded(7));
    Server server{vectors::database(vectors::kServerDb), vectors::seeded(8)};
    Client client{other.second, vectors::seeded(9)};
    EXPECT_EQ(run(server, client), HandshakeError::TagMismatch);
    EXPECT_EQ(client.stage(), 2);
}

TEST(TheTwoSides, NoticeEachDifferingKey) {
    using Key = Block KeyEntry::*;
    struct Case {
        Key key;
        bool atServer;
        HandshakeError expected;
    };
    const Case cases[] = {
        {&KeyEntry::derivationKey, true, HandshakeError::TagMismatch},
        {&KeyEntry::handshakeAuthKey, true, HandshakeError::TagMismatch},
        {&KeyEntry::permitDecryptKey, true, HandshakeError::PermitTag},
        {&KeyEntry::permitAuthKey, true, HandshakeError::PermitTag},
        {&KeyEntry::handshakePayload, true, HandshakeError::PermitTag},
        {&KeyEntry::derivationKey, false, HandshakeError::TagMismatch},
        {&KeyEntry::handshakeAuthKey, false, HandshakeError::TagMismatch},
        {&KeyEntry::permitDecryptKey, false, HandshakeError::PermitTag},
        {&KeyEntry::permitAuthKey, false, HandshakeError::PermitTag},
        {&KeyEntry::handshakePayload, false, HandshakeError::PermitTag},
    };
    for (const Case& difference : cases) {
        KeyDatabase serverFile = vectors::database(vectors::kServerDb);
        KeyDatabase clientFile = vectors::database(vectors::kClientDb);
        KeyDatabase& changed = difference.atServer ? serverFile : clientFile;
        (changed.entries.front().*difference.key)[15] ^= 0x80U;
        Server server{serverFile, vectors::seeded(1)};
        Client client{clientFile, vectors::seeded(2)};
        EXPECT_EQ(run(server, client), difference.expected);
    }
}

TEST(AReversedDatabase, GetsAClientOnlyToMessage4) {
    Server server = serverOf(kHandshakeB);
    Client client{*reverse(vectors::database(vectors::kServerDb)),
                  vectors::scripted(kHandshakeB.clientRandom)};
    EXPECT_EQ(run(server, client), HandshakeError::PermitTag);
    EXPECT_EQ(client.stage(), 4);
}

// docs/protocol/sake.md 11.3, negative cases.

TEST(AServer, RefusesAFirstWriteThatIsNotZero) {
    Server server = serverOf(kHandshakeB);
    EXPECT_EQ(answer(server, "0000000000000000000000000000000000000001"), "start_not_zero");
    EXPECT_EQ(server.stage(), 0);
}

TEST(AServer, RefusesMessagesOfAnyOtherLengthAtAnyStage) {
    for (const int stage : {0, 1, 3, 5}) {
        for (std::size_t size = 0; size <= 40; ++size) {
            if (size == kMessageSize) continue;
            Server server = serverAtStage(stage);
            EXPECT_EQ(server.receive(Bytes(size)).error(), HandshakeError::BadLength);
            EXPECT_EQ(server.stage(), stage);
        }
    }
}

TEST(AServer, RefusesAPumpItHasNoKeysFor) {
    Server server = serverAtStage(1);
    EXPECT_EQ(answer(server, "b54349474844d6d80323e0bd50a1737bf435e8d1"), "no_key_for_device");
    EXPECT_EQ(server.stage(), 1);
}

TEST(AServer, RefusesAnUnknownDeviceType) {
    for (const std::string_view message :
         {"b54349474844d6d80923e0bd50a1737bf435e8d1", "b54349474844d6d80023e0bd50a1737bf435e8d1"}) {
        Server server = serverAtStage(1);
        EXPECT_EQ(answer(server, message), "unknown_device_type");
    }
}

TEST(AServer, RefusesEveryDamagedBitOfTheTag) {
    for (std::size_t bit = 0; bit < 64; ++bit) {
        Server server = serverAtStage(3);
        Bytes message = fromDigits(kHandshakeB.messages[3]);
        message[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
        EXPECT_EQ(server.receive(message).error(), HandshakeError::TagMismatch);
        EXPECT_EQ(server.stage(), 3);
    }
}

TEST(AServer, IgnoresTheFillerOfMessage3) {
    Server server = serverAtStage(3);
    Bytes message = fromDigits(kHandshakeB.messages[3]);
    std::fill(message.begin() + 8, message.end(), std::uint8_t{0});
    EXPECT_TRUE(server.receive(message).has_value());
}

TEST(AServer, RefusesAPermitThatNamesAnotherDevice) {
    Server server = serverAtStage(5);
    EXPECT_EQ(answer(server, vectors::kM5OtherDevice), "permit_device");
    EXPECT_FALSE(server.done());
}

TEST(AServer, RefusesEveryDamagedBitOfMessage5) {
    for (std::size_t bit = 0; bit < 8 * kMessageSize; ++bit) {
        Server server = serverAtStage(5);
        Bytes message = fromDigits(kHandshakeB.messages[5]);
        message[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
        EXPECT_EQ(server.receive(message).error(), HandshakeError::FrameMac);
        EXPECT_EQ(server.stage(), 5);
    }
}

TEST(AServer, RefusesMessage5OfAnotherHandshake) {
    Server server = serverAtStage(5);
    EXPECT_EQ(answer(server, kHandshakeA.messages[5]), "frame_mac");
}

TEST(AServer, RefusesAPermitInALaterFrame) {
    // The libraries would take it: docs/protocol/sake.md 6.2.
    Sender pump{vectors::sessionOf(kHandshakeB), 2};
    Server server = serverAtStage(5);
    const auto later = pump.encrypt(fromDigits(std::string{vectors::kClientPayload} + "00"));
    EXPECT_EQ(server.receive(*later).error(), HandshakeError::FrameMac);
}

TEST(AServer, StaysFailed) {
    Server server = serverAtStage(3);
    ASSERT_EQ(answer(server, kZeros), "tag_mismatch");
    EXPECT_EQ(answer(server, kHandshakeB.messages[3]), "out_of_order");
    EXPECT_EQ(answer(server, kZeros), "out_of_order");
    EXPECT_FALSE(server.done());
}

TEST(AServer, KeepsItsSessionWhenThePumpGoesOnWriting) {
    Server server = serverAtStage(5);
    ASSERT_EQ(answer(server, kHandshakeB.messages[5]), "");
    EXPECT_EQ(answer(server, kZeros), "out_of_order");
    EXPECT_TRUE(server.done());
    EXPECT_EQ(server.takeSession().receiver.sequence(), 2U);
}

TEST(AServer, GivesItsSessionOnceAndOnlyWhenDone) {
    Server server = serverAtStage(5);
    EXPECT_THROW(server.takeSession(), std::logic_error);
    ASSERT_EQ(answer(server, kHandshakeB.messages[5]), "");
    std::ignore = server.takeSession();
    EXPECT_THROW(server.takeSession(), std::logic_error);
}

TEST(AClient, RefusesAStartSignalThatIsNotZero) {
    Client client = clientOf(kHandshakeA);
    EXPECT_EQ(answer(client, "0000000000000000000000000000000000000001"), "start_not_zero");
    EXPECT_EQ(answer(client, kZeros), "out_of_order");
}

TEST(AClient, RefusesWhatIsWrongInMessage0) {
    struct Case {
        std::string_view message;
        std::string_view expected;
    };
    for (const Case& wrong : {Case{"0402e1c7aefe03572e559e9b4139f68c10cf8c39", "bad_version"},
                              Case{"0901e1c7aefe03572e559e9b4139f68c10cf8c39", "unknown_device_type"},
                              Case{"0501e1c7aefe03572e559e9b4139f68c10cf8c39", "no_key_for_device"},
                              Case{"0401", "bad_length"}}) {
        Client client = clientOf(kHandshakeA);
        std::ignore = answer(client, kZeros);
        EXPECT_EQ(answer(client, wrong.message), wrong.expected);
        EXPECT_EQ(client.stage(), 0);
    }
}

TEST(AClient, RefusesEveryDamagedBitOfMessage4) {
    for (std::size_t bit = 0; bit < 8 * kMessageSize; ++bit) {
        Client client = clientOf(kHandshakeA);
        for (const std::string_view notified :
             {std::string_view{kZeros}, kHandshakeA.messages[0], kHandshakeA.messages[2]})
            std::ignore = answer(client, notified);
        Bytes message = fromDigits(kHandshakeA.messages[4]);
        message[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
        EXPECT_EQ(client.receive(message).error(), HandshakeError::FrameMac);
        EXPECT_THROW(client.takeSession(), std::logic_error);
    }
}

TEST(HandshakeErrors, HaveANameAndASentenceOfTheirOwn) {
    std::set<std::string_view> names;
    std::set<std::string_view> sentences;
    constexpr int kErrors = static_cast<int>(HandshakeError::OutOfOrder) + 1;
    for (int error = 0; error < kErrors; ++error) {
        names.insert(name(static_cast<HandshakeError>(error)));
        const std::string_view sentence = explain(static_cast<HandshakeError>(error));
        EXPECT_EQ(sentence.back(), '.');
        sentences.insert(sentence);
    }
    EXPECT_EQ(names.size(), kErrors);
    EXPECT_EQ(sentences.size(), kErrors);
    EXPECT_EQ(names.count("unknown"), 0U);
    EXPECT_NE(explain(HandshakeError::TagMismatch).find("does not match this pump"), std::string_view::npos);
}

} // namespace
} // namespace protocol::sake
