// SPDX-License-Identifier: MIT
// What stands behind the attribute handles of one server, learnt from a client's discovery.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/att/att_pdu.hpp"

namespace protocol::att {

class GattMap {
public:
    /// A discovery request and its answer; others teach nothing.
    void learn(const AttPdu& request, const AttPdu& response);

    struct Attribute {
        std::string service;        ///< empty: not known
        std::string characteristic; ///< empty: not known, or an attribute of the service itself
        std::string descriptor;     ///< empty for the value
    };
    /// A handle recognised by what it carries, for captures without discovery; what is learnt goes first.
    void assume(std::uint16_t handle, Attribute attribute);
    /// Empty when nothing was learnt about this handle.
    [[nodiscard]] std::optional<Attribute> find(std::uint16_t handle) const;
    /// Whether `handle` carries the values of this characteristic.
    [[nodiscard]] bool isValueOf(std::uint16_t handle, std::string_view characteristic) const;

private:
    struct Service {
        std::uint16_t last = 0;
        std::string uuid;
    };
    [[nodiscard]] const std::string* serviceOf(std::uint16_t handle) const;
    void learnTypes(const AttPdu& request, const AttPdu& response);

    std::map<std::uint16_t, Service> services_; ///< by first handle
    struct Characteristic {
        std::uint8_t properties = 0;
        std::string uuid;
    };
    [[nodiscard]] bool isImpliedConfiguration(std::uint16_t handle) const;

    std::map<std::uint16_t, Characteristic> characteristics_; ///< by value handle
    std::map<std::uint16_t, std::string> types_;              ///< of single attributes (Find Information)
    std::map<std::uint16_t, Attribute> assumed_;
};

} // namespace protocol::att
