// SPDX-License-Identifier: MIT
#pragma once

#include <boost/system/result.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace nightscout {

enum class GunzipError : std::uint8_t { Damaged, TooLong };

/// The content of a gzip file in memory (RFC 1952), of `limit` bytes at most.
boost::system::result<std::string, GunzipError> gunzip(std::string_view packed, std::size_t limit);

} // namespace nightscout
