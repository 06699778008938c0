// SPDX-License-Identifier: MIT
#include "bridge/private_memory.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace bridge {

void keepMemoryPrivate() {
    const rlimit none{0, 0};
    (void)::setrlimit(RLIMIT_CORE, &none); // both can only fail where there is nothing to protect
#ifndef __SANITIZE_ADDRESS__
    (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

} // namespace bridge
