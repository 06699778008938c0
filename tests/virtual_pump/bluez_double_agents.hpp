// SPDX-License-Identifier: MIT
// org.bluez.AgentManager1: who answers when a device wants to pair.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bluez_double_object.hpp"

namespace virtual_pump::bluez {

class Agents {
public:
    explicit Agents(const Bus& bus);

    /// Asks the default agent whether `device` may pair without a key: `done("")`, or the reason of the
    /// refusal.
    void authorize(const std::string& device, std::function<void(std::string)> done) const;
    void forget(const std::string& owner);

private:
    struct Agent {
        std::string owner;
        std::string path;
    };
    void add(sdbus::MethodCall& call);
    void remove(sdbus::MethodCall& call);
    void makeDefault(sdbus::MethodCall& call);
    std::vector<Agent>::iterator find(const std::string& owner);

    Bus bus_;
    std::vector<Agent> agents_;
    std::optional<Agent> default_;
    Object object_;
};

} // namespace virtual_pump::bluez
