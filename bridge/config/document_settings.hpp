// SPDX-License-Identifier: MIT
// How documents are made, as the user wishes: the sections documents, basal and devicestatus of the
// configuration. Facts: docs/nightscout/mapping.md, by the section that each key names.
#pragma once

#include <span>
#include <string_view>

#include "bridge/config/configuration_reader.hpp"
#include "nightscout/documents/mapping.hpp"

namespace bridge {

std::span<const std::string_view> documentKeys();
void readDocumentSettings(ConfigurationReader& reader, nightscout::MappingSettings& settings);

} // namespace bridge
