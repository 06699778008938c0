// SPDX-License-Identifier: MIT
// What stands behind the attribute handles of one server, learnt from a client's discovery.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "protocol/att/att_pdu.hpp"

namespace protocol::att {

class GattMap {
public:
    /// A discovery request and its answer; others teach nothing.
    void learn(const AttPdu& request, const AttPdu& response);
    /// A handle recognised by what it carries, for captures without discovery.
    void assume(std::uint16_t valueHandle, std::string_view characteristic);

    struct Attribute {
        std::string service;        ///< empty: not known
        std::string characteristic; ///< empty: not known, or an attribute of the service itself
        std::string descriptor;     ///< empty for the value
    };
    /// Empty when nothing was learnt about this handle.
    [[nodiscard]] std::optional<Attribute> find(std::uint16_t handle) const;
    /// Whether `handle` carries the values of this characteristic.
    [[nodiscard]] bool isValueOf(std::uint16_t handle, std::string_view characteristic) const;
    [[nodiscard]] bool empty() const { return characteristics_.empty(); }

private:
    struct Service {
        std::uint16_t last = 0;
        std::string uuid;
    };
    [[nodiscard]] const std::string* serviceOf(std::uint16_t handle) const;
    void learnTypes(const AttPdu& request, const AttPdu& response);

    std::map<std::uint16_t, Service> services_;            ///< by first handle
    std::map<std::uint16_t, std::string> characteristics_; ///< UUID by value handle
    std::map<std::uint16_t, std::string> types_;           ///< of single attributes (Find Information)
};

} // namespace protocol::att
