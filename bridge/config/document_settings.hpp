// SPDX-License-Identifier: MIT
// Which documents are made, and how: nightscout.features and the sections documents, basal and devicestatus
// of the configuration. Facts: docs/nightscout/mapping.md, by the section that each key names.
#pragma once

#include <string_view>

#include "bridge/config/configuration_reader.hpp"
#include "nightscout/documents/mapping.hpp"

namespace bridge {

/// Features that users of tconnectsync know and that mean nothing here: accepted with a notice.
bool isForeignFeature(std::string_view name);

void readDocumentSettings(ConfigurationReader& reader, nightscout::MappingSettings& settings);

} // namespace bridge
