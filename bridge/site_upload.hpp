// SPDX-License-Identifier: MIT
// What a running service has to do with its site: the uploader, the profile, and the file that the secret
// stands in. docs/architecture.md 8.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "bridge/config/configuration.hpp"
#include "bridge/config/credential_watch.hpp"
#include "bridge/publish/host_clock.hpp"
#include "bridge/publish/profile_sync.hpp"
#include "bridge/store/store.hpp"
#include "bridge/tasks.hpp"
#include "nightscout/upload/client.hpp"
#include "nightscout/upload/uploader.hpp"

namespace bridge {

class SiteUpload {
public:
    using UtcClock = std::function<std::chrono::sys_seconds()>;

    /// Uniform in [0, 1); the system's.
    static double systemRandom();

    /// For a configuration with a site; `settings` say how to reach it. The references must outlive it.
    SiteUpload(const asio::any_io_executor& executor, const Configuration& configuration,
               nightscout::ClientSettings settings, Store& store, const HostClock& host, UtcClock clock,
               spdlog::logger& log, std::function<double()> random = systemRandom);

    /// Uploads as long as the service lives.
    void spawn(Tasks& tasks);
    /// Uploads what waits, and says in the log what does not go. The exit code of docs/architecture.md 6.
    asio::awaitable<int> uploadAll();
    void wake() { uploader_.wake(); }
    /// What was refused is tried again as well.
    void retryRefused();
    /// Asked before anything is sent; outlives this.
    void setInquiry(nightscout::Inquiry& inquiry) { uploader_.setInquiry(inquiry); }
    void hostClockChanged();
    [[nodiscard]] const nightscout::Uploader& uploader() const { return uploader_; }

private:
    void watchCredential(const Configuration& configuration);
    void useCredential(const std::string& credential, bool isToken);

    asio::any_io_executor executor_;
    Store& store_;
    const HostClock& host_;
    spdlog::logger& log_;
    std::unique_ptr<nightscout::Clock> clock_;
    nightscout::Client client_;
    nightscout::Uploader uploader_;
    std::unique_ptr<ProfileSync> profile_;
    std::unique_ptr<CredentialWatch> credential_;
};

} // namespace bridge
