// SPDX-License-Identifier: MIT
// Every parser of the pump's service values over the same bytes: what parses can be described, and what the
// pump sends is written as the same bytes.
#include <algorithm>
#include <cstdlib>

#include "protocol/cgm/feature.hpp"
#include "protocol/cgm/measurement.hpp"
#include "protocol/cgm/session.hpp"
#include "protocol/cgm/specific_ops.hpp"
#include "protocol/codec/crc.hpp"
#include "protocol/idd/command_data.hpp"
#include "protocol/idd/device_information.hpp"
#include "protocol/idd/features.hpp"
#include "protocol/idd/status.hpp"
#include "protocol/idd/status_changed.hpp"
#include "protocol/idd/status_reader.hpp"
#include "protocol/racp.hpp"

namespace {

using protocol::Bytes;
using protocol::ByteView;

class NestingSink : public protocol::history::FieldSink {
public:
    void integer(std::string_view /*key*/, std::int64_t /*value*/) override {}
    void boolean(std::string_view /*key*/, bool /*value*/) override {}
    void text(std::string_view /*key*/, std::string_view /*value*/) override {}
    void enumeration(std::string_view /*key*/, unsigned /*value*/, std::string_view name) override {
        if (name.empty()) std::abort();
    }
    void null(std::string_view /*key*/) override {}
    void beginObject(std::string_view /*key*/) override { ++depth_; }
    void endObject() override { --depth_; }

    [[nodiscard]] int depth() const { return depth_; }

private:
    int depth_ = 0;
};

template <auto Parse>
auto described(ByteView bytes) {
    auto value = Parse(bytes);
    if (value.has_value()) {
        NestingSink sink;
        describe(*value, sink);
        if (sink.depth() != 0) std::abort();
    } else if (value.error().offset > bytes.size()) {
        std::abort();
    }
    return value;
}

template <auto Parse>
void goesBack(ByteView bytes) {
    const auto value = described<Parse>(bytes);
    if (value.has_value() && protocol::toHex(serialize(*value)) != protocol::toHex(bytes)) std::abort();
}

template <typename Racp>
void readsRecordAccess(ByteView bytes) {
    NestingSink sink;
    if (const auto request = Racp::parseRequest(bytes); request.has_value()) Racp::describe(*request, sink);
    const auto response = Racp::parseResponse(bytes);
    if (!response.has_value()) return;
    Racp::describe(*response, sink);
    if (protocol::toHex(Racp::serialize(*response)) != protocol::toHex(bytes)) std::abort();
}

void readsInsulinDelivery(ByteView bytes) {
    namespace idd = protocol::idd;
    goesBack<idd::parsePnpId>(bytes);
    goesBack<idd::parseSystemId>(bytes);
    goesBack<idd::parseBatteryLevel>(bytes);
    goesBack<idd::parseFeatures>(bytes);
    goesBack<idd::parseStatus>(bytes);
    goesBack<idd::parseAnnunciation>(bytes);
    goesBack<idd::parseStatusChanged>(bytes);
    goesBack<idd::status_reader::parseResponse>(bytes);
    goesBack<idd::parseCommandData>(bytes);
    goesBack<idd::parseCommandResponse>(bytes);
    described<idd::status_reader::parseRequest>(bytes);
    readsRecordAccess<protocol::HistoryRacp>(bytes);
    if (idd::parseText(bytes).size() > bytes.size()) std::abort();
}

void readsGlucoseMonitoring(ByteView bytes) {
    namespace cgm = protocol::cgm;
    goesBack<cgm::parseFeature>(bytes);
    goesBack<cgm::parseMeasurement>(bytes);
    goesBack<cgm::parseStatus>(bytes);
    goesBack<cgm::parseSessionStartTime>(bytes);
    goesBack<cgm::parseSessionRunTime>(bytes);
    goesBack<cgm::parseTimeOfNextCalibration>(bytes);
    readsRecordAccess<protocol::GlucoseRacp>(bytes);
    goesBack<cgm::specific_ops::parseResponse>(bytes);
    described<cgm::specific_ops::parseRequest>(bytes);
}

/// However a stream is cut, the same bytes come out, or wait.
void keepsEachByte(ByteView bytes) {
    protocol::cgm::MeasurementAssembler assembler;
    std::size_t out = 0;
    constexpr std::size_t kPiece = 17; // at an MTU of 23
    for (ByteView left = bytes; !left.empty();) {
        const ByteView piece = left.first(std::min(kPiece, left.size()));
        left = left.subspan(piece.size());
        for (const Bytes& record : assembler.add(piece)) out += record.size();
    }
    if (out + assembler.pending() != bytes.size()) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView bytes(data, size);
    readsInsulinDelivery(bytes);
    readsGlucoseMonitoring(bytes);
    keepsEachByte(bytes);

    // Damage is found by the checksum alone: give the layouts behind it their turn.
    const std::uint16_t crc = protocol::e2eCrc(bytes);
    Bytes checked(data, data + size);
    checked.push_back(static_cast<std::uint8_t>(crc & 0xffU));
    checked.push_back(static_cast<std::uint8_t>(crc >> 8U));
    readsGlucoseMonitoring(checked);
    return 0;
}
