// SPDX-License-Identifier: MIT
#include "protocol/sake/session.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "project_file.hpp"
#include "vectors.hpp"

namespace protocol::sake {
namespace {

using vectors::fromDigits;
using Code = DecryptError::Code;

constexpr std::uint64_t kFromPump = 2;
constexpr std::uint64_t kFromPhone = 3;

std::shared_ptr<const SessionKeys> keysA() {
    return vectors::sessionOf(vectors::kHandshakeA);
}

/// docs/protocol/sake.md 11.4, in order.
std::vector<nlohmann::json> framesFrom(std::string_view sender) {
    std::ifstream file{support::projectFile("tests/protocol/data/sake-frames.jsonl")};
    std::vector<nlohmann::json> frames;
    for (std::string line; std::getline(file, line);) {
        nlohmann::json frame = nlohmann::json::parse(line);
        if (frame.at("sender").get<std::string>() == sender) frames.push_back(std::move(frame));
    }
    return frames;
}

std::string text(const nlohmann::json& frame, const char* key) {
    return frame.at(key).get<std::string>();
}

std::uint64_t number(const nlohmann::json& frame, const char* key) {
    return frame.at(key).get<std::uint64_t>();
}

void expectAllDecrypted(std::string_view sender, std::uint64_t first, std::size_t count) {
    const auto frames = framesFrom(sender);
    ASSERT_EQ(frames.size(), count);
    Receiver receiver{keysA(), first};
    for (const nlohmann::json& frame : frames) {
        if (!frame.at("delivered").get<bool>()) continue;
        EXPECT_EQ(receiver.sequence(), number(frame, "next_before"));
        const auto decrypted = receiver.decrypt(fromDigits(text(frame, "frame")));
        ASSERT_TRUE(decrypted.has_value()) << frame;
        EXPECT_EQ(toHex(decrypted->plain), text(frame, "plain"));
        EXPECT_EQ(decrypted->lost, number(frame, "lost"));
        EXPECT_EQ(receiver.sequence(), number(frame, "next_after"));
    }
}

/// All frames of the sender, those without a vector included, so that the counter is the sender's own.
void expectAllEncrypted(std::string_view who, std::uint64_t first) {
    Sender sender{keysA(), first};
    for (const nlohmann::json& frame : framesFrom(who)) {
        while (sender.sequence() < number(frame, "sequence")) ASSERT_TRUE(sender.encrypt({}).has_value());
        EXPECT_EQ(sender.sequence(), number(frame, "sequence"));
        EXPECT_EQ(toHex(*sender.encrypt(fromDigits(text(frame, "plain")))), text(frame, "frame"));
    }
}

TEST(AReceiver, DecryptsThePumpsFramesOverLossAndWrap) {
    expectAllDecrypted("pump", kFromPump, 13);
}

TEST(AReceiver, DecryptsThePhonesFramesOverLossAndWrap) {
    expectAllDecrypted("phone", kFromPhone, 11);
}

TEST(ASender, EncryptsThePumpsFrames) {
    expectAllEncrypted("pump", kFromPump);
}

TEST(ASender, EncryptsThePhonesFrames) {
    expectAllEncrypted("phone", kFromPhone);
}

TEST(ASession, SpeaksTheFirstFramesOfHandshakeB) {
    const auto keys = vectors::sessionOf(vectors::kHandshakeB);
    EXPECT_EQ(toHex(*Sender(keys, kFromPump).encrypt(fromDigits("0701"))), "66b401b8c6");
    EXPECT_EQ(toHex(*Sender(keys, kFromPhone).encrypt(fromDigits("f303"))), "abfe01ae35");
}

// docs/protocol/sake.md 11.6: counters 1, 2, 3 and 5 were received.
class AReceiverAtSequence12 : public testing::Test {
protected:
    void expectFailure(std::string_view frame, Code code) {
        const auto result = receiver.decrypt(fromDigits(frame));
        ASSERT_FALSE(result.has_value());
        EXPECT_EQ(result.error().code, code);
        EXPECT_EQ(result.error().expectedCounter, 6U);
        EXPECT_EQ(receiver.sequence(), 12U);
    }

