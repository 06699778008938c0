// SPDX-License-Identifier: MIT
// Locks are per open file, so that one process can play two.
#include "bridge/control/instance_lock.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "temporary_directory.hpp"

namespace bridge::test {
namespace {

class InstanceLocks : public ::testing::Test {
protected:
    InstanceLock lock(const char* store, const std::string& adapter) const {
        return {directory / store, adapter, directory / "run"};
    }

    TemporaryDirectory directory;
};

TEST_F(InstanceLocks, RefuseASecondBridgeOnOneStoreAndNameTheFirst) {
    const auto first = lock("history.db", "hci0");
    try {
        const auto second = lock("history.db", "hci1");
        FAIL() << "two bridges have one store";
    } catch (const AlreadyRunning& error) {
        EXPECT_EQ(error.pid(), ::getpid());
        EXPECT_EQ(error.what(), "already running, pid " + std::to_string(::getpid()));
    }
}

TEST_F(InstanceLocks, RefuseASecondBridgeOnOneAdapter) {
    const auto first = lock("one.db", "hci0");
    EXPECT_THROW(lock("two.db", "hci0"), AlreadyRunning);
    EXPECT_NO_THROW(lock("three.db", "hci1")) << "two pumps in one house";
}

TEST_F(InstanceLocks, LetOneThatTakesAnyAdapterBeAlone) {
    {
        const auto any = lock("one.db", "");
        EXPECT_THROW(lock("two.db", ""), AlreadyRunning);
        EXPECT_THROW(lock("two.db", "hci1"), AlreadyRunning);
    }
    const auto named = lock("one.db", "hci1");
    EXPECT_THROW(lock("two.db", ""), AlreadyRunning);
}

TEST_F(InstanceLocks, AreFreeAgainAfterTheirHolder) {
    { const auto first = lock("history.db", "hci0"); }
    EXPECT_NO_THROW(lock("history.db", "hci0"));
}

TEST_F(InstanceLocks, AreFreeAgainWhenTheirHolderWasKilled) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        const auto held = lock("history.db", "hci0");
        ::raise(SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    EXPECT_NO_THROW(lock("history.db", "hci0"));
}

TEST_F(InstanceLocks, DoNotBelieveWhatStandsInTheFile) {
    { const auto first = lock("history.db", "hci0"); }
    std::ofstream(directory / "history.db.lock") << "not a number";
    EXPECT_NO_THROW(lock("history.db", "hci0"));
}

TEST_F(InstanceLocks, GoWithoutTheAdaptersWhereTheDirectoryCannotBe) {
    std::ofstream(directory / "file") << "";
    const InstanceLock lock{directory / "history.db", "hci0", directory / "file" / "run"};
    EXPECT_FALSE(lock.coversAdapter());
    EXPECT_THROW(LockFile(directory / "file" / "lock", LockFile::Sharing::Exclusive), std::system_error);
}

} // namespace
} // namespace bridge::test
