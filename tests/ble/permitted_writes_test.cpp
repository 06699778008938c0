// SPDX-License-Identifier: MIT
// Read-only by construction: every op code there can be, written to everything the link knows.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "ble/pump_link.hpp"
#include "protocol/idd/status_reader.hpp"
#include "protocol/racp.hpp"
#include "protocol/uuids.hpp"

namespace {

using ble::Bytes;
using ble::PumpCharacteristic;
namespace status_reader = protocol::idd::status_reader;

/// The op codes of `bytes` bytes that may be written, whatever the operand.
std::set<unsigned> permitted(PumpCharacteristic characteristic, unsigned bytes) {
    std::set<unsigned> result;
    for (unsigned opCode = 0; opCode <= 0xffff; ++opCode) {
        if (bytes == 1 && opCode > 0xff) break;
        Bytes value{static_cast<std::uint8_t>(opCode & 0xffU)};
        if (bytes == 2) value.push_back(static_cast<std::uint8_t>(opCode >> 8U));
        const bool alone = ble::isPermittedWrite(characteristic, value);
        value.insert(value.end(), {0x33, 0x0f, 0x55});
        EXPECT_EQ(ble::isPermittedWrite(characteristic, value), alone) << opCode;
        if (alone) result.insert(opCode);
    }
    return result;
}

TEST(PermittedWrites, ToTheStatusReaderAreTheRequestsThatAreSent) {
    EXPECT_EQ(
        permitted(PumpCharacteristic::IddStatusReaderControlPoint, 2),
        (std::set<unsigned>{
            status_reader::ResetStatus::kOpCode, status_reader::GetActiveBolusIds::kOpCode,
            status_reader::GetActiveBasalRateDelivery::kOpCode, status_reader::GetInsulinOnBoard::kOpCode,
            status_reader::GetTherapyAlgorithmStates::kOpCode, status_reader::GetDisplayFormat::kOpCode}));
}

TEST(PermittedWrites, ToRecordAccessAreReportsOnly) {
    EXPECT_EQ(permitted(PumpCharacteristic::IddRecordAccessControlPoint, 1),
              std::set<unsigned>{static_cast<unsigned>(protocol::HistoryRacp::OpCode::ReportRecords)});
    EXPECT_EQ(permitted(PumpCharacteristic::CgmRecordAccessControlPoint, 1),
              std::set<unsigned>{static_cast<unsigned>(protocol::GlucoseRacp::OpCode::ReportRecords)});
}

TEST(PermittedWrites, ToAllElseAreNone) {
    const std::set<PumpCharacteristic> controlPoints{PumpCharacteristic::IddStatusReaderControlPoint,
                                                     PumpCharacteristic::IddRecordAccessControlPoint,
                                                     PumpCharacteristic::CgmRecordAccessControlPoint};
    for (const auto& about : ble::characteristics()) {
        EXPECT_FALSE(ble::isPermittedWrite(about.id, {})) << about.name;
        if (controlPoints.contains(about.id)) continue;
        EXPECT_TRUE(permitted(about.id, 1).empty()) << about.name;
        EXPECT_TRUE(permitted(about.id, 2).empty()) << about.name;
    }
}

TEST(PermittedWrites, NeedAWholeOpCode) {
    EXPECT_FALSE(ble::isPermittedWrite(PumpCharacteristic::IddStatusReaderControlPoint, Bytes{0xf3}));
}

TEST(LinkCharacteristics, LeaveOutWhatCouldDeliverInsulin) {
    for (const auto& about : ble::characteristics()) {
        EXPECT_NE(about.uuid, "00000106-0000-1000-0000-009132591325");
        EXPECT_NE(about.uuid, protocol::uuid::kCgmSpecificOpsControlPoint);
    }
}

TEST(LinkCharacteristics, AreToldApartByServiceAndUuid) {
    std::set<std::pair<std::string_view, std::string_view>> seen;
    for (const auto& about : ble::characteristics()) {
        EXPECT_EQ(&about, &ble::info(about.id));
        EXPECT_TRUE(seen.emplace(about.serviceUuid, about.uuid).second) << about.name;
    }
}

} // namespace
