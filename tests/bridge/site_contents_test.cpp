// SPDX-License-Identifier: MIT
// What a real Nightscout shows of a pump's life: everything once, whoever sent it, and as much insulin on
// each day as the pump delivered.
#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>
#include <cmath>
#include <map>
#include <set>

#include "../nightscout/nightscout_process.hpp"
#include "../nightscout/run_task.hpp"
#include "bridge/config/site_settings.hpp"
#include "bridge/publish/publisher.hpp"
#include "generated_store.hpp"
#include "host_clock_double.hpp"
#include "therapy/time_line.hpp"

namespace bridge::test {
namespace {

using namespace std::chrono_literals;
namespace history = protocol::history;
using std::chrono::milliseconds;
using std::chrono::sys_days;
using UtcMilliseconds = std::chrono::sys_time<milliseconds>;
using ::testing::HasSubstr;

UtcMilliseconds parseIso(const std::string& text) {
    int year = 0;
    unsigned month = 0, day = 0;
    int hour = 0, minute = 0, second = 0, fraction = 0;
    std::sscanf(text.c_str(), "%d-%u-%uT%d:%d:%d.%dZ", &year, &month, &day, &hour, &minute, &second,
                &fraction);
    const sys_days date{std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{day}};
    return date + std::chrono::hours{hour} + std::chrono::minutes{minute} + std::chrono::seconds{second} +
           milliseconds{fraction};
}

/// Units by day of UTC.
class DailyInsulin {
public:
    void add(UtcMilliseconds at, double units) { days_[std::chrono::floor<std::chrono::days>(at)] += units; }
    /// Evenly over a time, also across midnight.
    void spread(UtcMilliseconds begin, UtcMilliseconds end, double unitsPerHour) {
        while (begin < end) {
            const auto midnight = std::chrono::floor<std::chrono::days>(begin) + std::chrono::days{1};
            const auto until = std::min<UtcMilliseconds>(end, midnight);
            add(begin, unitsPerHour * std::chrono::duration<double, std::ratio<3600>>(until - begin).count());
            begin = until;
        }
    }
    [[nodiscard]] const std::map<sys_days, double>& days() const { return days_; }

private:
    std::map<sys_days, double> days_;
};

class Site : public GeneratedStore {
protected:
    void SetUp() override {
        const auto folder = nightscout::testing::NightscoutProcess::folder();
        if (!folder) GTEST_SKIP() << "PUMP_BRIDGE_NIGHTSCOUT_DIR names no folder with node_modules";
        server_ = std::make_unique<nightscout::testing::NightscoutProcess>(io_, *folder, kSecret);
        configuration.nightscout.url = "http://127.0.0.1:" + std::to_string(server_->port());
        configuration.apiSecret = kSecret;
    }
    Json ask(const std::string& path) {
        auto settings = clientSettings(configuration);
        settings.bodyLimit = std::uint64_t{16} * 1024 * 1024; // a test reads all of the site at once
        nightscout::Client client(io_.get_executor(), settings);
        const auto response = nightscout::testing::runTask(io_, client.request("GET", path, ""));
        EXPECT_EQ(response.status, 200U) << path;
        return Json::parse(response.body);
    }
    Json treatments() {
        return ask("/api/v1/treatments.json?find[created_at][$gte]=1970-01-02T00:00:00.000Z&count=100000");
    }
    Json entries() { return ask("/api/v1/entries.json?find[date][$gte]=1&count=100000"); }
    /// By identifier, without what the server adds.
    std::map<std::string, Json> documents() {
        std::map<std::string, Json> all;
        for (const Json& list : {entries(), treatments()}) {
            for (Json document : list) {
                for (const char* key : {"_id", "mills", "utcOffset", "sysTime"}) document.erase(key);
                const auto identifier = document.at("identifier").get<std::string>();
                EXPECT_TRUE(all.emplace(identifier, std::move(document)).second) << "twice: " << identifier;
            }
        }
        return all;
    }
    static UploadOptions everything() {
        UploadOptions options;
        options.days = 400;
        return options;
    }
    /// Another bridge's store.
    void useStore(const std::string& name) { configuration.storage.path = directory / name; }

