// SPDX-License-Identifier: MIT
// Listens to the parts of a running service, and says how it is when asked.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "bridge/session/session_listener.hpp"
#include "bridge/status/link_diagnosis.hpp"
#include "bridge/status/service_state.hpp"
#include "bridge/store/store.hpp"
#include "nightscout/documents/mapping.hpp"
#include "nightscout/upload/upload_state.hpp"
#include "therapy/zone.hpp"

namespace spdlog {
class logger;
}

namespace bridge {

class ServiceMonitor final : public SessionListener, public ble::LinkListener {
public:
    using UtcClock = std::function<std::chrono::sys_seconds()>;

    /// The references must outlive it.
    ServiceMonitor(Store& store, const therapy::Zone& zone, nightscout::MappingSettings mapping,
                   UtcClock clock, spdlog::logger& log);

    // A fault of the link that is recognised goes to the log, once.
    void linkStateChanged(ble::LinkState state) override;
    void linkProblemChanged(const std::optional<ble::LinkProblem>& problem) override;
    void synced(const PumpInfo& pump) override;
    void statusRead(const PumpInfo& pump, const therapy::PumpStatus& status) override;
    void stageReached(SessionStage stage) override;
    void linkEvent(const ble::LinkEvent& event) override;
    void handshakeEnded(std::optional<protocol::sake::HandshakeError> error) override;
    void outOfStep() override;
    void setHostClock(const HostClock& host) { host_ = &host; }
    void setUpload(const nightscout::UploadState& upload) { upload_ = &upload; }

    [[nodiscard]] ServiceState gather() const;

private:
    void report(const std::optional<LinkDiagnosis::Finding>& finding);
    [[nodiscard]] ServiceState::Upload upload() const;
    [[nodiscard]] std::optional<ServiceState::Clock> clock() const;

    Store& store_;
    const therapy::Zone& zone_;
    nightscout::MappingSettings mapping_;
    UtcClock clock_;
    spdlog::logger& log_;
    std::chrono::sys_seconds startedAt_;
    LinkStages stages_;
    LinkDiagnosis diagnosis_;
    std::optional<therapy::PumpStatus> pumpStatus_;
    const nightscout::UploadState* upload_ = nullptr;
    const HostClock* host_ = nullptr;
};

} // namespace bridge
