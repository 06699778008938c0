// SPDX-License-Identifier: MIT
// The section profile of the configuration. Facts: docs/nightscout/mapping.md 11.
#pragma once

#include <optional>

#include "bridge/config/configuration_reader.hpp"
#include "nightscout/documents/profile.hpp"

namespace bridge {

/// Empty without the section. Unless the mode is never, each of the five schedules is needed,
/// from 00:00 on.
std::optional<nightscout::ProfileSettings> readProfileSettings(ConfigurationReader& reader);

} // namespace bridge
