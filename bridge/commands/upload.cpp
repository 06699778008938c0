// SPDX-License-Identifier: MIT
#include "bridge/commands/upload.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <ostream>

#include "bridge/config/site_settings.hpp"
#include "bridge/control/control_client.hpp"
#include "bridge/control/control_requests.hpp"
#include "bridge/publish/date_by_zone.hpp"
#include "nightscout/upload/uploader.hpp"

namespace bridge {
namespace {

using nightscout::Collection;
using nightscout::Document;

/// Failed requests in a row before the command gives up.
constexpr int kRetries = 4;

/// The part of the store's outbox that the command sends: device statuses belong to the service.
class BackfillOutbox final : public nightscout::Outbox {
public:
    explicit BackfillOutbox(Store& store) : store_(store) {}

    std::vector<nightscout::OutboxItem> next(std::size_t limit, std::size_t maxBytes,
                                             std::chrono::sys_seconds now) override {
        for (const auto collection : {Collection::Entries, Collection::Treatments}) {
            store_.setHeld(collection, isHeld(collection));
        }
        now_ = now;
        auto items = ours(limit, maxBytes);
        std::vector<std::int64_t> ids;
        ids.reserve(items.size());
        for (const auto& item : items) ids.push_back(item.id);
        store_.countAttempt(ids); // tells a running service that these may be under way
        return items;
    }
    void acknowledge(std::span<const nightscout::Acknowledgement> items) override {
        store_.acknowledge(items);
    }
    void refuse(std::int64_t id, const nightscout::Refusal& refusal) override { store_.refuse(id, refusal); }
    void retryRefused() override { store_.retryRefused(); }
    std::optional<std::chrono::sys_seconds> nextRetry() override { return store_.nextRetry(); }
    bool isUploaded(const Document& document) override { return store_.isUploaded(document); }
    void countAttempt(std::span<const std::int64_t> ids) override { store_.countAttempt(ids); }
    /// 0 when nothing of ours waits, else at least 1.
    std::size_t depth() override {
        for (const auto collection : {Collection::Entries, Collection::Treatments}) {
            store_.setHeld(collection, false);
        }
        return ours(1, 1).size();
    }

private:
    std::vector<nightscout::OutboxItem> ours(std::size_t limit, std::size_t maxBytes) {
        store_.setHeld(Collection::DeviceStatus, true);
        return store_.next(limit, maxBytes, now_);
    }

    Store& store_;
    std::chrono::sys_seconds now_{};
};

/// Sends what waits. 0 done, 1 the site refuses documents, 3 it cannot be reached.
int send(Store& store, const Configuration& configuration, spdlog::logger& log, const Streams& streams) {
    boost::asio::io_context io{1};
    nightscout::Client client(io.get_executor(), clientSettings(configuration));
    const auto clock = nightscout::systemClock(io.get_executor(), [] {
        return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    });
    BackfillOutbox outbox(store);
    nightscout::Uploader uploader(
        *clock, client, outbox, nightscout::UploadPolicy{}, [] { return 0.5; }, log);
    bool done = false;
    std::exception_ptr failure;
    boost::asio::co_spawn(io, uploader.drain(kRetries), [&](std::exception_ptr error, bool empty) {
        failure = std::move(error);
        done = empty;
    });
    io.run();
    if (failure) std::rethrow_exception(failure);
    const nightscout::UploadState& state = uploader.state();
    streams.out << "sent " << state.uploaded << " documents in " << state.requests << " requests\n";
    if (state.refused > 0) {
        streams.err << "the site refuses " << state.refused
                    << " documents, which are tried again later: " << state.lastRefusal << '\n';
    }
    if (!done) {
        streams.err << state.lastError << "; what is queued is sent by the service, or by another upload\n";
        return kUnreachable;
    }
    return state.refused == 0 ? kDone : kFoundProblem;
}

bool reportFound(const Backfill& backfill, const Configuration& configuration, const Streams& streams) {
    if (backfill.found()) return true;
    const std::string& serial = configuration.pump.serial;
    streams.err << "the store holds no records" << (serial.empty() ? "" : " of pump " + serial) << '\n';
    return false;
}

/// When it was, when it is, and by how much it moves.
void printMove(const Document& document, std::optional<nightscout::UtcMilliseconds> former,
               std::ostream& out) {
    out << document.eventType << ' ' << document.identifier << ' ';
    if (!former) {
        out << nightscout::toIso(document.time) << '\n'; // changed, at its old time
        return;
    }
    const auto moved = std::chrono::round<std::chrono::seconds>(document.time - *former);
    out << nightscout::toIso(*former) << " -> " << nightscout::toIso(document.time) << " ("
        << (moved.count() > 0 ? "+" : "") << moved.count() << " s)\n";
}

/// Prints the documents, or how they move, on `out`; counts on `err`. The store is only read.
int pretend(const UploadOptions& options, const Configuration& configuration, const therapy::Zone& zone,
            const Streams& streams) {
    const Store store(configuration.storage.path, Store::Access::ReadOnly);
    Backfill backfill(store, options, configuration.documents, configuration.pump.serial, zone);
    if (!reportFound(backfill, configuration, streams)) return kFoundProblem;
    const auto print = [&](const Document& document, std::optional<nightscout::UtcMilliseconds> former) {
        if (options.correctTimes) {
            printMove(document, former, streams.out);
        } else {
            streams.out << document.body << '\n';
        }
    };
    while (backfill.show(print)) continue;
    streams.err << toText(backfill.summary());
    return kDone;
}

} // namespace

int upload(const UploadOptions& options, const Configuration& configuration,
           const std::filesystem::path& controlSocket, spdlog::logger& log, const Streams& streams) {
    const auto zone = therapy::Zone::find(configuration.timezone);
    if (!zone || (!options.pretend && configuration.nightscout.url.empty())) {
        streams.err << (zone ? "nightscout.url is not configured: there is no site to send to\n"
                             : "timezone: there is no such zone\n");
        return kWrongUsage;
    }
    if (options.dateByZone && (options.pretend || !options.start || !options.end)) {
        streams.err << "--date-by-zone needs --start-date and --end-date, and cannot be pretended\n";
        return kWrongUsage;
    }
    if (options.pretend) return pretend(options, configuration, *zone, streams);
    if (options.dateByZone) {
        if (!std::filesystem::exists(configuration.storage.path)) {
            streams.err << configuration.storage.path.string() << ": there is no such store\n";
            return kFoundProblem;
        }
        // Before a running service is asked: it finds the offsets in the store.
        Store store(configuration.storage.path);
        std::size_t dated = 0;
        for (const PumpInfo& pump : store.pumps()) {
            const bool asked = configuration.pump.serial.empty() || pump.serial == configuration.pump.serial;
            if (asked) dated += dateByZone(store, pump.id, *zone, {options.start, options.end});
        }
        streams.out << "dated by " << zone->name() << ": " << dated << " records that waited\n";
    }
    if (const auto code = askService(controlSocket, toRequest(options), streams)) return *code;
    if (!std::filesystem::exists(configuration.storage.path)) {
        streams.err << configuration.storage.path.string() << ": there is no such store\n";
        return kFoundProblem;
    }
    Store store(configuration.storage.path);
    store.shareOutbox();
    Backfill backfill(store, options, configuration.documents, configuration.pump.serial, *zone);
    if (!reportFound(backfill, configuration, streams)) return kFoundProblem;
    while (backfill.queue(store)) continue;
    streams.out << toText(backfill.summary());
    return send(store, configuration, log, streams);
}

} // namespace bridge
