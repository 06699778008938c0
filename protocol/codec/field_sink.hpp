// SPDX-License-Identifier: MIT
// Where the fields of a record or of a service's value are shown.
#pragma once

#include <cstdint>
#include <string_view>

namespace protocol {

/// Receives the fields of a value in wire order, with the names and value forms of the published examples
/// (units in the names, enumerations as value and name, absent optional fields as null).
class FieldSink {
public:
    FieldSink() = default;
    FieldSink(const FieldSink&) = delete;
    FieldSink& operator=(const FieldSink&) = delete;
    virtual ~FieldSink() = default;

    virtual void integer(std::string_view key, std::int64_t value) = 0;
    virtual void boolean(std::string_view key, bool value) = 0;
    virtual void text(std::string_view key,
                      std::string_view value) = 0; ///< decimals, times, hexadecimal bytes
    virtual void enumeration(std::string_view key, unsigned value, std::string_view name) = 0;
    virtual void null(std::string_view key) = 0;
    virtual void beginObject(std::string_view key) = 0;
    virtual void endObject() = 0;

    /// A list; the keys of what is in it are "0", "1" and so on. History has none: a sink for records alone
    /// need not know them, and would see an object.
    virtual void beginArray(std::string_view key) { beginObject(key); }
    virtual void endArray() { endObject(); }
};

} // namespace protocol
