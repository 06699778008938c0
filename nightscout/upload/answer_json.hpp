// SPDX-License-Identifier: MIT
// JSON from the site, which may be anything.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string_view>

namespace nightscout {

/// No answer of Nightscout nests deeper than a third of this, or holds a third as many values.
inline constexpr std::size_t kMostNesting = 32;
inline constexpr std::size_t kMostValues = 100'000;

/// Discarded (is_discarded()) when it is no JSON, or beyond the limits: those are checked before anything is
/// built of it, since a value takes up to forty times its text in memory.
nlohmann::json parseAnswer(std::string_view body);

} // namespace nightscout
