// SPDX-License-Identifier: MIT
// A key database that is accepted says the same after it was written and read again, in both forms.
#include <cstdlib>
#include <tuple>

#include "protocol/codec/crc.hpp"
#include "protocol/sake/key_database.hpp"

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void check(protocol::ByteView file) {
    namespace sake = protocol::sake;
    const auto database = sake::parseKeyDatabase(file);
    if (!database) {
        require(database.error().offset <= file.size());
        return;
    }
    require(!database->entries.empty());
    const protocol::Bytes written = sake::serialize(*database);
    require(sake::parseKeyDatabase(written) == database);
    const std::string text = protocol::toHex(written);
    require(sake::parseKeyDatabase(protocol::Bytes(text.begin(), text.end())) == database);
    std::ignore = sake::unfitForBridge(*database);
    if (const auto reversed = sake::reverse(*database)) require(sake::reverse(*reversed) == *database);
}

} // namespace

/// First byte odd: the CRC is made right, so that the fuzzer gets behind it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    protocol::Bytes file(data + 1, data + size);
    if (data[0] % 2 == 1 && file.size() > 4) {
        const std::uint32_t crc = protocol::crc32(protocol::ByteView{file}.subspan(4));
        for (std::size_t i = 0; i < 4; ++i) file[i] = static_cast<std::uint8_t>(crc >> 8U * (3 - i));
    }
    check(file);
    return 0;
}
