// SPDX-License-Identifier: MIT
// Listens to the parts of a running service, and says how it is when asked.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "bridge/session/pump_session.hpp"
#include "bridge/status/link_diagnosis.hpp"
#include "bridge/status/service_state.hpp"
#include "bridge/store/store.hpp"
#include "nightscout/documents/mapping.hpp"
#include "nightscout/upload/uploader.hpp"
#include "therapy/zone.hpp"

namespace spdlog {
class logger;
}

namespace bridge {

class ServiceMonitor {
public:
    using UtcClock = std::function<std::chrono::sys_seconds()>;

    /// The references must outlive it.
    ServiceMonitor(Store& store, const therapy::Zone& zone, nightscout::MappingSettings mapping,
                   UtcClock clock, spdlog::logger& log);

    /// As the link reports its states; `problem` is what it says is in the way, empty for nothing.
    void linkState(ble::LinkState state);
    void setLinkProblem(std::function<std::string()> problem) { linkProblem_ = std::move(problem); }
    /// Adds itself to the session's hooks. What they did before, they still do; a fault of the link that is
    /// recognised goes to the log.
    void listenTo(PumpSession::Hooks& hooks);
    void setUploader(const nightscout::Uploader& uploader) { uploader_ = &uploader; }

    [[nodiscard]] ServiceState gather() const;

private:
    void tell(const std::optional<LinkDiagnosis::Finding>& finding);
    [[nodiscard]] ServiceState::Upload upload() const;

    Store& store_;
    const therapy::Zone& zone_;
    nightscout::MappingSettings mapping_;
    UtcClock clock_;
    spdlog::logger& log_;
    std::chrono::sys_seconds startedAt_;
    LinkStages stages_;
    LinkDiagnosis diagnosis_;
    std::function<std::string()> linkProblem_;
    std::optional<therapy::PumpStatus> pumpStatus_;
    const nightscout::Uploader* uploader_ = nullptr;
};

} // namespace bridge
