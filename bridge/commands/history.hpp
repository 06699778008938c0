// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "bridge/commands/streams.hpp"
#include "protocol/codec/date_time.hpp"

namespace therapy {
class Zone;
}

namespace bridge {

class Store;

struct HistoryOptions {
    enum class Form { Text, Json, Csv, Hex };
    enum class Report { Records, Gaps, Summary };

    std::string pump;                           ///< serial number; empty: the pump that was active last
    std::optional<protocol::LocalSeconds> from; ///< pump clock, included
    std::optional<protocol::LocalSeconds> to;   ///< pump clock, included
    std::size_t last = 0;                       ///< the newest so many that fit the other options; 0: all
    std::optional<std::uint16_t> type;
    Form form = Form::Text;
    Report report = Report::Records;
};

/// "2026-03-14", "2026-03-14T09:30" or "2026-03-14 09:30:15"; a date alone is its first second, or with
/// `endOfDay` its last.
std::optional<protocol::LocalSeconds> parsePumpTime(const std::string& text, bool endOfDay);

/// Lists what the store holds of the present epoch. `zone`: dates records that were not published yet.
int history(const HistoryOptions& options, const Store& store, const therapy::Zone* zone,
            const Streams& streams);

} // namespace bridge
