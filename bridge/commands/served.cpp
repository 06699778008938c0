// SPDX-License-Identifier: MIT
#include "bridge/commands/served.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "bridge/control/control_requests.hpp"
#include "bridge/publish/backfill.hpp"
#include "bridge/status/service_state_json.hpp"
#include "bridge/status/service_state_text.hpp"

namespace bridge {
namespace {

class Served {
public:
    explicit Served(ServedBy service) : service_(std::move(service)) {}

    asio::awaitable<int> status(const nlohmann::json& given, ControlOutput& output) {
        const StatusOptions options = readStatusOptions(given);
        const ServiceState state = service_.gather();
        const std::string text =
            options.json ? toJson(state).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"
                         : toText(state);
        co_await output.out(text);
        co_return kDone;
    }

    asio::awaitable<int> history(const nlohmann::json& given, ControlOutput& output) {
        const HistoryOptions options = readHistoryOptions(given);
        std::istringstream in;
        std::ostringstream out;
        std::ostringstream err;
        const int code = bridge::history(options, service_.store, &service_.zone, {in, out, err});
        co_await output.out(out.str());
        co_await output.err(err.str());
        co_return code;
    }

    /// Between portions the service does its other work.
    asio::awaitable<int> upload(const nlohmann::json& given, ControlOutput& output) {
        const BackfillOptions options = readBackfillOptions(given);
        if (!service_.wakeUploader) {
            co_await output.err("the running service uploads nothing: nightscout.url is not configured\n");
            co_return kWrongUsage;
        }
        if (uploading_) throw ControlError(ControlRefusal::Busy, "an upload is being queued already");
        uploading_ = true;
        const auto done = std::shared_ptr<void>(nullptr, [this](void*) { uploading_ = false; });
        Backfill backfill(service_.store, options, service_.configuration.documents,
                          service_.configuration.pump.serial, service_.zone);
        if (!backfill.found()) {
            co_await output.err("the store holds no records\n");
            co_return kFoundProblem;
        }
        while (backfill.queue(service_.store))
            co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
        service_.wakeUploader();
        co_await output.out(toText(backfill.summary()));
        co_await output.out("queued: the running service sends what is new\n");
        co_return kDone;
    }

private:
    ServedBy service_;
    bool uploading_ = false;
};

} // namespace

std::map<std::string, ControlCommand> servedCommands(const ServedBy& service) {
    const auto served = std::make_shared<Served>(service);
    return {
        {kStatusCommand, [served](const auto& options, auto& out) { return served->status(options, out); }},
        {kHistoryCommand, [served](const auto& options, auto& out) { return served->history(options, out); }},
        {kUploadCommand, [served](const auto& options, auto& out) { return served->upload(options, out); }},
    };
}

} // namespace bridge
