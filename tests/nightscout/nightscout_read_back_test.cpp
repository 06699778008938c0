// SPDX-License-Identifier: MIT
// Every document that the service can produce, sent to a real Nightscout and read back.
#include <map>
#include <set>

#include "every_document.hpp"
#include "nightscout_site.hpp"

namespace nightscout::testing {
namespace {

using Json = nlohmann::json;

class ReadBack : public NightscoutSiteTest {
protected:
    /// By identifier, else by the time that names it.
    static std::string nameOf(const Json& document) {
        for (const char* key : {"identifier", "created_at"}) {
            if (document.contains(key)) return document.at(key).get<std::string>();
        }
        return {};
    }
    /// The test's history has glucose values of one second, of which a site keeps one.
    static std::vector<Document> documents() {
        auto all = test::everyDocument(test::everything());
        std::set<UtcMilliseconds> taken;
        std::erase_if(all, [&](const Document& document) {
            return document.collection == Collection::Entries && !taken.insert(document.time).second;
        });
        return all;
    }
    std::map<std::string, Json> readBack() {
        std::map<std::string, Json> all;
        for (const auto collection :
             {Collection::Entries, Collection::Treatments, Collection::DeviceStatus}) {
            for (const Json& document : stored(collection)) all[nameOf(document)] = document;
        }
        return all;
    }
};

TEST_F(ReadBack, GivesEveryFieldOfEveryEventType) {
    const auto all = documents();
    std::set<std::string> sent;
    for (const Document& document : all) {
        sent.insert(document.eventType);
        outbox_.add(document);
    }
    ASSERT_TRUE(drain(0));
    const auto shown = readBack();
    EXPECT_EQ(shown.size(), outbox_.acknowledged().size());
    for (const Document& document : all) {
        const Json body = Json::parse(document.body);
        const auto found = shown.find(nameOf(body));
        ASSERT_NE(found, shown.end()) << document.body;
        for (const auto& [key, value] : body.items()) {
            // The server drops it from treatments without glucose (docs/nightscout/api.md 6.1).
            if (key == "units" && document.eventType == "Temporary Target") continue;
            ASSERT_TRUE(found->second.contains(key)) << key << " of " << document.body;
            EXPECT_EQ(found->second.at(key), value) << key << " of " << document.body;
        }
    }
    EXPECT_GE(sent.size(), 16U);
}

TEST_F(ReadBack, ShowsNothingTwiceWhenEverythingIsSentAgain) {
    auto all = documents();
    for (int time = 0; time < 2; ++time) {
        for (const Document& document : all) outbox_.add(document);
        ASSERT_TRUE(drain(0));
        // Device statuses have no key: the bridge never sends one twice.
        std::erase_if(all, [](const Document& one) { return one.collection == Collection::DeviceStatus; });
    }
    std::size_t count = 0;
    for (const auto collection : {Collection::Entries, Collection::Treatments}) {
        count += stored(collection).size();
    }
    EXPECT_EQ(count, all.size());
    EXPECT_EQ(stored(Collection::DeviceStatus).size(), 1U);
}

} // namespace
} // namespace nightscout::testing
