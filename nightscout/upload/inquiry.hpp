// SPDX-License-Identifier: MIT
// What has to be asked of the site before more documents can be made. docs/nightscout/mapping.md 5.3
// (adoption).
#pragma once

#include <boost/asio/awaitable.hpp>

#include "nightscout/upload/upload_api.hpp"

namespace nightscout {

/// The uploader asks, before it sends anything and with the same patience towards a site that fails.
class Inquiry {
public:
    Inquiry() = default;
    Inquiry(const Inquiry&) = delete;
    Inquiry& operator=(const Inquiry&) = delete;
    virtual ~Inquiry() = default;

    [[nodiscard]] virtual bool isOpen() const = 0;
    /// One request. Throws TransportError.
    virtual asio::awaitable<Reply> ask(UploadApi& api) = 0;
};

} // namespace nightscout
