// SPDX-License-Identifier: MIT
#include "bridge/private_memory.hpp"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bridge::test {
namespace {

TEST(PrivateMemory, IsNeitherDumpedNorLookedInto) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        keepMemoryPrivate();
        rlimit core{1, 1};
        ::getrlimit(RLIMIT_CORE, &core);
#ifdef __SANITIZE_ADDRESS__
        const bool dumpable = false;
#else
        const bool dumpable = ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0;
#endif
        ::_exit(core.rlim_max == 0 && !dumpable ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

} // namespace
} // namespace bridge::test
