// SPDX-License-Identifier: MIT
#include "capture/passive_session.hpp"

#include <gtest/gtest.h>

#include "../protocol/sake/vectors.hpp"

namespace capture {
namespace {

using namespace protocol::sake; // NOLINT(google-build-using-namespace)
using protocol::Bytes;
using protocol::toHex;

using vectors::kHandshakeA;
using vectors::kHandshakeB;
using vectors::octets;

Transcript transcriptOf(const vectors::Handshake& handshake) {
    Transcript transcript;
    for (std::size_t i = 0; i < transcript.messages.size(); ++i)
        transcript.messages[i] = vectors::fixed<kMessageSize>(handshake.messages[i]);
    return transcript;
}

TEST(AListener, DecodesWithEitherSidesFileOrItsReverse) {
    for (const std::string_view file : {vectors::kServerDb, vectors::kClientDb, vectors::kServerDbReversed,
                                        vectors::kClientDbReversed, vectors::kTwoEntryDb}) {
        auto session = derivePassively(transcriptOf(kHandshakeB), vectors::database(file));
        ASSERT_TRUE(session.has_value()) << name(session.error());
        EXPECT_EQ(session->fromPump.sequence(), 2U);
        EXPECT_EQ(session->fromPhone.sequence(), 3U);
        EXPECT_EQ(toHex(session->fromPump.decrypt(octets("66b401b8c6"))->plain), "0701");
        EXPECT_EQ(toHex(session->fromPhone.decrypt(octets("abfe01ae35"))->plain), "f303");
    }
}

TEST(AListener, CannotDecodeWithTheKeysOfAnotherPair) {
    const auto other =
        generatePair(DeviceType::MobileApplication, DeviceType::InsulinPump, vectors::seeded(1));
    EXPECT_EQ(derivePassively(transcriptOf(kHandshakeA), other.first).error(), HandshakeError::TagMismatch);
    EXPECT_EQ(derivePassively(transcriptOf(kHandshakeA), other.second).error(), HandshakeError::TagMismatch);
}

TEST(AListener, NeedsAnEntryForThePair) {
    const auto other = generatePair(DeviceType::GlucoseSensor, DeviceType::InsulinPump, vectors::seeded(1));
    EXPECT_EQ(derivePassively(transcriptOf(kHandshakeA), other.first).error(),
              HandshakeError::NoKeyForDevice);
    EXPECT_EQ(derivePassively(transcriptOf(kHandshakeA), other.second).error(),
              HandshakeError::NoKeyForDevice);
}

TEST(AListener, SaysWhichMessageDoesNotFit) {
    const auto expectError = [](std::size_t message, std::size_t octet, std::uint8_t value,
                                HandshakeError expected) {
        Transcript transcript = transcriptOf(kHandshakeA);
        transcript.messages[message][octet] = value;
        EXPECT_EQ(derivePassively(transcript, vectors::database(vectors::kServerDb)).error(), expected);
    };
    expectError(0, 0, 9, HandshakeError::UnknownDeviceType);
    expectError(0, 0, 5, HandshakeError::NoKeyForDevice);
    expectError(0, 1, 2, HandshakeError::BadVersion);
    expectError(1, 0, 0, HandshakeError::TagMismatch);
    expectError(1, 8, 0, HandshakeError::UnknownDeviceType);
    expectError(2, 0, 0, HandshakeError::TagMismatch);
    expectError(2, 8, 0, HandshakeError::TagMismatch);
    expectError(3, 0, 0, HandshakeError::TagMismatch);
    expectError(4, 19, 0, HandshakeError::FrameMac);
    expectError(5, 17, 1, HandshakeError::FrameMac);
}

struct Direction {
    explicit Direction(std::uint64_t sequence = kFirst) : sender(keys, sequence), receiver(keys, kFirst) {}
    Bytes send() { return *sender.encrypt(octets("c0ffee")); }
    void lose(std::uint64_t frames) {
        while (frames-- > 0) send();
    }

    static constexpr std::uint64_t kFirst = 2;
    std::shared_ptr<const SessionKeys> keys = std::make_shared<const SessionKeys>(
        vectors::fixed<16>(vectors::kD), SessionNonce{1, 2, 3, 4, 5, 6, 7, 8});
    Sender sender;
    PassiveReceiver receiver;
};

TEST(AListener, FindsTheCounterAgainBehindAGapOfAnyLength) {
    for (const std::uint64_t lost : {1U, 128U, 129U, 255U, 256U, 257U, 1000U, 16384U}) {
        Direction direction;
        direction.lose(lost);
        const auto heard = direction.receiver.decrypt(direction.send());
        ASSERT_TRUE(heard.has_value()) << lost;
        EXPECT_EQ(*heard, (PassiveReceiver::Result{octets("c0ffee"), lost}));
        EXPECT_EQ(direction.receiver.decrypt(direction.send())->lost, 0U) << lost;
    }
}

TEST(AListener, GivesUpBehindALongerGap) {
    Direction direction;
    direction.lose(PassiveReceiver::kMaxLost + 1);
    EXPECT_TRUE(direction.receiver.decrypt(direction.send()).has_error());
    EXPECT_EQ(direction.receiver.sequence(), Direction::kFirst);
}

TEST(AListener, TakesAFindBackWhenTheNextFrameDoesNotFollowOnIt) {
    Direction direction;
    const Bytes frame = direction.send();
    direction.lose(299);
    const Bytes strayed = direction.send(); // as a chance hit would look
    EXPECT_EQ(direction.receiver.decrypt(strayed)->lost, 300U);
    EXPECT_EQ(*direction.receiver.decrypt(frame), (PassiveReceiver::Result{octets("c0ffee"), 0}));
    EXPECT_EQ(direction.receiver.sequence(), Direction::kFirst + 2);
}

TEST(AListener, KeepsAFindThatTheNextFrameConfirms) {
    Direction direction;
    const Bytes early = direction.send();
    direction.lose(299);
    EXPECT_TRUE(direction.receiver.decrypt(direction.send()).has_value());
    EXPECT_TRUE(direction.receiver.decrypt(direction.send()).has_value());
    EXPECT_TRUE(direction.receiver.decrypt(early).has_error());
}

TEST(AListener, RefusesAChangedFrame) {
    Direction direction;
    Bytes frame = direction.send();
    frame.front() ^= 1U;
    EXPECT_EQ(direction.receiver.decrypt(frame).error().code, DecryptError::Code::BadMac);
    EXPECT_EQ(direction.receiver.decrypt(octets("0102")).error().code, DecryptError::Code::TooShort);
}

} // namespace
} // namespace capture
