// SPDX-License-Identifier: MIT
#include "capture/att_pdu.hpp"

#include <gtest/gtest.h>

#include "capture/gatt_map.hpp"
#include "capture/names.hpp"
#include "protocol/characteristics.hpp"
#include "protocol/uuids.hpp"

namespace capture {
namespace {

/// The bytes live as long as the test.
struct Parsing {
    explicit Parsing(std::string_view hex) : bytes(*protocol::fromHex(hex)), pdu(*parseAtt(bytes)) {}
    Bytes bytes;
    AttPdu pdu;
};

TEST(AnAttPdu, HasTheMembersOfItsOpCode) {
    EXPECT_EQ(Parsing("0205b8").pdu.mtu, 0xb805);
    const Parsing error("010a340006");
    EXPECT_EQ(error.pdu.request, 0x0a);
    EXPECT_EQ(error.pdu.handle, 0x34);
    EXPECT_EQ(attErrorName(error.pdu.error), "request not supported");
    const Parsing write("1231000100");
    EXPECT_EQ(write.pdu.handle, 0x31);
    EXPECT_EQ(toHex(write.pdu.value), "0100");
    const Parsing blob("0c31001600");
    EXPECT_EQ(blob.pdu.offset, 0x16);
    const Parsing range("100100ffff0028");
    EXPECT_EQ(range.pdu.lastHandle, 0xffff);
    EXPECT_EQ(uuidName(range.pdu.uuid), "Primary Service");
    EXPECT_EQ(toHex(Parsing("7f0102").pdu.value), "0102") << "an unknown op code keeps its bytes";
}

TEST(AnAttPdu, ListsWhatWasFound) {
    const Parsing information("0501 3100 0229 3200 0329");
    ASSERT_EQ(information.pdu.found.size(), 2U);
    EXPECT_EQ(information.pdu.found[0].handle, 0x31);
    EXPECT_EQ(uuidName(information.pdu.found[0].uuid), "Client Characteristic Configuration");
    const Parsing groups("1106 0100 0500 0018 0600 0900 0118");
    ASSERT_EQ(groups.pdu.found.size(), 2U);
    EXPECT_EQ(groups.pdu.found[1].lastHandle, 9);
    EXPECT_EQ(toHex(groups.pdu.found[1].value), "0118");
}

TEST(AnAttPdu, IsRefusedWhenItsListHasNoWholeEntries) {
    for (const std::string_view hex : {"", "05", "0503310002", "05013100", "0901010203", "11030100", "0a",
                                       "0a310000", "1231", "0100", "080100ffff0028ff"}) {
        EXPECT_TRUE(parseAtt(*protocol::fromHex(hex)).has_error()) << hex;
    }
}

TEST(AGattMap, KnowsServiceAndCharacteristicOfAHandle) {
    GattMap map;
    const auto learn = [&map](std::string_view request, std::string_view response) {
        map.learn(Parsing(request).pdu, Parsing(response).pdu);
    };
    learn("100100ffff0028", "1106 2000 2900 1f18 3000 3900 0a18");
    learn("080100ffff0328", "0907 2100 08 2200 522a 2400 02 2500 a82a");
    learn("0423002300", "0501 2300 0229");
    const auto value = map.find(0x22);
    ASSERT_TRUE(value);
    EXPECT_EQ(uuidName(value->service), "Continuous Glucose Monitoring");
    EXPECT_EQ(value->characteristic, protocol::uuid::kRecordAccessControlPoint);
    const auto descriptor = map.find(0x23);
    ASSERT_TRUE(descriptor);
    EXPECT_EQ(descriptor->characteristic, protocol::uuid::kRecordAccessControlPoint);
    EXPECT_EQ(uuidName(descriptor->descriptor), "Client Characteristic Configuration");
    EXPECT_FALSE(map.find(0x35));

    map.assume(0x35, {"", std::string(protocol::uuid::kSerialNumber), ""});
    EXPECT_TRUE(map.isValueOf(0x35, protocol::uuid::kSerialNumber));
    learn("100100ffff0028", "1106 0100 0900 0018");
    EXPECT_FALSE(map.find(0x22)) << "a new discovery forgets the old handles";
}

TEST(AGattMap, KeepsTheContentsOfAServiceThatIsAskedForAgain) {
    GattMap map;
    const auto learn = [&map](std::string_view request, std::string_view response) {
        map.learn(Parsing(request).pdu, Parsing(response).pdu);
    };
    learn("100100ffff0028", "1106 2000 2900 1f18 3000 3900 0a18");
    learn("080100ffff0328", "0907 2100 08 2200 522a 3100 02 3200 252a");
    learn("100100ffff0028", "1106 2000 2900 1f18 3000 3800 0a18");
    EXPECT_TRUE(map.isValueOf(0x22, protocol::uuid::kRecordAccessControlPoint));
    EXPECT_FALSE(map.find(0x32)) << "another range: it may hold anything";
}

TEST(AGattMap, KnowsTheConfigurationThatAClientDoesNotDiscover) {
    GattMap map;
    const auto learn = [&map](std::string_view request, std::string_view response) {
        map.learn(Parsing(request).pdu, Parsing(response).pdu);
    };
    learn("100100ffff0028", "1106 2000 2900 1f18 2a00 3000 0a18");
    // Read only; indicated, with room for one; notified, with room for two; notified, the last.
    learn("080100ffff0328", "0907 2000 02 2100 a82a 2200 28 2300 522a 2500 10 2600 a72a");
    learn("082700ffff0328", "0907 2b00 10 2f00 2b2a");
    const auto configuration = map.find(0x24);
    ASSERT_TRUE(configuration);
    EXPECT_EQ(configuration->characteristic, protocol::uuid::kRecordAccessControlPoint);
    EXPECT_EQ(uuidName(configuration->descriptor), "Client Characteristic Configuration");
    const auto last = map.find(0x30);
    ASSERT_TRUE(last);
    EXPECT_EQ(uuidName(last->characteristic), "Current Time");
    for (const int handle : {0x20, 0x22, 0x25, 0x27, 0x28, 0x2a, 0x31})
        EXPECT_FALSE(map.find(static_cast<std::uint16_t>(handle))) << handle;
}

TEST(AUuid, IsNamedByItsBase) {
    EXPECT_EQ(uuidName(protocol::uuid::kSakePort), "SAKE Port");
    EXPECT_EQ(uuidName(protocol::uuid::kSakeService), "SAKE Service");
    EXPECT_EQ(uuidName(uuidText(Bytes{0x37, 0x2a})), "2a37");
    EXPECT_EQ(uuidName("12345678-0000-0000-0000-000000000000"), "12345678-0000-0000-0000-000000000000");
    EXPECT_EQ(uuidText(*protocol::fromHex("25135932910000000010000082fe0000")), protocol::uuid::kSakePort);
    EXPECT_EQ(protocol::protectionOf(protocol::uuid::kIddHistoryData), protocol::Protection::Sake);
    EXPECT_EQ(protocol::protectionOf(protocol::uuid::kRecordAccessControlPoint), protocol::Protection::Plain);
    EXPECT_EQ(protocol::protectionOf(""), protocol::Protection::Unknown);
}

} // namespace
} // namespace capture
