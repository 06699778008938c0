// SPDX-License-Identifier: MIT
#include "virtual_pump/record_access.hpp"

#include <algorithm>
#include <utility>

#include "protocol/history/record.hpp"

namespace virtual_pump {

using protocol::Bytes;
using protocol::ByteView;
namespace history = protocol::history;
using racp = protocol::HistoryRacp;

namespace {

constexpr std::uint8_t kFilterEvery = 0x0f;
constexpr std::uint8_t kFilterReferences = 0x33;

using Operator = racp::Operator;

bool isListed(std::uint8_t op) {
    return racp::name(static_cast<Operator>(op)) != "unknown";
}

bool isOpCode(std::uint8_t value, racp::OpCode code) {
    return value == static_cast<std::uint8_t>(code);
}

} // namespace

void RecordAccess::setRecords(std::vector<Bytes> records) {
    cancel();
    records_ = std::move(records);
    index_.clear();
    for (const Bytes& record : records_) indexRecord(record);
}

void RecordAccess::append(Bytes record) {
    indexRecord(record);
    records_.push_back(std::move(record));
}

void RecordAccess::keepNewest(std::size_t count) {
    if (running() || records_.size() <= count) return;
    const auto surplus = static_cast<std::ptrdiff_t>(records_.size() - count);
    records_.erase(records_.begin(), records_.begin() + surplus);
    index_.erase(index_.begin(), index_.begin() + surplus);
}

void RecordAccess::indexRecord(const Bytes& record) {
    Entry entry;
    if (!index_.empty()) entry.sequenceNumber = index_.back().sequenceNumber + 1;
    if (const auto header = history::parseHeader(record); header.has_value()) {
        if (header->sequenceNumber != history::kCorruptionSequenceNumber) {
            entry.sequenceNumber = header->sequenceNumber;
        }
        const auto type = static_cast<history::EventType>(header->eventType);
        entry.isReference =
            type == history::EventType::NgpReferenceTime || type == history::EventType::ReferenceTime;
    }
    index_.push_back(entry);
}

bool RecordAccess::isAbort(ByteView written) {
    return written.size() == 2 && isOpCode(written[0], racp::OpCode::Abort) &&
           written[1] == static_cast<std::uint8_t>(Operator::Null);
}

void RecordAccess::request(ByteView written) {
    const std::uint8_t opCode = written.empty() ? 0 : written[0];
    if (isAbort(written)) {
        cancel(); // the aborted report gets no response of its own
        return respond(opCode, ResponseCode::Success);
    }
    const bool report = isOpCode(opCode, racp::OpCode::ReportRecords);
    if (!report && !isOpCode(opCode, racp::OpCode::ReportNumber)) {
        return respond(opCode, isOpCode(opCode, racp::OpCode::Abort) ? ResponseCode::InvalidOperator
                                                                     : ResponseCode::OpCodeNotSupported);
    }
    if (written.size() < 2) return respond(opCode, ResponseCode::InvalidOperator);
    if (!isListed(written[1])) return respond(opCode, ResponseCode::OperatorNotSupported);
    if (written[1] == static_cast<std::uint8_t>(Operator::Null)) {
        return respond(opCode, ResponseCode::InvalidOperator);
    }
    if (written.size() < 3) return respond(opCode, ResponseCode::OperandNotSupported);
    const auto parsed = racp::parseRequest(written);
    if (!parsed.has_value()) return respond(opCode, ResponseCode::InvalidOperand);
    if (const auto code = refusal(*parsed)) return respond(opCode, *code);

    const auto selected = select(*parsed);
    if (!report) {
        response_ = racp::serialize(racp::NumberOfRecords{static_cast<std::uint32_t>(selected.size())});
        return;
    }
    ++reports_;
    pending_.assign(selected.begin(), selected.end());
    sentOfFirst_ = 0;
    respond(opCode, selected.empty() ? ResponseCode::NoRecordsFound : ResponseCode::Success);
}

std::optional<racp::ResponseCode> RecordAccess::refusal(const Request& request) const {
    // Of the other filters the pump is known to take only "report all references"
    // (docs/protocol/history.md 2.2).
    const bool allReferences = request.filterType == kFilterReferences &&
                               request.opCode == racp::OpCode::ReportRecords &&
                               request.op == Operator::AllRecords;
    if (request.filterType != kFilterEvery && !allReferences) return ResponseCode::OperandNotSupported;
    if (request.minimum && request.maximum && *request.minimum > *request.maximum)
        return ResponseCode::InvalidOperand;
    return std::nullopt;
}

std::vector<std::size_t> RecordAccess::select(const Request& request) const {
    std::vector<std::size_t> selected;
    for (std::size_t i = 0; i < index_.size(); ++i) {
        if (request.filterType == kFilterReferences && !index_[i].isReference) continue;
        const std::uint32_t number = index_[i].sequenceNumber;
        if (request.minimum && number < *request.minimum) continue;
        if (request.maximum && number > *request.maximum) continue;
        selected.push_back(i);
    }
    if (selected.empty()) return selected;
    if (request.op == Operator::First) return {selected.front()};
    if (request.op == Operator::Last) return {selected.back()};
    return selected;
}

void RecordAccess::respond(std::uint8_t opCode, ResponseCode code) {
    response_ = racp::serialize(racp::GeneralResponse{static_cast<racp::OpCode>(opCode), code});
}

void RecordAccess::cancel() {
    pending_.clear();
    sentOfFirst_ = 0;
    response_.reset();
}

std::optional<RecordAccess::Step> RecordAccess::next() {
    if (!response_) return std::nullopt;
    if (pending_.empty()) return Step{*std::exchange(response_, std::nullopt), true, false};
    const ByteView rest = ByteView(records_[pending_.front()]).subspan(sentOfFirst_);
    const ByteView piece = rest.first(std::min(rest.size(), pieceSize_));
    Step step{Bytes(piece.begin(), piece.end()), false, piece.size() == rest.size()};
    sentOfFirst_ += piece.size();
    if (step.endOfRecord) {
        pending_.pop_front();
        sentOfFirst_ = 0;
    }
    return step;
}

} // namespace virtual_pump
