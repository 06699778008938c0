// SPDX-License-Identifier: MIT
// The messages of history's record access control point (history/racp.hpp) in the form of the published
// examples, for captures.
#pragma once

#include "protocol/history/racp.hpp"
#include "protocol/history/record.hpp"

namespace protocol::idd {

void describe(const history::racp::AnyRequest& request, history::FieldSink& sink);
void describe(const history::racp::Response& response, history::FieldSink& sink);

} // namespace protocol::idd
