// SPDX-License-Identifier: MIT
// A new machine, an empty or restored store, a second bridge: what the site has already is gone on with.
// docs/nightscout/mapping.md 5.3 (adoption).
#include "bridge/publish/adoption.hpp"

#include <gmock/gmock.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <boost/asio/io_context.hpp>
#include <charconv>
#include <filesystem>

#include "../nightscout/run_task.hpp"
#include "../nightscout/scripted_server.hpp"
#include "bridge/publish/backfill.hpp"
#include "generated_store.hpp"
#include "host_clock_double.hpp"
#include "nightscout/upload/client.hpp"

namespace bridge::test {
namespace {

using namespace std::chrono_literals;
using nightscout::Collection;
using nightscout::UtcMilliseconds;
using nightscout::testing::ScriptedAnswer;
using nightscout::testing::SeenRequest;
using std::chrono::seconds;
using Times = std::map<std::string, UtcMilliseconds>;

/// What generatedRecords() end with, an hour behind the pump's clock.
constexpr std::chrono::sys_seconds kNow{kPumpNow.time_since_epoch() - 1h};

std::int64_t numberAfter(const std::string& text, std::string_view key) {
    const auto at = text.find(key) + key.size();
    std::int64_t number = 0;
    std::from_chars(text.data() + at, text.data() + text.size(), number);
    return number;
}

/// The documents that a site has, by time, and its answers to the two lists.
class SmallSite {
public:
    ScriptedAnswer answer(const SeenRequest& request) {
        requests.push_back(request.target);
        if (refuses) return given(401, R"({"status":401,"message":"Unauthorized"})");
        const bool entries = request.target.starts_with("/api/v1/entries");
        const auto most = static_cast<std::size_t>(numberAfter(request.target, "count="));
        Json list = Json::array();
        for (auto it = documents_.rbegin(); it != documents_.rend() && list.size() < most; ++it) {
            const auto& [time, document] = *it;
            if ((document.collection == Collection::Entries) != entries || !isAsked(request.target, time))
                continue;
            list.push_back({{"identifier", document.identifier}});
            if (entries)
                list.back()["date"] = time.time_since_epoch().count();
            else
                list.back()["created_at"] = nightscout::toIso(time);
        }
        return given(200, list.dump());
    }
    void put(const nightscout::Document& document) {
        std::erase_if(documents_,
                      [&](const auto& entry) { return entry.second.identifier == document.identifier; });
        documents_.emplace(document.time, document);
    }
    [[nodiscard]] Times times() const {
        Times times;
        for (const auto& [time, document] : documents_) times.emplace(document.identifier, time);
        return times;
    }

    bool refuses = false;
    std::vector<std::string> requests;

private:
    static ScriptedAnswer given(unsigned status, std::string body) {
        ScriptedAnswer answer;
        answer.status = status;
        answer.body = std::move(body);
        return answer;
    }
    static bool isAsked(const std::string& target, UtcMilliseconds time) {
        if (target.starts_with("/api/v1/entries")) {
            const auto date = time.time_since_epoch().count();
            return date >= numberAfter(target, "[$gte]=") && date < numberAfter(target, "[$lt]=");
        }
        const auto text = [&](std::string_view key) {
            return target.substr(target.find(key) + key.size(),
                                 std::string_view("2026-03-14T08:29:11.022Z").size());
        };
        const auto created = nightscout::toIso(time);
        return created >= text("[$gte]=") && created < text("[$lt]=");
    }
    std::multimap<UtcMilliseconds, nightscout::Document> documents_;
};

/// Up to the record that the generated pump loses: one gap-free run.
const std::vector<ReceivedRecord>& aDay() {
    static const auto records = [] {
        auto all = generatedRecords(1);
        const auto gap = std::ranges::adjacent_find(all, [](const auto& before, const auto& after) {
            return after.sequenceNumber != before.sequenceNumber + 1;
        });
        if (gap != all.end()) all.erase(std::next(gap), all.end());
        return all;
    }();
    return records;
}
std::uint32_t firstReference() {
    const auto isReference = [](const ReceivedRecord& record) {
        return therapy::referenceOf(record.raw).has_value();
    };
    return std::ranges::find_if(aDay(), isReference)->sequenceNumber;
}
/// A store and what publishes from it; what it queues is on the site at once.
class Bridge {
public:
    /// `trusted`: this computer's clock is, from the beginning.
    Bridge(SmallSite& site, std::filesystem::path file, bool trusted = true)
        : site_(site), file_(std::move(file)), computer_(store, zone_, trusted) {
        computer_.utc = kNow;
        restart();
    }

