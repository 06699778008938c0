// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "nightscout/upload/byte_stream.hpp"

namespace nightscout {

class TimedSocket;

std::unique_ptr<ByteStream> makePlainStream(std::shared_ptr<TimedSocket> socket);

} // namespace nightscout
