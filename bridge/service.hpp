// SPDX-License-Identifier: MIT
// Everything that a running bridge consists of, on one loop: link, session, publisher, uploader, and what
// others reach it by. docs/architecture.md 4.
#pragma once

#include <iosfwd>
#include <memory>

#include "bridge/config/configuration.hpp"
#include "bridge/run_options.hpp"
#include "protocol/sake/key_database.hpp"
#include "therapy/zone.hpp"

namespace spdlog {
class logger;
}

namespace bridge {

class Service {
public:
    /// The references must outlive it. Throws AlreadyRunning, StoreError.
    Service(const Configuration& configuration, const RunOptions& options, therapy::Zone zone,
            protocol::sake::KeyDatabase keys, spdlog::logger& log, std::ostream& out);
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;
    ~Service();

    /// Until it is told to stop, or is done. The exit code.
    int run();
    /// The store's file is damaged: all there is to do is to set it aside.
    [[nodiscard]] bool isStoreDamaged() const;

private:
    class Parts;
    std::unique_ptr<Parts> parts_;
};

} // namespace bridge
