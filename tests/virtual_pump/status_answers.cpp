// SPDX-License-Identifier: MIT
#include "virtual_pump/status_answers.hpp"

#include "protocol/idd/status_reader.hpp"

namespace virtual_pump {

namespace reader = protocol::idd::status_reader;
using protocol::idd::ResponseCode;

namespace {

struct Answers {
    const LiveState& state;
    StatusChanges& changes;
    protocol::LocalSeconds now;

    reader::Response operator()(const reader::ResetStatus& request) const {
        changes.reset(request.changes);
        return reader::GeneralResponse{reader::ResetStatus::kOpCode, ResponseCode::Success};
    }
    reader::Response operator()(const reader::GetActiveBolusIds& /*request*/) const {
        return state.activeBoluses();
    }
    reader::Response operator()(const reader::GetActiveBasalRateDelivery& /*request*/) const {
        return state.basal();
    }
    reader::Response operator()(const reader::GetInsulinOnBoard& /*request*/) const {
        return state.insulinOnBoard(now);
    }
    reader::Response operator()(const reader::GetTherapyAlgorithmStates& /*request*/) const {
        return state.algorithm();
    }
    reader::Response operator()(const reader::GetDisplayFormat& /*request*/) const {
        return reader::DisplayFormat{reader::DisplayFormat::Hours24, std::nullopt};
    }
    reader::Response operator()(const protocol::UnknownOpCode<reader::OpCode>& request) const {
        return reader::GeneralResponse{request.opCode, ResponseCode::OpCodeNotSupported};
    }
    template <typename Request>
    reader::Response operator()(const Request& /*request*/) const {
        return reader::GeneralResponse{Request::kOpCode, ResponseCode::OpCodeNotSupported};
    }
};

} // namespace

protocol::Bytes answerStatusRequest(protocol::ByteView request, const LiveState& state,
                                    StatusChanges& changes, protocol::LocalSeconds now) {
    const auto parsed = reader::parseRequest(request);
    if (!parsed.has_value()) {
        const auto opCode = request.size() < 2 ? reader::OpCode{0}
                                               : static_cast<reader::OpCode>(request[0] | request[1] << 8U);
        return reader::serialize(reader::GeneralResponse{opCode, ResponseCode::InvalidOperand});
    }
    return reader::serialize(std::visit(Answers{state, changes, now}, *parsed));
}

} // namespace virtual_pump
