// SPDX-License-Identifier: MIT
#include "virtual_pump/glucose_access.hpp"

#include <utility>

#include "protocol/racp.hpp"

namespace virtual_pump {

using racp = protocol::GlucoseRacp;
using protocol::Bytes;

void GlucoseAccess::request(protocol::ByteView written,
                            const std::optional<protocol::cgm::Measurement>& newest) {
    const auto opCode = static_cast<racp::OpCode>(written.empty() ? 0 : written[0]);
    const auto parsed = racp::parseRequest(written);
    auto code = racp::ResponseCode::OpCodeNotSupported;
    if (opCode == racp::OpCode::ReportRecords) {
        const bool last = parsed.has_value() && parsed->op == racp::Operator::Last;
        if (!newest) {
            code = racp::ResponseCode::NoRecordsFound;
        } else if (!last) {
            code = racp::ResponseCode::OperatorNotSupported;
        } else {
            code = racp::ResponseCode::Success;
            measurement_ = protocol::cgm::serialize(*newest);
        }
    }
    response_ = racp::serialize(racp::GeneralResponse{opCode, code});
}

void GlucoseAccess::cancel() {
    measurement_.reset();
    response_.reset();
}

std::optional<GlucoseAccess::Step> GlucoseAccess::next() {
    if (measurement_) return Step{*std::exchange(measurement_, std::nullopt), false};
    if (response_) return Step{*std::exchange(response_, std::nullopt), true};
    return std::nullopt;
}

} // namespace virtual_pump
