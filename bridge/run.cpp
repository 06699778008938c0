// SPDX-License-Identifier: MIT
#include "bridge/run.hpp"

#include <spdlog/logger.h>

#include <csignal>
#include <ostream>

#include "bridge/config/key_file.hpp"
#include "bridge/control/instance_lock.hpp"
#include "bridge/exit_code.hpp"
#include "bridge/private_memory.hpp"
#include "bridge/service.hpp"
#include "bridge/store/damage.hpp"
#include "bridge/store/store.hpp"
#include "therapy/zone.hpp"

namespace bridge {
namespace {

/// Runs the service; once more after setting a damaged store aside.
int runOnStore(const Configuration& configuration, const RunOptions& options, const therapy::Zone& zone,
               const protocol::sake::KeyDatabase& keys, spdlog::logger& log, std::ostream& out) {
    for (bool again = false;; again = true) {
        try {
            Service service{configuration, options, zone, keys, log, out};
            const int code = service.run();
            if (!service.isStoreDamaged()) return code;
        } catch (const StoreError& error) {
            if (error.kind() != StoreErrorKind::Damaged) throw;
            log.error("run: {}", error.what());
        }
        if (again) return kFoundProblem;
        const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
        const auto aside = setDamagedStoreAside(configuration.storage.path, now);
        log.error("store: {} is damaged and was moved to {}; the pump's memory is read again",
                  configuration.storage.path.string(), aside.string());
    }
}

} // namespace

int runService(const Configuration& configuration, const RunOptions& options, spdlog::logger& log,
               std::ostream& out) {
    std::signal(SIGPIPE, SIG_IGN);
    keepMemoryPrivate();
    try {
        const auto zone = therapy::Zone::find(configuration.timezone);
        if (!zone) {
            log.error("run: there is no time zone named \"{}\"; use a name such as Europe/Berlin",
                      configuration.timezone);
            return kWrongUsage;
        }
        return runOnStore(configuration, options, *zone, readBridgeKeyFile(configuration.pump.keyDatabase),
                          log, out);
    } catch (const AlreadyRunning& error) {
        log.error("run: {}; stop that one, or give this one a store and an adapter of its own", error.what());
        return kWrongUsage;
    } catch (const KeyFileError& error) {
        log.error("run: {}", error.what());
        return kWrongUsage;
    } catch (const StoreError& error) {
        log.error("run: {}", error.what());
        return error.kind() == StoreErrorKind::Unusable ? kWrongUsage : kFoundProblem;
    } catch (const std::exception& error) {
        log.error("run: {}", error.what());
        return kUnreachable;
    }
}

} // namespace bridge
