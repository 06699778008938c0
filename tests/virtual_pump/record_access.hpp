// SPDX-License-Identifier: MIT
// The pump's side of the Record Access Control Point of the Insulin Delivery service: the stored history, the
// one procedure that may run, and what it has to say. Plaintext only. Facts: docs/protocol/history.md 2
// and 3.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "protocol/codec/bytes.hpp"
#include "protocol/racp.hpp"

namespace virtual_pump {

class RecordAccess {
public:
    /// `pieceSize`: plaintext bytes of one notification; longer records are cut.
    explicit RecordAccess(std::size_t pieceSize) : pieceSize_(pieceSize) {}

    /// Ends a running procedure without a word.
    void setRecords(std::vector<protocol::Bytes> records);
    void append(protocol::Bytes record);
    /// Nothing while a procedure runs.
    void keepNewest(std::size_t count);
    [[nodiscard]] const std::vector<protocol::Bytes>& records() const { return records_; }

    /// From the request until its indication has been taken by next().
    [[nodiscard]] bool running() const { return response_.has_value(); }
    /// Whether `written` may come while a procedure runs.
    static bool isAbort(protocol::ByteView written);
    /// What is wrong with the request is said by the indication.
    void request(protocol::ByteView written);
    /// The link is gone.
    void cancel();

    struct Step {
        protocol::Bytes value;
        bool response = false;    ///< for the control point, ends the procedure; else a piece of a record
        bool endOfRecord = false; ///< the last piece of its record
    };
    /// Pieces first, the response last; empty when no procedure runs.
    std::optional<Step> next();

    [[nodiscard]] std::uint64_t reports() const { return reports_; }

private:
    using Request = protocol::HistoryRacp::AnyRequest;
    using ResponseCode = protocol::HistoryRacp::ResponseCode;

    /// The number under which a record is found; a damaged one has lost its own
    /// (docs/protocol/history.md 4.1).
    void indexRecord(const protocol::Bytes& record);
    [[nodiscard]] std::optional<ResponseCode> refusal(const Request& request) const;
    [[nodiscard]] std::vector<std::size_t> select(const Request& request) const;
    void respond(std::uint8_t opCode, ResponseCode code);

    struct Entry {
        std::uint32_t sequenceNumber = 0;
        bool isReference = false;
    };

    std::size_t pieceSize_;
    std::vector<protocol::Bytes> records_;
    std::vector<Entry> index_; ///< parallel to records_
    std::deque<std::size_t> pending_;
    std::size_t sentOfFirst_ = 0; ///< bytes of the first pending record that are out
    std::optional<protocol::Bytes> response_;
    std::uint64_t reports_ = 0;
};

} // namespace virtual_pump
