// SPDX-License-Identifier: MIT
// Records for people and programs: the JSON Lines of `decode` and `history` (docs/architecture.md 6), and one
// line of text.
#pragma once

#include <chrono>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "protocol/codec/date_time.hpp"
#include "protocol/history/record.hpp"

namespace capture {

/// Decoded once, when it is made.
struct ShownRecord {
    protocol::Bytes raw;
    std::optional<protocol::LocalSeconds> localTime{};
    std::optional<std::chrono::sys_seconds> time{};
    protocol::Parsed<protocol::history::Record> decoded = protocol::history::decode(raw);
};

/// event_type, event_name, sequence_number, relative_offset_s, data, local_time, time, raw; or error (code,
/// offset, field) and raw.
nlohmann::ordered_json toJson(const ShownRecord& record);
/// The same as one line without a line end.
std::string toJsonLine(const ShownRecord& record);
/// "100010  2026-03-14 09:29:07  sg_measurement  sg_mg_dl=142 ..."
std::string toTextLine(const ShownRecord& record);
/// The fields alone: "sg_mg_dl=142 isig=2316". The error for what cannot be decoded.
std::string toDetails(const ShownRecord& record);

} // namespace capture
