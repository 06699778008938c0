// SPDX-License-Identifier: MIT
#include "bluez_double_agents.hpp"

#include <algorithm>
#include <array>

namespace virtual_pump::bluez {
namespace {

constexpr const char* kManager = "org.bluez.AgentManager1";
constexpr const char* kAgent = "org.bluez.Agent1";

bool isCapability(const std::string& word) {
    constexpr std::array<std::string_view, 6> known{
        "", "DisplayOnly", "DisplayYesNo", "KeyboardOnly", "NoInputNoOutput", "KeyboardDisplay"};
    return std::find(known.begin(), known.end(), word) != known.end();
}

} // namespace

Agents::Agents(const Bus& bus) : bus_(bus), object_(bus, "/org/bluez") {
    object_.method(kManager, "RegisterAgent", "os", "", [this](sdbus::MethodCall& call) { add(call); });
    object_.method(kManager, "UnregisterAgent", "o", "", [this](sdbus::MethodCall& call) { remove(call); });
    object_.method(kManager, "RequestDefaultAgent", "o", "",
                   [this](sdbus::MethodCall& call) { makeDefault(call); });
    object_.publish();
}

void Agents::add(sdbus::MethodCall& call) {
    sdbus::ObjectPath path;
    std::string capability;
    call >> path >> capability;
    if (!isCapability(capability)) throw invalidArguments();
    if (find(call.getSender()) != agents_.end()) throw alreadyExists();
    agents_.push_back({call.getSender(), path});
    reply(call);
}

void Agents::remove(sdbus::MethodCall& call) {
    sdbus::ObjectPath path;
    call >> path;
    const auto agent = find(call.getSender());
    if (agent == agents_.end() || agent->path != path) throw doesNotExist();
    forget(call.getSender());
    reply(call);
}

void Agents::makeDefault(sdbus::MethodCall& call) {
    sdbus::ObjectPath path;
    call >> path;
    const auto agent = find(call.getSender());
    if (agent == agents_.end() || agent->path != path) throw doesNotExist();
    default_ = *agent;
    reply(call);
}

void Agents::authorize(const std::string& device, std::function<void(std::string)> done) const {
    if (!default_) {
        done("no agent");
        return;
    }
    auto onReply = [done = std::move(done)](const std::exception_ptr& error, ble::NoResult) {
        done(error ? describe(error) : std::string{});
    };
    callClient<ble::NoResult>(bus_, default_->owner, default_->path, kAgent, "RequestAuthorization", onReply,
                              sdbus::ObjectPath(device));
}

void Agents::forget(const std::string& owner) {
    if (default_ && default_->owner == owner) default_.reset();
    std::erase_if(agents_, [&](const Agent& agent) { return agent.owner == owner; });
}

std::vector<Agents::Agent>::iterator Agents::find(const std::string& owner) {
    return std::find_if(agents_.begin(), agents_.end(),
                        [&](const Agent& agent) { return agent.owner == owner; });
}

} // namespace virtual_pump::bluez
