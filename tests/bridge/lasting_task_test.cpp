// SPDX-License-Identifier: MIT
#include "bridge/lasting_task.hpp"

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <sstream>

#include "bridge/store/store.hpp"

namespace bridge {
namespace {

class ALastingTask : public ::testing::Test {
protected:
    /// Its runs, until it ends; `kinds`: how the first ones end.
    int runs(std::vector<StoreErrorKind> kinds) {
        int count = 0;
        const auto once = [&]() -> asio::awaitable<void> {
            const auto run = static_cast<std::size_t>(count++);
            if (run < kinds.size()) throw StoreError("history.db: no", kinds[run]);
            co_return;
        };
        ended.reset();
        asio::co_spawn(io, lasting("work", once, std::chrono::milliseconds(0), log),
                       [this](const std::exception_ptr& error) { ended = error; });
        io.restart();
        io.run();
        return count;
    }

    asio::io_context io{1};
    std::ostringstream journal;
    spdlog::logger log{"test", std::make_shared<spdlog::sinks::ostream_sink_st>(journal)};
    std::optional<std::exception_ptr> ended;
};

TEST_F(ALastingTask, BeginsAgainUntilTheStoreCanBeWritten) {
    EXPECT_EQ(runs(std::vector(45, StoreErrorKind::Passing)), 46);
    ASSERT_TRUE(ended);
    EXPECT_EQ(*ended, nullptr);
    const std::string text = journal.str();
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3) << text;
    EXPECT_NE(text.find("work: history.db: no; tried again every"), std::string::npos) << text;
}

TEST_F(ALastingTask, EndsWithWhatDoesNotPass) {
    for (const auto kind : {StoreErrorKind::Damaged, StoreErrorKind::Unusable}) {
        EXPECT_EQ(runs({StoreErrorKind::Passing, kind}), 2);
        ASSERT_TRUE(ended);
        EXPECT_NE(*ended, nullptr);
    }
}

} // namespace
} // namespace bridge
