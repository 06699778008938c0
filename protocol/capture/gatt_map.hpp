// SPDX-License-Identifier: MIT
// What stands behind the attribute handles of one server, learnt from a client's discovery.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "capture/att_pdu.hpp"

namespace capture {

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
        friend bool operator==(const Service&, const Service&) = default;
    };
    using Services = std::map<std::uint16_t, Service>; ///< by first handle
    static const Service* serviceIn(const Services& services, std::uint16_t handle);
    [[nodiscard]] const Service* serviceOf(std::uint16_t handle) const {
        return serviceIn(services_, handle);
    }
    [[nodiscard]] std::optional<Attribute> learnt(std::uint16_t handle) const;
    void beginServices();
    void learnService(std::uint16_t first, Service service);
    void learnTypes(const AttPdu& request, const AttPdu& response);

    Services services_;
    Services former_; ///< of the discovery before
    struct Characteristic {
        std::uint8_t properties = 0;
        std::string uuid;
    };
    [[nodiscard]] bool isImpliedConfiguration(std::uint16_t handle) const;

    std::map<std::uint16_t, Characteristic> characteristics_; ///< by value handle
    std::map<std::uint16_t, std::string> types_;              ///< of single attributes (Find Information)
    std::map<std::uint16_t, Attribute> assumed_;
};

} // namespace capture
