// SPDX-License-Identifier: MIT
#include "service.hpp"

#include <utility>

#include "bridge/config/site_settings.hpp"
#include "bridge/lasting_task.hpp"

namespace soak {

namespace {

std::chrono::sys_seconds utcNow() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

bridge::DocumentSink outboxOf(bridge::Store& store) {
    return [&store](bridge::PumpId pump, std::span<const nightscout::Document> documents,
                    std::span<const bridge::Store::Published> times) {
        return store.queueDocuments(pump, documents, times);
    };
}

nightscout::ClientSettings wayToSite(const Surroundings& around) {
    auto settings = bridge::clientSettings(around.configuration);
    settings.addresses = around.addresses;
    return settings;
}

} // namespace

Service::Service(const Surroundings& around, ble::PumpLink& link, const std::filesystem::path& file)
    : store_(file),
      groupCommits_(around.io.get_executor(), store_),
      tasks_(around.io.get_executor(), around.log),
      host_(store_, around.zone, false, {utcNow, std::chrono::steady_clock::now}, around.log),
      waits_(nightscout::systemClock(around.io.get_executor(), utcNow)),
      heldClock_(nightscout::systemClock(around.io.get_executor(), utcNow)),
      watch_(host_, *waits_, around.witnesses),
      clockKeeper_(store_, around.zone, host_, around.log),
      publisher_(store_, around.zone, host_, around.configuration.documents, outboxOf(store_), true,
                 around.log),
      heldWatch_(
          *heldClock_, [this] { return publisher_.heldUntil(); }, [this] { publish(*published_); }),
      statusPublisher_(store_, host_, around.configuration.documents, outboxOf(store_), true),
      monitor_(store_, around.zone, around.configuration.documents, utcNow, around.log),
      session_(around.io.get_executor(), link, store_, around.keys, around.random,
               {utcNow, std::chrono::steady_clock::now}, {}, listeners_, around.log) {
    listeners_.add(*this);
    listeners_.add(monitor_);
    monitor_.setHostClock(host_);
    host_.onChange([this] { hostClockChanged(); });
    site_ = std::make_unique<bridge::SiteUpload>(around.io.get_executor(), around.configuration,
                                                 wayToSite(around), store_, host_, utcNow, around.log,
                                                 around.uniform);
    monitor_.setUpload(site_->uploader().state());
    adoption_ = std::make_unique<bridge::Adoption>(
        store_, host_, [this](const bridge::PumpInfo& pump) { publish(pump); }, around.log);
    site_->setInquiry(*adoption_);
    publisher_.setGate(*adoption_);
    tasks_.onAllEnded([this] { ended_ = true; });
    tasks_.spawn("clock", watch_.askWitnesses());
    tasks_.spawn("clock steps", watch_.noticeSteps());
    const auto forever = [&](const char* name, auto task) {
        tasks_.spawn(name, bridge::lasting(name, std::move(task), bridge::kBeginAgain, around.log));
    };
    forever("store", [this] { return groupCommits_.run(); });
    forever("held", [this] { return heldWatch_.run(); });
    tasks_.spawn("session", session_.run());
    site_->spawn(tasks_);
}

void Service::publish(const bridge::PumpInfo& pump) {
    publisher_.publish(pump);
    published_ = pump;
    heldWatch_.wake();
    site_->wake();
}

void Service::recordsStored(const bridge::PumpInfo& pump, bridge::SequenceRange /*range*/) {
    clockKeeper_.settle(pump);
    publish(pump);
}

void Service::clockRead(const bridge::PumpInfo& pump, const therapy::ClockReading& reading) {
    clockKeeper_.read(pump, reading);
}

bool Service::clockWanted(const bridge::PumpInfo& pump) {
    return clockKeeper_.wantsReading(pump);
}

void Service::clockBracketed(const bridge::PumpInfo& pump) {
    if (clockKeeper_.settle(pump)) publish(pump);
}

void Service::synced(const bridge::PumpInfo& pump) {
    publish(pump);
}

void Service::statusRead(const bridge::PumpInfo& pump, const therapy::PumpStatus& status) {
    auto queued = statusPublisher_.publish(pump, status);
    if (statusPublisher_.note(pump, status)) {
        const auto more = publisher_.publishNewest(pump);
        queued.added += more.added + more.changed;
    }
    if (queued.added + queued.changed > 0) site_->wake();
}

void Service::displayFormatRead(const bridge::PumpInfo& pump, const therapy::PumpStatus& format) {
    statusPublisher_.note(pump, format);
}

void Service::hostClockChanged() {
    watch_.wake();
    site_->hostClockChanged();
    session_.wake();
}

} // namespace soak
