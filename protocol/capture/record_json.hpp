// SPDX-License-Identifier: MIT
// Records for people and programs: the JSON Lines of `decode` and `history` (docs/architecture.md 6), and one
// line of text.
#pragma once

#include <chrono>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "protocol/codec/date_time.hpp"
#include "protocol/history/record.hpp"

namespace capture {

/// Tells its fields to a sink.
using Describe = std::function<void(protocol::history::FieldSink&)>;
nlohmann::ordered_json fieldsToJson(const Describe& describe);
/// "sg_mg_dl=142 isig=2316"; absent fields are left out.
std::string fieldsToText(const Describe& describe);

struct RecordView {
    protocol::ByteView raw;
    std::optional<protocol::LocalSeconds> localTime;
    std::optional<std::chrono::sys_seconds> time;
};

/// event_type, event_name, sequence_number, relative_offset_s, data, local_time, time, raw; or error (code,
/// offset, field) and raw.
nlohmann::ordered_json toJson(const RecordView& view);
/// The same as one line without a line end.
std::string toJsonLine(const RecordView& view);
/// "100010  2026-03-14 09:29:07  sg_measurement  sg_mg_dl=142 ..."
std::string toTextLine(const RecordView& view);
/// The fields alone, as fieldsToText() gives them. The error for what cannot be decoded.
std::string toDetails(protocol::ByteView raw);

} // namespace capture
