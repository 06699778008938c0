// SPDX-License-Identifier: MIT
// Expected bytes: docs/protocol/link.md 3.1, 3.2, 3.5, and doc/mgmt-api.txt of BlueZ.
#include "ble/mgmt/messages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ble/advertising_data.hpp"

namespace ble {
namespace {

using management::Setting;
using management::Status;
using protocol::Bytes;
using protocol::ParseError;

Bytes bytes(std::string_view hex) {
    return *protocol::fromHex(hex);
}

std::string hex(const management::Command& command) {
    return protocol::toHex(management::serialize(command));
}

std::string plain(std::string_view spaced) {
    return protocol::toHex(bytes(spaced));
}

TEST(AdvertisingData, HasTheBytesOfAFirstPairing) {
    const auto data = advertisingData(AdvertisingMode::Pairing, "Mobile 123457");
    EXPECT_EQ(protocol::toHex(data), plain("020106 030382fe 0e09 4d6f62696c6520313233343537"));
    EXPECT_EQ(data.size(), 22U);
}

TEST(AdvertisingData, HasTheBytesOfAReconnect) {
    EXPECT_EQ(protocol::toHex(advertisingData(AdvertisingMode::Reconnect, "Mobile 123457")),
              plain("020106 030381fe"));
}

TEST(AdvertisingData, CountsTheShortestAndTheLongestName) {
    EXPECT_EQ(protocol::toHex(advertisingData(AdvertisingMode::Pairing, "Mobile ")),
              plain("020106 030382fe 0809 4d6f62696c6520"));
    EXPECT_EQ(advertisingData(AdvertisingMode::Pairing, "Mobile 1234567").size(), 23U);
}

TEST(ManagementCommand, ReadsTheVersionOfNoController) {
    EXPECT_EQ(hex(management::readVersion()), plain("0100 ffff 0000"));
}

TEST(ManagementCommand, ReadsWhatIsKnownOfOneController) {
    EXPECT_EQ(hex(management::readControllerInfo(0)), plain("0400 0000 0000"));
    EXPECT_EQ(hex(management::readAdvertisingFeatures(1)), plain("3d00 0100 0000"));
    EXPECT_EQ(hex(management::readDefaultConfiguration(0x0102)), plain("4b00 0201 0000"));
}

TEST(ManagementCommand, SwitchesSecureConnections) {
    EXPECT_EQ(hex(management::setSecureConnections(0, false)), plain("2d00 0000 0100 00"));
    EXPECT_EQ(hex(management::setSecureConnections(0, true)), plain("2d00 0000 0100 01"));
}

TEST(ManagementCommand, AddsAnAdvertisementWithoutInterval) {
    const auto data = advertisingData(AdvertisingMode::Reconnect, {});
    EXPECT_EQ(hex(management::addAdvertising(0, 1, data)),
              plain("3e00 0000 1200 01 01000000 0000 0000 07 00 020106030381fe"));
}

TEST(ManagementCommand, AddsAnAdvertisementWithInterval) {
    EXPECT_EQ(hex(management::addExtendedAdvertisingParameters(0, 1, 50, 60)),
              plain("5400 0000 1200 01 01400000 0000 0000 32000000 3c000000 00"));
    const auto data = advertisingData(AdvertisingMode::Pairing, "Mobile 123457");
    EXPECT_EQ(hex(management::addExtendedAdvertisingData(0, 1, data)),
              plain("5500 0000 1900 01 16 00 020106030382fe0e094d6f62696c6520313233343537"));
}

TEST(ManagementCommand, RemovesOneAdvertisement) {
    EXPECT_EQ(hex(management::removeAdvertising(0, 1)), plain("3f00 0000 0100 01"));
}

TEST(ManagementEvent, IsReadAndCutAnywhereRefused) {
    const auto packet = bytes("0100 0200 0500 0100 00 aabb");
    const auto event = management::parseEvent(packet);
    ASSERT_TRUE(event);
    EXPECT_EQ(event->code, 0x0001);
    EXPECT_EQ(event->index, 2);
    EXPECT_EQ(event->parameters, bytes("010000aabb"));
    for (std::size_t length = 0; length < packet.size(); ++length)
        EXPECT_FALSE(management::parseEvent(protocol::ByteView(packet).first(length))) << length;
    auto longer = packet;
    longer.push_back(0);
    EXPECT_FALSE(management::parseEvent(longer));
}

TEST(ManagementEvent, AnswersACommandByCompletionOrStatus) {
    const auto complete = management::replyIn({0x0001, 0, bytes("5400 00 01 7f 1f 1f")});
    ASSERT_TRUE(complete);
    EXPECT_EQ(complete->opcode, 0x0054);
    EXPECT_EQ(complete->status, Status::Success);
    EXPECT_EQ(complete->parameters, bytes("017f1f1f"));
    const auto status = management::replyIn({0x0002, 0, bytes("5400 0d")});
    ASSERT_TRUE(status);
    EXPECT_EQ(status->status, Status::InvalidParameters);
}

TEST(ManagementEvent, IsNoAnswerWhenItIsAnotherOrTooShort) {
    EXPECT_FALSE(management::replyIn({0x0006, 0, bytes("ff0a0000")})); // New Settings
    EXPECT_FALSE(management::replyIn({0x0002, 0, bytes("5400")}));
}

TEST(ManagementEvent, TellsWhichAdvertisementWasRemoved) {
    EXPECT_EQ(management::removedInstanceIn({0x0024, 0, {3}}), 3);
    EXPECT_FALSE(management::removedInstanceIn({0x0023, 0, {3}})); // Advertising Added
    EXPECT_FALSE(management::removedInstanceIn({0x0024, 0, {}}));
}

TEST(ManagementAnswer, HoldsTheVersion) {
    EXPECT_EQ(*management::parseVersion(bytes("01 1600")), (management::Version{1, 22}));
    EXPECT_FALSE(management::parseVersion(bytes("01 16")));
}

Bytes infoBytes() {
    auto answer = bytes("554433221100 0b 0f00 ffff0100 912a0000 0c0104");
    answer.resize(answer.size() + 249 + 11);
    answer[6 + 1 + 2 + 4 + 4 + 3] = 'p';
    answer[6 + 1 + 2 + 4 + 4 + 3 + 1] = 'i';
    answer[answer.size() - 11] = 's';
    return answer;
}

TEST(ManagementAnswer, HoldsWhatAControllerIs) {
    const auto info = management::parseControllerInfo(infoBytes());
    ASSERT_TRUE(info);
    EXPECT_EQ(info->address, "00:11:22:33:44:55");
    EXPECT_EQ(info->bluetoothVersion, 0x0b);
    EXPECT_EQ(info->manufacturer, 0x000f);
    EXPECT_EQ(info->supported.bits, 0x0001ffffU);
    EXPECT_TRUE(info->current.has(Setting::Powered));
    EXPECT_TRUE(info->current.has(Setting::Bondable));
    EXPECT_TRUE(info->current.has(Setting::BrEdr));
    EXPECT_TRUE(info->current.has(Setting::LowEnergy));
    EXPECT_TRUE(info->current.has(Setting::SecureConnections));
    EXPECT_TRUE(info->current.has(Setting::Privacy));
    EXPECT_FALSE(info->current.has(Setting::Discoverable));
    EXPECT_FALSE(info->current.has(Setting::Advertising));
    EXPECT_THAT(info->deviceClass, testing::ElementsAre(0x0c, 0x01, 0x04));
    EXPECT_EQ(info->name, "pi");
    EXPECT_EQ(info->shortName, "s");
}

TEST(ManagementAnswer, IsRefusedWhenCutAnywhere) {
    const auto answer = infoBytes();
    EXPECT_EQ(answer.size(), 280U);
    for (std::size_t length = 0; length < answer.size(); ++length)
        EXPECT_FALSE(management::parseControllerInfo(protocol::ByteView(answer).first(length))) << length;
}

TEST(ManagementAnswer, HoldsTheSettingsAfterAChange) {
    EXPECT_EQ(management::parseSettings(bytes("91220000"))->bits, 0x00002291U);
    EXPECT_FALSE(management::parseSettings(bytes("912200")));
}

TEST(ManagementAnswer, ListsTheAdvertisementsOfAllPrograms) {
    const auto features = management::parseAdvertisingFeatures(bytes("7f000000 1f 1f 05 02 01 03"));
    ASSERT_TRUE(features);
    EXPECT_EQ(features->supportedFlags, 0x7fU);
    EXPECT_EQ(features->maxDataLength, 31);
    EXPECT_EQ(features->maxScanResponseLength, 31);
    EXPECT_EQ(features->maxInstances, 5);
    EXPECT_EQ(features->instances, bytes("0103"));
    EXPECT_FALSE(management::parseAdvertisingFeatures(bytes("7f000000 1f 1f 05 02 01")));
}

TEST(ManagementAnswer, HoldsTheDefaultAdvertisingInterval) {
    const auto both =
        management::parseDefaultConfiguration(bytes("0700 02 0020  0a00 02 3200  0b00 02 3c00  1f00 01 00"));
    ASSERT_TRUE(both);
    EXPECT_EQ(*both, (management::DefaultConfiguration{50, 60}));
    EXPECT_EQ(*management::parseDefaultConfiguration({}), management::DefaultConfiguration{});
}

TEST(ManagementAnswer, KnowsWhereADefaultConfigurationIsWrong) {
    EXPECT_EQ(management::parseDefaultConfiguration(bytes("0a00 01 32")).error(),
              (ParseError{ParseError::Code::BadValue, 3, "advertising interval"}));
    EXPECT_EQ(management::parseDefaultConfiguration(bytes("0a00 02 32")).error(),
              (ParseError{ParseError::Code::Truncated, 3, "value"}));
}

TEST(ManagementStatus, HasAWordOrItsNumber) {
    EXPECT_EQ(management::toString(Status::PermissionDenied), "permission denied");
    EXPECT_EQ(management::toString(Status{0x42}), "status 0x42");
}

} // namespace
} // namespace ble
