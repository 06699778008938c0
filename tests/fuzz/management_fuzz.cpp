// SPDX-License-Identifier: MIT
// What the kernel's management socket may say: events, answers to commands, and what stands in them.
#include <cstdlib>

#include "ble/mgmt/messages.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace management = ble::management;
    const protocol::ByteView packet(data, size);
    const auto event = management::parseEvent(packet);
    if (!event) return 0;
    if (event->parameters.size() > size) std::abort();
    (void)management::removedInstanceIn(*event);
    const auto reply = management::replyIn(*event);
    if (!reply) return 0;
    if (reply->parameters.size() > event->parameters.size()) std::abort();
    if (management::toString(reply->status).empty()) std::abort();
    const protocol::ByteView parameters(reply->parameters);
    (void)management::parseVersion(parameters);
    (void)management::parseSettings(parameters);
    (void)management::parseDefaultConfiguration(parameters);
    if (const auto features = management::parseAdvertisingFeatures(parameters);
        features && features->instances.size() > parameters.size())
        std::abort();
    if (const auto info = management::parseControllerInfo(parameters); info && info->address.size() != 17)
        std::abort();
    return 0;
}
