// SPDX-License-Identifier: MIT
#include "virtual_pump/air_bridge_discovery.hpp"

#include <algorithm>
#include <vector>

#include "protocol/codec/cursor.hpp"
#include "protocol/uuids.hpp"
#include "virtual_pump/air_attributes.hpp"
#include "virtual_pump/air_kernel.hpp"

namespace virtual_pump::air {

namespace {

using protocol::Reader;
using protocol::Writer;

constexpr std::uint16_t kLastHandle = 0xffff;
constexpr std::uint16_t kPrimaryService = 0x2800;
constexpr std::uint16_t kCharacteristic = 0x2803;
constexpr std::uint16_t kClientConfiguration = 0x2902;

struct Found {
    std::uint16_t handle = 0;
    Bytes data; ///< of the entry, behind its handle
};

/// All answers to a request by type over the whole database. The second field of a service is where it ends.
std::vector<Found> findByType(const Request& request, std::uint8_t opcode, std::uint16_t type) {
    std::vector<Found> found;
    std::uint16_t next = 1;
    for (;;) {
        const auto response = request(Writer{}.put(opcode).put(next).put(kLastHandle).put(type).bytes());
        Reader reader{response};
        if (reader.get<std::uint8_t>("opcode") != opcode + 1) return found;
        const auto length = reader.get<std::uint8_t>("length");
        std::uint16_t last = kLastHandle;
        while (length > 4 && reader.remaining() >= length) {
            Found entry{reader.get<std::uint16_t>("handle"), {}};
            const auto data = reader.take(length - 2U, "data");
            entry.data.assign(data.begin(), data.end());
            last = opcode == ReadByGroupTypeRequest ? Reader{data}.get<std::uint16_t>("end") : entry.handle;
            found.push_back(std::move(entry));
        }
        if (last == kLastHandle) return found;
        next = static_cast<std::uint16_t>(last + 1);
    }
}

bool endsWith(const Bytes& data, const Bytes& uuid) {
    return data.size() > uuid.size() && std::equal(uuid.rbegin(), uuid.rend(), data.rbegin());
}

void findDescriptors(const Request& request, SakePort& port) {
    for (std::uint16_t next = 1;;) {
        const auto response =
            request(Writer{}.put(std::uint8_t{FindInformationRequest}).put(next).put(kLastHandle).bytes());
        Reader reader{response};
        if (reader.get<std::uint8_t>("opcode") != FindInformationResponse) return;
        port.longestFindInformation = std::max(port.longestFindInformation, response.size());
        const std::size_t length = reader.get<std::uint8_t>("format") == 1 ? 2 : 16;
        std::uint16_t handle = kLastHandle;
        while (reader.remaining() >= 2 + length) {
            handle = reader.get<std::uint16_t>("handle");
            Reader uuid{reader.take(length, "uuid")};
            const bool configures = length == 2 && uuid.get<std::uint16_t>("uuid") == kClientConfiguration;
            if (configures && handle > port.value && port.configuration == 0) port.configuration = handle;
        }
        if (handle == kLastHandle) return;
        next = static_cast<std::uint16_t>(handle + 1);
    }
}

} // namespace

SakePort findSakePort(const Request& request) {
    const auto information = uuidBytes(protocol::uuid::kMobileDeviceInformation);
    const auto services = findByType(request, ReadByGroupTypeRequest, kPrimaryService);
    if (std::none_of(services.begin(), services.end(),
                     [&](const Found& service) { return endsWith(service.data, information); }))
        throw AirError("the bridge has no device information");

    SakePort port;
    const auto uuid = uuidBytes(protocol::uuid::kSakePort);
    for (const auto& declaration : findByType(request, ReadByTypeRequest, kCharacteristic)) {
        if (!endsWith(declaration.data, uuid)) continue;
        Reader reader{declaration.data};
        reader.get<std::uint8_t>("properties");
        port.value = reader.get<std::uint16_t>("value handle");
    }
    if (port.value == 0) throw AirError("the bridge has no SAKE port");
    findDescriptors(request, port);
    if (port.configuration == 0) throw AirError("the SAKE port cannot be subscribed");
    return port;
}

} // namespace virtual_pump::air
