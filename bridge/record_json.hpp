// SPDX-License-Identifier: MIT
// Records for people and programs: the JSON Lines of `decode` and `history` (design.md 6), and one line of
// text.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "protocol/date_time.hpp"
#include "protocol/history/record.hpp"

namespace bridge {

struct RecordView {
    protocol::ByteView raw;
    std::optional<protocol::LocalSeconds> localTime;
    std::optional<std::chrono::sys_seconds> time;
};

/// One JSON object without a line end: event_type, event_name, sequence_number, relative_offset_s, data,
/// local_time, time, raw; or error (code, offset, field) and raw.
std::string toJsonLine(const RecordView& view);
/// "100010  2026-03-14 09:29:07  sg_measurement  sg_mg_dl=142 ..."
std::string toTextLine(const RecordView& view);
/// The fields alone, "sg_mg_dl=142 isig=2316"; absent ones are left out. The error for what cannot be
/// decoded.
std::string toDetails(protocol::ByteView raw);

} // namespace bridge
