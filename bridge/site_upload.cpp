// SPDX-License-Identifier: MIT
#include "bridge/site_upload.hpp"

#include <spdlog/logger.h>

#include <random>
#include <stdexcept>
#include <utility>

#include "bridge/exit_code.hpp"
#include "bridge/lasting_task.hpp"
#include "nightscout/upload/api_secret.hpp"

namespace bridge {
namespace {

/// Failed uploads in a row before uploadAll() gives up.
constexpr int kRetries = 4;

} // namespace

double SiteUpload::systemRandom() {
    static thread_local std::mt19937_64 engine{std::random_device{}()};
    return std::uniform_real_distribution<double>{0, 1}(engine);
}

SiteUpload::SiteUpload(const asio::any_io_executor& executor, const Configuration& configuration,
                       nightscout::ClientSettings settings, Store& store, const HostClock& host,
                       UtcClock clock, spdlog::logger& log, std::function<double()> random)
    : executor_(executor),
      store_(store),
      host_(host),
      log_(log),
      clock_(nightscout::systemClock(executor, clock)),
      client_(executor, settings),
      uploader_(*clock_, client_, store, nightscout::UploadPolicy{}, std::move(random), log) {
    uploader_.trustClock(host.trusted());
    if (settings.site.exposesSecret())
        log.warn(
            "nightscout: nightscout.url is plain http to another host: everybody on the way can read "
            "the secret and the health data; use https");
    if (configuration.documents.features.contains(nightscout::Feature::Profiles))
        profile_ = std::make_unique<ProfileSync>(executor, std::move(settings), store, configuration.profile,
                                                 configuration.timezone, std::move(clock), host, log);
    watchCredential(configuration);
}

void SiteUpload::spawn(Tasks& tasks) {
    tasks.spawn("nightscout", lasting(
                                  "nightscout", [this] { return uploader_.run(); }, kBeginAgain, log_));
    if (profile_)
        tasks.spawn("profile", lasting(
                                   "profile", [this] { return profile_->run(); }, kBeginAgain, log_));
    if (credential_) tasks.spawn("credential", credential_->run());
}

asio::awaitable<int> SiteUpload::uploadAll() {
    if (profile_) co_await profile_->check();
    const bool done = co_await uploader_.drain(kRetries);
    const auto& state = uploader_.state();
    if (!done) {
        log_.error("nightscout: {} documents still wait: {}", store_.depth(), state.lastError);
        co_return kUnreachable;
    }
    if (state.refused == 0) co_return kDone;
    log_.error("nightscout: the site refuses documents={}, tried again later: {}", state.refused,
               state.lastRefusal);
    co_return kFoundProblem;
}

void SiteUpload::retryRefused() {
    store_.retryRefused();
    uploader_.wake();
}

void SiteUpload::hostClockChanged() {
    uploader_.trustClock(host_.trusted());
    if (profile_) profile_->wake();
}

/// The one that is sent: see clientSettings.
void SiteUpload::watchCredential(const Configuration& configuration) {
    const bool isToken = !configuration.token.empty();
    const auto& source = isToken ? configuration.tokenSource : configuration.apiSecretSource;
    if (source.empty()) return;
    credential_ = std::make_unique<CredentialWatch>(
        executor_, source, isToken ? configuration.token : configuration.apiSecret,
        [this, isToken](const std::string& credential) { useCredential(credential, isToken); }, log_);
}

void SiteUpload::useCredential(const std::string& credential, bool isToken) {
    try {
        const auto header = isToken ? credential : nightscout::secretHeader(credential);
        client_.setApiSecretHeader(header);
        if (profile_) profile_->setApiSecretHeader(header);
        uploader_.credentialsChanged();
        if (profile_) profile_->wake();
    } catch (const std::invalid_argument& error) {
        log_.warn("nightscout: {}; the former one stays in use", error.what());
    }
}

} // namespace bridge