    static constexpr const char* kSecret = "this-is-a-test-secret";
    boost::asio::io_context io_{1};
    std::unique_ptr<nightscout::testing::NightscoutProcess> server_;
};

TEST_F(Site, HoldsWhatTheUploadCommandSentOnce) {
    fillWith(1);
    ASSERT_EQ(uploadNow(everything()), kDone) << err.str();
    const auto first = documents();
    EXPECT_GT(first.size(), 300U);
    EXPECT_THAT(out.str(), HasSubstr("sent " + std::to_string(first.size()) + " documents"));
    ASSERT_EQ(uploadNow(everything()), kDone) << err.str();
    EXPECT_THAT(out.str(), HasSubstr("sent 0 documents"));
    UploadOptions forced = everything();
    forced.force = true;
    ASSERT_EQ(uploadNow(forced), kDone) << err.str();
    EXPECT_EQ(documents(), first);
}

TEST_F(Site, ShowsEverythingAtItsNewTimeAfterAForcedUpload) {
    fillWith(1);
    ASSERT_EQ(uploadNow(everything()), kDone) << err.str();
    const auto before = documents();
    {
        Store store(configuration.storage.path);
        measure(store, 2h);
    }
    configuration.timezone = "Europe/Helsinki";
    UploadOptions forced = everything();
    forced.force = true;
    ASSERT_EQ(uploadNow(forced), kDone) << err.str();
    // As if it had been uploaded like that in the first place: nothing at its old time, nothing missing.
    const auto after = documents();
    for (const auto& [identifier, document] : after) {
        const auto found = before.find(identifier);
        if (found == before.end()) continue; // Temp Basals begin anew in each third of a UTC day
        EXPECT_EQ(parseIso(timeOf(document)), parseIso(timeOf(found->second)) - 1h);
    }
    EXPECT_NEAR(static_cast<double>(after.size()), static_cast<double>(before.size()), 3);
    useStore("second.db");
    fillWith(1);
    {
        Store store(configuration.storage.path);
        measure(store, 2h);
    }
    ASSERT_EQ(uploadNow(everything()), kDone) << err.str();
    EXPECT_EQ(documents(), after);
}

TEST_F(Site, ThatIsAwayIsTold) {
    fillWith(1);
    configuration.nightscout.url = "http://127.0.0.1:1";
    UploadOptions options;
    options.features = {nightscout::Feature::Bolus};
    EXPECT_EQ(uploadNow(options), kUnreachable);
    EXPECT_THAT(err.str(), HasSubstr("what is queued is sent by the service"));
}

TEST_F(Site, IsTheSameWhenASecondBridgeSendsTheSamePump) {
    const auto records = generatedRecords(2);
    {
        Store store(configuration.storage.path);
        fill(store, records);
    }
    ASSERT_EQ(uploadNow(everything()), kDone) << err.str();
    const auto first = documents();

    // Paired anew: the newest part came first, in pieces, and the service mapped in between.
    useStore("second.db");
    {
        Store store(configuration.storage.path);
        const std::size_t half = records.size() / 2;
        const std::vector<ReceivedRecord> older(records.begin(), records.begin() + static_cast<long>(half));
        const std::vector<ReceivedRecord> newer(records.begin() + static_cast<long>(half), records.end());
        const auto zone = therapy::Zone::find(configuration.timezone).value();
        const auto sink = [&store](PumpId pump, std::span<const nightscout::Document> told,
                                   std::span<const Store::Published> times) {
            return store.queueDocuments(pump, told, times);
        };
        HostClockDouble computer{store, zone};
        Publisher publisher(store, zone, computer.host, configuration.documents, sink, true, log);
        const PumpInfo pump = store.pump("NG1234567H");
        store.keepClockOffset(pump.id, measuredClock(newer.back().sequenceNumber, 1h));
        store.addRecords(pump.id, newer, std::chrono::sys_seconds{});
        publisher.publish(pump);
        fill(store, older, 100);
        publisher.publish(pump);
    }
    ASSERT_EQ(uploadNow(everything()), kDone) << err.str();
    EXPECT_EQ(documents(), first);
}

/// What the records say was delivered: steps of SmartGuard over five minutes, boluses when they were
/// programmed, extended parts over their time, the pattern in manual mode.
DailyInsulin deliveredBy(const therapy::HistoryRun& run) {
    DailyInsulin daily;
    std::map<std::uint16_t, UtcMilliseconds> programmed;
    double rate = 0;
    bool manual = false, stopped = false;
    UtcMilliseconds since{};
    for (const auto& timed : run.records) {
        if (!timed.record || !timed.time) continue;
        const auto& data = timed.record->data;
        const UtcMilliseconds now = *timed.time;
        const auto settle = [&] {
            if (manual && !stopped) daily.spread(since, now, rate);
            since = now;
        };
        if (const auto* step = std::get_if<history::AutoBasalDelivery>(&data)) {
            daily.spread(now, now + 5min, step->amount.toDouble() * 12);
        } else if (const auto* begun = std::get_if<history::BolusProgrammedPart1>(&data)) {
            programmed[begun->bolusId] = now;
        } else if (const auto* bolus = std::get_if<history::BolusDeliveredPart1>(&data)) {
            const auto found = programmed.find(bolus->bolusId);
            const auto begin = found == programmed.end() ? now : found->second;
            daily.add(begin, bolus->fastAmount.toDouble());
            const double extended = bolus->extendedAmount.toDouble();
            const std::chrono::minutes lasted{bolus->durationMinutes};
            if (lasted > 0min)
                daily.spread(begin, begin + lasted, extended * 60 / static_cast<double>(lasted.count()));
        } else if (const auto* mode = std::get_if<history::Cl1Transition>(&data)) {
            settle();
            manual = mode->transition != history::Cl1TransitionKind::IntoAuto;
        } else if (const auto* change = std::get_if<history::DeliveredBasalRateChanged>(&data)) {
            settle();
            rate = change->newRate.toDouble();
        } else if (std::holds_alternative<history::InsulinDeliveryStopped>(data)) {
            settle();
            stopped = true;
        } else if (std::holds_alternative<history::InsulinDeliveryRestarted>(data)) {
            settle();
            stopped = false;
        }
    }
    return daily;
}

/// What the site draws and adds up: a Temp Basal lasts until the next one (docs/nightscout/mapping.md 1.3).
DailyInsulin shownBy(const Json& treatments) {
    struct Rate {
        UtcMilliseconds begin, end;
        double unitsPerHour;
    };
    DailyInsulin daily;
    std::vector<Rate> rates;
    const auto numberOf = [](const Json& treatment, const char* key) {
        const auto found = treatment.find(key);
        return found != treatment.end() && found->is_number() ? found->get<double>() : 0.0;
    };
    for (const Json& treatment : treatments) {
        const auto begin = parseIso(timeOf(treatment));
        const auto end =
            begin + std::chrono::round<milliseconds>(
                        std::chrono::duration<double, std::ratio<60>>(numberOf(treatment, "duration")));
        daily.add(begin, numberOf(treatment, "insulin"));
        daily.spread(begin, end, numberOf(treatment, "relative"));
        if (treatment.at("eventType") == "Temp Basal")
            rates.push_back({begin, end, numberOf(treatment, "absolute")});
    }
    std::ranges::sort(rates, {}, &Rate::begin);
    for (std::size_t i = 0; i < rates.size(); ++i) {
        const auto end = i + 1 < rates.size() ? std::min(rates[i].end, rates[i + 1].begin) : rates[i].end;
        daily.spread(rates[i].begin, end, rates[i].unitsPerHour);
    }
    return daily;
}

TEST_F(Site, ShowsAGeneratedMonthOnceAndAsMuchInsulinAsThePumpDelivered) {
    constexpr int kDays = 30;
    fillWith(kDays);
    ASSERT_EQ(uploadNow(everything()), kDone) << err.str();
    const Json shown = treatments();
    const std::size_t glucose = entries().size();
    EXPECT_GT(glucose, 7000U);

    // Once more in full, by a bridge that knows nothing of it.
    useStore("second.db");
    fillWith(kDays);
    ASSERT_EQ(uploadNow(everything()), kDone) << err.str();
    EXPECT_EQ(treatments().size(), shown.size());
    EXPECT_EQ(entries().size(), glucose);

    const Store store(configuration.storage.path, Store::Access::ReadOnly);
    const auto zone = therapy::Zone::find(configuration.timezone).value();
    therapy::HistoryRun whole;
    std::set<sys_days> incomplete; // a number is missing that the pump has lost
    for (const SequenceRange& run : store.held(1)) {
        auto part = StoredRun(store, 1, run, zone).history(run);
        incomplete.insert(std::chrono::floor<std::chrono::days>(part.records.back().time.value()));
        std::ranges::move(part.records, std::back_inserter(whole.records));
    }
    const auto delivered = deliveredBy(whole).days();
    const auto drawn = shownBy(shown).days();
    ASSERT_GE(delivered.size(), static_cast<std::size_t>(kDays));
    for (const auto& [day, units] : delivered) {
        const auto found = drawn.find(day);
        ASSERT_NE(found, drawn.end());
        // The step before a lost record is shown for seven minutes instead of five: nothing cuts it.
        const double tolerance = incomplete.contains(day) ? 0.1 : 0.05;
        EXPECT_NEAR(found->second, units, tolerance) << "day " << day.time_since_epoch().count();
    }
}

} // namespace
} // namespace bridge::test
