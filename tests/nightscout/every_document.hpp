// SPDX-License-Identifier: MIT
// One of each document that the service can produce, and many of most.
#pragma once

#include <vector>

#include "nightscout/documents/document.hpp"
#include "nightscout/documents/mapping.hpp"

namespace nightscout::test {

/// Of histories with every record and every join and of readings of the pump's state.
std::vector<Document> everyDocument(const MappingSettings& settings);
/// Treatments that only readings of the pump's state tell.
std::vector<Document> statusTreatments(const MappingSettings& settings);
/// With all that is off by default.
MappingSettings everything();

} // namespace nightscout::test
