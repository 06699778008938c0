// SPDX-License-Identifier: MIT
// The fields of a value, described once and kept: they can be shown as text, as JSON, now or later.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "protocol/history/record.hpp"

namespace capture {

/// Shows its fields to a sink.
using Describe = std::function<void(protocol::history::FieldSink&)>;

class Fields {
public:
    Fields() = default;
    /// Calls `describe` once, here.
    explicit Fields(const Describe& describe);

    [[nodiscard]] bool empty() const { return steps_.empty(); }
    /// Gives the same fields in the same order.
    void describe(protocol::history::FieldSink& sink) const;

private:
    class Recorder;
    enum class Kind : std::uint8_t {
        Integer,
        Boolean,
        Text,
        Enumeration,
        Null,
        BeginObject,
        EndObject,
        BeginArray,
        EndArray
    };
    struct Step {
        Kind kind;
        std::string key{};
        std::int64_t number = 0;
        std::string text{};
    };
    std::vector<Step> steps_;
};

nlohmann::ordered_json toJson(const Fields& fields);
/// "sg_mg_dl=142 isig=2316"; absent fields are left out.
std::string toText(const Fields& fields);

} // namespace capture