    void restart() {
        adoption_.emplace(
            store, computer_.host, [this](const PumpInfo&) { publisher_->publish(pump()); }, log_);
        publisher_.emplace(
            store, zone_, computer_.host, settings_,
            [this](PumpId id, std::span<const nightscout::Document> documents,
                   std::span<const Store::Published> times) {
                for (const auto& document : documents) {
                    site_.put(document);
                    sent[document.identifier] = document.time;
                }
                return store.queueDocuments(id, documents, times);
            },
            true, log_);
        publisher_->setGate(*adoption_);
    }
    PumpInfo pump() { return store.pump("NG1234567H"); }
    void measure(seconds offset) {
        store.keepClockOffset(pump().id, measuredClock(firstReference(), offset));
    }
    void trustClock() { computer_.host.timeServiceSays(true); }
    void receive(std::span<const ReceivedRecord> records) {
        store.noteOldest(pump().id, 0);
        store.addRecords(pump().id, records, kNow);
        publish();
    }
    void publish() {
        publisher_->publish(pump());
        while (adoption_->isOpen()) ask();
    }
    nightscout::Reply ask() {
        nightscout::testing::ScriptedServer server(
            io_, [this](SeenRequest request) -> boost::asio::awaitable<ScriptedAnswer> {
                co_return site_.answer(request);
            });
        nightscout::ClientSettings settings;
        settings.site = {false, "127.0.0.1", std::to_string(server.port()), "", std::nullopt, std::nullopt};
        nightscout::Client client(io_.get_executor(), settings);
        nightscout::UploadApi api(client);
        return nightscout::testing::runTask(io_, adoption_->ask(api));
    }
    [[nodiscard]] bool asks() const { return adoption_->isOpen(); }
    void publishOnly() { publisher_->publish(pump()); }
    std::vector<therapy::ClockOffset> offsets() { return store.clockOffsets(pump().id); }
    [[nodiscard]] const therapy::Zone& zone() const { return zone_; }
    [[nodiscard]] const nightscout::MappingSettings& settings() const { return settings_; }

private:
    SmallSite& site_;
    std::filesystem::path file_;
    boost::asio::io_context io_{1};
    therapy::Zone zone_ = therapy::Zone::find("Europe/Berlin").value();
    nightscout::MappingSettings settings_;
    spdlog::logger log_{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};

public:
    Store store{file_};
    Times sent;

private:
    HostClockDouble computer_;
    std::optional<Adoption> adoption_;
    std::optional<Publisher> publisher_;
};

/// Records that come when the others are on the site.
constexpr std::size_t kLater = 60;

class ASecondBridge : public ::testing::Test {
protected:
    void SetUp() override {
        first_.measure(1h);
        first_.receive(std::span(records_).first(records_.size() - kLater));
        before_ = site_.times();
        ASSERT_GT(before_.size(), 400U);
    }
    /// Everything that the first one has not sent.
    std::span<const ReceivedRecord> later() { return std::span(records_).last(kLater); }

