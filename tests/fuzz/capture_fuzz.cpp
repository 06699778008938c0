// SPDX-License-Identifier: MIT
// A capture of any kind through the whole decoder, without keys and with some: every line can be shown, in
// the same order each time, and what precedes a damaged end does not depend on it.
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "capture/decoder.hpp"
#include "protocol/sake/handshake.hpp"

namespace {

using protocol::sake::KeyDatabase;

const KeyDatabase& keys() {
    static const KeyDatabase database =
        protocol::sake::generatePair(protocol::sake::DeviceType::MobileApplication,
                                     protocol::sake::DeviceType::InsulinPump,
                                     [next = std::uint8_t{1}](std::span<std::uint8_t> out) mutable {
                                         for (std::uint8_t& each : out) each = next += 7;
                                     })
            .first;
    return database;
}

std::vector<std::string> shown(protocol::ByteView file, const KeyDatabase* database) {
    std::vector<std::string> lines;
    (void)capture::decode(file, database, [&lines](const capture::Line& line) {
        const std::string text = capture::toTextLine(line);
        const std::string json = capture::toJsonLine(line);
        if (text.empty() || !nlohmann::json::accept(json)) std::abort();
        if (text.find('\n') != std::string::npos || json.find('\n') != std::string::npos) std::abort();
        lines.push_back(json);
    });
    return lines;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const protocol::ByteView file(data, size);
    if (shown(file, nullptr) != shown(file, nullptr)) std::abort();
    (void)shown(file, &keys());
    return 0;
}