    Receiver receiver{keysA(), 12};
};

constexpr std::string_view kF1 = "b62cb4ff0655ac";
constexpr std::string_view kF2 = "b72cb4ff0655ac";
constexpr std::string_view kCounter3 = "68b31ffbc395c2c3534a6f28728f473a03fa22";
constexpr std::string_view kCounter7 =
    "ee7656e0bbfb62d8f7beaafab20188969bcb30ddeb4aa5fd5d0b97340ec6052c69a1bad241182a0e07e5be";

TEST_F(AReceiverAtSequence12, RefusesADamagedFrameAndThenTakesTheGoodOne) {
    expectFailure(kF1, Code::BadMac);
    const auto good = receiver.decrypt(fromDigits(kF2));
    ASSERT_TRUE(good.has_value());
    EXPECT_EQ(*good, (Decrypted{fromDigits("74189767"), 0}));
    EXPECT_EQ(receiver.sequence(), 14U);
}

TEST_F(AReceiverAtSequence12, TakesTheNextFrameAfterADamagedOne) {
    expectFailure(kF1, Code::BadMac);
    const auto next = receiver.decrypt(fromDigits(kCounter7));
    ASSERT_TRUE(next.has_value());
    EXPECT_EQ(next->lost, 1);
    EXPECT_EQ(receiver.sequence(), 16U);
}

TEST_F(AReceiverAtSequence12, RefusesAReplay) {
    expectFailure(kCounter3, Code::BadMac);
}

TEST_F(AReceiverAtSequence12, TakesAFrameAfter200LostOnes) {
    const auto frame = receiver.decrypt(fromDigits("a1c71e8ace3647"));
    ASSERT_TRUE(frame.has_value());
    EXPECT_EQ(*frame, (Decrypted{fromDigits("67e89ee6"), 200}));
    EXPECT_EQ(receiver.sequence(), 414U);
}

TEST_F(AReceiverAtSequence12, RefusesFramesWithoutRoomForTheTrailer) {
    expectFailure("0102", Code::TooShort);
    expectFailure("01", Code::TooShort);
    expectFailure("", Code::TooShort);
}

TEST_F(AReceiverAtSequence12, RefusesAFrameCutAnywhere) {
    const std::string frame{kF2};
    for (std::size_t size = 0; size < frame.size(); size += 2) {
        EXPECT_FALSE(receiver.decrypt(fromDigits(frame.substr(0, size))).has_value());
        EXPECT_EQ(receiver.sequence(), 12U);
    }
}

TEST_F(AReceiverAtSequence12, RefusesEverySingleDamagedBit) {
    Bytes frame = fromDigits(kF2);
    for (std::size_t bit = 0; bit < frame.size() * 8; ++bit) {
        frame[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
        EXPECT_FALSE(receiver.decrypt(frame).has_value()) << bit;
        EXPECT_EQ(receiver.sequence(), 12U);
        frame[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    }
}

TEST(AReceiver, RefusesTheOtherDirectionsParity) {
    Receiver receiver{keysA(), kFromPhone};
    EXPECT_EQ(receiver.decrypt(fromDigits("3101232f")).error(), (DecryptError{Code::BadMac, 1, 1}));
    EXPECT_EQ(receiver.sequence(), kFromPhone);
}

TEST(AReceiver, HealsALossOf255FramesAndNotOf256) {
    for (const std::uint64_t lost : {128U, 129U, 254U, 255U, 256U}) {
        Sender sender{keysA(), kFromPump + 2 * lost};
        Receiver receiver{keysA(), kFromPump};
        const auto result = receiver.decrypt(*sender.encrypt(fromDigits("aa")));
        EXPECT_EQ(result.has_value(), lost <= kMaxDelta);
        EXPECT_EQ(result.has_value() ? result->lost : lost, lost);
    }
}

TEST(AReceiver, RefusesARepeatedFrame) {
    Sender sender{keysA(), kFromPump};
    Receiver receiver{keysA(), kFromPump};
    const Bytes frame = *sender.encrypt(fromDigits("aa"));
    ASSERT_TRUE(receiver.decrypt(frame).has_value());
    EXPECT_EQ(receiver.decrypt(frame).error(), (DecryptError{Code::BadMac, 1, 2}));
    EXPECT_EQ(receiver.sequence(), 4U);
}

TEST(ASender, StopsAtTheSequenceLimit) {
    Sender sender{keysA(), kSequenceLimit - 2};
    Receiver receiver{keysA(), kSequenceLimit - 2};
    const auto last = sender.encrypt(fromDigits("aa"));
    ASSERT_TRUE(last.has_value());
    EXPECT_EQ(sender.encrypt(fromDigits("bb")), std::nullopt);
    EXPECT_EQ(sender.sequence(), kSequenceLimit);
    EXPECT_TRUE(receiver.decrypt(*last).has_value());
    EXPECT_EQ(receiver.decrypt(fromDigits("000000")).error().code, Code::SequenceExhausted);
    EXPECT_EQ(receiver.sequence(), kSequenceLimit);
}

TEST(AReceiver, RefusesAFrameWhoseSequenceWouldPassTheLimit) {
    Receiver receiver{keysA(), kSequenceLimit - 2};
    EXPECT_EQ(receiver.decrypt(fromDigits("000000")).error(),
              (DecryptError{Code::SequenceExhausted, 0, (kSequenceLimit - 2) / 2}));
    EXPECT_EQ(receiver.sequence(), kSequenceLimit - 2);
}

TEST(ASession, CarriesFramesOfAnyLength) {
    Sender sender{keysA(), kFromPump};
    Receiver receiver{keysA(), kFromPump};
    const RandomSource random = vectors::seeded(1);
    for (std::size_t size = 0; size <= 520; ++size) {
        Bytes plain(size);
        random(plain);
        const auto frame = sender.encrypt(plain);
        ASSERT_TRUE(frame.has_value());
        ASSERT_EQ(frame->size(), size + kFrameOverhead);
        const auto decrypted = receiver.decrypt(*frame);
        ASSERT_TRUE(decrypted.has_value());
        ASSERT_EQ(*decrypted, (Decrypted{plain, 0}));
    }
}

TEST(DecryptErrors, SayWhatWasExpected) {
    EXPECT_EQ(toString(DecryptError{Code::BadMac, 0xfe, 300}),
              "frame with a wrong MAC: counter byte fe, expected counter 300");
    EXPECT_EQ(toString(DecryptError{Code::TooShort, 0, 6}), "frame shorter than its trailer");
}

} // namespace
} // namespace protocol::sake
