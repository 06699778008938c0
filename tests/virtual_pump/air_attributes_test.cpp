// SPDX-License-Identifier: MIT
#include "virtual_pump/air_attributes.hpp"

#include <gtest/gtest.h>

#include "protocol/sake/handshake.hpp"
#include "protocol/uuids.hpp"

namespace virtual_pump::air {
namespace {

namespace sake = protocol::sake;

Bytes bytes(std::string_view hex) {
    return *protocol::fromHex(hex);
}

class AttributeServerTest : public testing::Test {
protected:
    AttributeServerTest()
        : pump_(
              PumpSettings{}, keys(), [](auto out) { std::fill(out.begin(), out.end(), std::uint8_t{7}); },
              [] { return protocol::LocalSeconds{}; }),
          server_(pump_, "Pump 1234567H", 184) {}

    static sake::KeyDatabase keys() {
        sake::KeyDatabase database;
        database.local = sake::DeviceType::InsulinPump;
        return database;
    }

    std::string answer(std::string_view request) {
        const auto response = server_.answer(bytes(request));
        return response ? protocol::toHex(*response) : "";
    }

    std::size_t indexOf(std::string_view service, std::string_view uuid) const {
        const auto& table = characteristics();
        for (std::size_t i = 0; i < table.size(); ++i)
            if (table[i].serviceUuid == service && table[i].uuid == uuid) return i;
        throw std::out_of_range("no such characteristic");
    }

    Pump pump_;
    AttributeServer server_;
};

TEST(UuidBytes, AreTwoForTheBluetoothBaseAndSixteenForAnyOther) {
    EXPECT_EQ(protocol::toHex(uuidBytes(protocol::uuid::kSakeService)), "82fe");
    EXPECT_EQ(protocol::toHex(uuidBytes(protocol::uuid::kSakePort)),
              "251359329100000000100000"
              "82fe0000");
}

TEST_F(AttributeServerTest, AnswersTheMtuExchangeWithItsOwnAndTakesTheSmaller) {
    EXPECT_EQ(answer("020502"), "03b800"); // 517 asked, 184 answered
    EXPECT_EQ(server_.mtu(), 184);
}

TEST_F(AttributeServerTest, KeepsTheSmallestMtuWhenNobodyAsks) {
    EXPECT_EQ(server_.mtu(), kDefaultMtu);
    server_.exchanged(20); // below what ATT allows
    EXPECT_EQ(server_.mtu(), kDefaultMtu);
}

TEST_F(AttributeServerTest, ShowsItsNameInTheFirstService) {
    EXPECT_EQ(answer("10010003000028"), "1106010003000018");
    EXPECT_EQ(answer("0a0300"),
              "0b"
              "50756d7020313233343536374"
              "8");
}

TEST_F(AttributeServerTest, KeepsEveryAnswerWithinTheMtu) {
    for (const std::string_view request : {"040100ffff", "080100ffff0328", "100100ffff0028", "0a0300"})
        EXPECT_LE(server_.answer(bytes(request))->size(), kDefaultMtu) << request;
    answer("020502");
    for (const std::string_view request : {"040100ffff", "080100ffff0328", "100100ffff0028", "0a0300"})
        EXPECT_LE(server_.answer(bytes(request))->size(), 184U) << request;
}

TEST_F(AttributeServerTest, EndsADiscoveryWithAttributeNotFound) {
    EXPECT_EQ(answer("04ff00ffff"), "0104ff000a");
    EXPECT_EQ(answer("10ff00ffff0028"), "0110ff000a");
}

TEST_F(AttributeServerTest, HandsThePumpsRefusalsOn) {
    using protocol::uuid::kDeviceInformation;
    const auto list =
        server_.valueHandle(indexOf(kDeviceInformation, protocol::uuid::kRegulatoryCertification));
    const auto request = Bytes{ReadRequest, static_cast<std::uint8_t>(list), 0};
    EXPECT_EQ(server_.answer(request)->back(), 0x06); // as a real one does
}

TEST_F(AttributeServerTest, TakesSubscriptionsOnlyAsTwoBytes) {
    const auto control = server_.valueHandle(
        indexOf(protocol::uuid::kInsulinDelivery, protocol::uuid::kRecordAccessControlPoint));
    const auto configuration = static_cast<std::uint8_t>(control + 1);
    EXPECT_EQ(server_.answer(Bytes{WriteRequest, configuration, 0, 2, 0})->front(), WriteResponse);
    EXPECT_EQ(server_.answer(Bytes{WriteRequest, configuration, 0, 2})->back(), 0x0d);
}

TEST_F(AttributeServerTest, AnswersUnknownRequestsAndIgnoresCommands) {
    EXPECT_EQ(answer("200100"), "0120010006");
    EXPECT_EQ(answer("d20100"), "");
    EXPECT_EQ(answer("520100ff"), "");
}

TEST_F(AttributeServerTest, RefusesCutOffRequests) {
    EXPECT_EQ(answer("0a01"), "010a000004");
}

} // namespace
} // namespace virtual_pump::air