    TemporaryDirectory directory_;
    SmallSite site_;
    const std::vector<ReceivedRecord>& records_ = aDay();
    Bridge first_{site_, directory_ / "first.db"};
    Times before_;
};

TEST_F(ASecondBridge, GoesOnWithTheTimesThatTheSiteHas) {
    Bridge second(site_, directory_ / "second.db");
    second.measure(1h + 60s);
    second.receive(records_);
    const auto after = site_.times();
    for (const auto& [identifier, time] : before_) EXPECT_EQ(after.at(identifier), time) << identifier;
    EXPECT_EQ(second.offsets().back().offset, 1h);
    EXPECT_EQ(second.offsets().back().source, therapy::OffsetSource::Adopted);
    EXPECT_EQ(second.offsets().back().measured, 1h + 60s) << "drift counts from what was measured";
    EXPECT_EQ(second.store.wrongTimes(1), 0U);

    // And the first one agrees with what the second has added.
    first_.receive(later());
    EXPECT_EQ(site_.times(), after);
    EXPECT_GT(after.size(), before_.size());
}

TEST_F(ASecondBridge, GoesOnUpToAHundredAndFiftySeconds) {
    Bridge second(site_, directory_ / "second.db");
    second.measure(1h - 150s);
    second.receive(records_);
    EXPECT_EQ(second.offsets().back().offset, 1h);
    EXPECT_EQ(second.store.wrongTimes(1), 0U);
}

TEST_F(ASecondBridge, SaysWhatIsWrongOnTheSiteAndPostsItNoSecondTime) {
    Bridge second(site_, directory_ / "second.db");
    second.measure(1h - 151s);
    second.receive(records_);
    auto after = site_.times();
    for (const auto& [identifier, time] : before_) EXPECT_EQ(after.at(identifier), time) << identifier;
    EXPECT_EQ(second.offsets().back().offset, 1h - 151s);
    EXPECT_GT(second.store.wrongTimes(1), 300U);

    // `upload --correct-times` moves them, and then nothing is wrong any more.
    BackfillOptions options;
    options.correctTimes = true;
    Backfill correction(second.store, options, second.settings(), "", second.zone());
    ASSERT_TRUE(correction.found());
    while (correction.queue(second.store)) {
    }
    EXPECT_EQ(second.store.wrongTimes(1), 0U) << toText(correction.summary());
    std::size_t waiting = 0;
    for (auto items = second.store.next(5000, 1U << 30U, kNow); !items.empty();
         items = second.store.next(5000, 1U << 30U, kNow)) {
        std::vector<nightscout::Acknowledgement> taken;
        for (const auto& item : items) {
            taken.push_back({item.id, "server"});
            ++waiting;
        }
        second.store.acknowledge(taken);
    }
    EXPECT_GE(waiting, before_.size());
}

TEST_F(ASecondBridge, SendsNothingBeforeTheSiteHasAnswered) {
    Bridge second(site_, directory_ / "second.db");
    second.measure(1h);
    second.store.addRecords(second.pump().id, records_, kNow);
    second.publishOnly();
    EXPECT_TRUE(second.sent.empty());
    EXPECT_TRUE(second.asks());
    ASSERT_TRUE(second.ask().accepted()); // glucose; treatments are asked next
    EXPECT_TRUE(second.sent.empty());
    EXPECT_TRUE(second.asks());
}

TEST_F(ASecondBridge, AsksSinceWhenOnlyByAClockThatIsTrusted) {
    Bridge second(site_, directory_ / "second.db", false);
    second.measure(1h);
    second.receive(records_);
    EXPECT_FALSE(second.asks());
    EXPECT_TRUE(second.sent.empty());
    second.trustClock();
    second.publish();
    EXPECT_FALSE(second.sent.empty());
    EXPECT_EQ(second.store.wrongTimes(1), 0U);
}

TEST_F(ASecondBridge, ReadsAllPagesOfAFullSite) {
    Bridge second(site_, directory_ / "second.db");
    second.measure(1h + 60s);
    for (int extra = 0; extra < 2200; ++extra) {
        nightscout::Document document;
        document.identifier = "00000000-0000-4000-8000-" + std::to_string(100'000'000'000 + extra);
        document.collection = Collection::Entries;
        document.time = kNow - std::chrono::minutes(extra / 3); // three of a millisecond
        site_.put(document);
    }
    site_.requests.clear();
    second.receive(records_);
    EXPECT_EQ(site_.requests.size(), 6U) << "five pages of glucose, one of treatments";
    for (const auto& [identifier, time] : before_)
        EXPECT_EQ(site_.times().at(identifier), time) << identifier;
}

TEST_F(ASecondBridge, PublishesAllTheSameWhenItMayNotRead) {
    Bridge second(site_, directory_ / "second.db");
    site_.refuses = true;
    second.measure(1h);
    second.receive(records_);
    EXPECT_GT(second.sent.size(), before_.size() / 2);
}

TEST_F(ASecondBridge, AsksForLittleAfterARestart) {
    first_.restart();
    site_.requests.clear();
    first_.receive(later());
    ASSERT_EQ(site_.requests.size(), 2U);
    const auto from = numberAfter(site_.requests[0], "[$gte]=");
    EXPECT_GT(from, UtcMilliseconds{kNow - 48h}.time_since_epoch().count());
    first_.publish();
    EXPECT_EQ(site_.requests.size(), 2U) << "once";
}

TEST_F(ASecondBridge, RestoredFromAnOldBackupGoesOnWithWhatCameAfterIt) {
    // Of before the records of later(); then the pump's clock was found 2 min slow.
    Bridge restored(site_, directory_ / "restored.db");
    restored.measure(1h);
    restored.receive(std::span(records_).first(records_.size() - kLater));
    first_.measure(1h - 120s);
    first_.receive(later());
    const auto before = site_.times();
    restored.restart();
    restored.receive(later());
    EXPECT_EQ(site_.times(), before);
}

TEST(AnEmptySite, GetsTheOldEndOfThePumpsMemoryToo) {
    const TemporaryDirectory directory;
    SmallSite site;
    const auto part = std::span(aDay()).subspan(400);
    const auto sentBy = [&](const std::string& name) {
        Bridge bridge(site, directory / name);
        bridge.store.keepClockOffset(bridge.pump().id, measuredClock(part.back().sequenceNumber, 1h));
        bridge.store.noteOldest(1, part.front().sequenceNumber);
        bridge.store.addRecords(1, part, kNow);
        bridge.publish();
        return bridge.sent.size();
    };
    const auto onEmpty = sentBy("first.db");
    const auto onFull = sentBy("second.db");
    EXPECT_GT(onEmpty, onFull) << "what may have been sent whole is not sent in part";
}

} // namespace
} // namespace bridge::test
