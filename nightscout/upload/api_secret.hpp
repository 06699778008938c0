// SPDX-License-Identifier: MIT
// What goes into the `api-secret` header: docs/nightscout/api.md 3.2 and 3.3.
#pragma once

#include <string>
#include <string_view>

namespace nightscout {

/// Lower-case SHA-1 hex of the secret. A value that is such a hash already is taken as it is, and so is an
/// access token ("<name>-<16 hex digits>").
std::string secretHeader(std::string_view apiSecret);

} // namespace nightscout
