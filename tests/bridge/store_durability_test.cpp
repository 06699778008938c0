// SPDX-License-Identifier: MIT
// A process that stores and uploads is killed at each statement in turn. What it had been told was done must
// be there, and nothing may be half done.
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>

#include "bridge/store/store.hpp"
#include "store_samples.hpp"
#include "temporary_directory.hpp"

namespace bridge::test {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kRecordsInABatch = 6;
constexpr int kBatches = 3;
constexpr int kNever = -1;

int statementsLeft = kNever; // of the child process

int killAtStatement(unsigned, void*, void*, void*) {
    if (statementsLeft != kNever && statementsLeft-- == 0) ::raise(SIGKILL);
    return 0;
}

int watchStatements(sqlite3* handle, const char**, const void*) {
    return sqlite3_trace_v2(handle, SQLITE_TRACE_STMT, killAtStatement, nullptr);
}

/// A day in small: records come, become documents, a treatment changes and one is superseded, all is
/// acknowledged. Reports each finished step as one byte on `progress`.
void liveThrough(const fs::path& file, int progress) {
    Store store(file);
    const PumpId pump = store.pump("NG1234567H").id;
    const auto report = [progress] { (void)!::write(progress, ".", 1); };
    report();
    for (std::uint32_t batch = 0; batch < kBatches; ++batch) {
        const std::uint32_t first = 1000 + batch * kRecordsInABatch;
        store.addRecords(pump, recordsFromTo(first, first + kRecordsInABatch - 1), kNow);
        report();
        const int minute = static_cast<int>(first - 1000);
        nightscout::Document successor = treatment(minute + 2);
        successor.supersedes = treatment(minute + 1).identifier;
        const std::vector documents{entry(minute), treatment(minute + 1), successor};
        const std::vector<Store::Published> times{{first, kNow}, {first + 1, kNow}, {first + 2, kNow}};
        store.queueDocuments(pump, documents, times);
        report();
        for (auto items = store.next(2, 1000, kNow); !items.empty(); items = store.next(2, 1000, kNow)) {
            store.countAttempt(std::vector{items.front().id});
            std::vector<nightscout::Acknowledgement> acknowledgements;
            acknowledgements.reserve(items.size());
            for (const auto& item : items) acknowledgements.push_back({item.id, "id"});
            store.acknowledge(acknowledgements);
        }
        report();
    }
}

/// Steps that the child finished, or nothing when it was never killed.
std::optional<int> runAndKill(const fs::path& file, int statement) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("pipe");
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(ends[0]);
        statementsLeft = statement;
        sqlite3_auto_extension(reinterpret_cast<void (*)()>(watchStatements));
        liveThrough(file, ends[1]);
        ::_exit(0);
    }
    ::close(ends[1]);
    int steps = 0;
    for (char byte = 0; ::read(ends[0], &byte, 1) == 1;) ++steps;
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) {
        EXPECT_EQ(WTERMSIG(status), SIGKILL);
        return steps;
    }
    EXPECT_EQ(WEXITSTATUS(status), 0);
    return std::nullopt;
}

std::string integrity(const fs::path& file) {
    sqlite3* handle = nullptr;
    sqlite3_open(file.c_str(), &handle);
    std::string verdict;
    sqlite3_exec(
        handle, "PRAGMA integrity_check; PRAGMA foreign_key_check",
        [](void* out, int, char** columns, char**) {
            *static_cast<std::string*>(out) += columns[0];
            return 0;
        },
        &verdict, nullptr);
    sqlite3_close(handle);
    return verdict;
}

void expectWhole(const fs::path& file, int steps) {
    Store store(file);
    const PumpId pump = store.pump("NG1234567H").id;
    const auto recordSteps = static_cast<std::uint64_t>((steps + 1) / 3);
    EXPECT_GE(store.recordCount(pump), recordSteps * kRecordsInABatch) << "a finished step was lost";
    EXPECT_EQ(store.recordCount(pump) % kRecordsInABatch, 0U) << "half a batch";
    std::uint64_t held = 0;
    for (const auto& range : store.held(pump)) held += range.last - range.first + 1;
    std::uint64_t published = 0;
    store.forEachRecord(pump, {0, 0xffffffff}, [&](const StoredRecord& stored) {
        --held;
        published += stored.publishedAt ? 1U : 0U;
    });
    EXPECT_EQ(held, 0U) << "ranges and records differ";
    // Two documents of each queued batch remain; their records' times were fixed with them.
    EXPECT_EQ(published % 3, 0U);
    EXPECT_EQ(store.uploadedCount() + store.depth(), published / 3 * 2);
}

TEST(StoreKilledAtAnyStatement, LosesNothingAndDoublesNothing) {
    int statement = 0;
    for (std::optional<int> steps = 0; steps; statement += 7) {
        SCOPED_TRACE("killed at statement " + std::to_string(statement));
        const TemporaryDirectory directory;
        steps = runAndKill(directory / "history.db", statement);
        expectWhole(directory / "history.db", steps.value_or(3 * kBatches + 1));
        EXPECT_EQ(integrity(directory / "history.db"), "ok");
        // The next start takes up the work and ends where an undisturbed one does.
        EXPECT_FALSE(runAndKill(directory / "history.db", kNever));
        Store store(directory / "history.db");
        EXPECT_EQ(store.recordCount(store.pump("NG1234567H").id), kBatches * kRecordsInABatch);
        EXPECT_EQ(store.depth(), 0U);
        EXPECT_EQ(store.uploadedCount(), 2U * kBatches);
        if (HasFailure()) return;
    }
    EXPECT_GT(statement, 100) << "the kill points cover the whole run";
}

} // namespace
} // namespace bridge::test
