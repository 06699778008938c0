// SPDX-License-Identifier: MIT
// A configuration file as somebody wrote it: each problem has a place, a key and a text, and no secret is in
// it.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "bridge/config/configuration.hpp"

namespace {

constexpr const char* kSecret = "a-secret-of-12-characters";

std::optional<std::string> environment(const std::string& name) {
    if (name == "NS_SECRET") return kSecret;
    return std::nullopt;
}

/// A file that only this process has.
class MemoryFile {
public:
    MemoryFile(const std::uint8_t* data, std::size_t size) : descriptor_(::memfd_create("configuration", 0)) {
        if (descriptor_ < 0 || ::write(descriptor_, data, size) != static_cast<ssize_t>(size)) std::abort();
    }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;
    ~MemoryFile() { ::close(descriptor_); }
    [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

private:
    int descriptor_;
};

void judge(const std::vector<bridge::ConfigurationProblem>& problems) {
    for (const auto& problem : problems) {
        if (problem.place.empty() || problem.text.empty()) std::abort();
        if (problem.text.find(kSecret) != std::string::npos) std::abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const MemoryFile file(data, size);
    const auto loaded = bridge::loadConfiguration(file.path(), environment);
    judge(loaded.problems);
    judge(loaded.warnings);
    judge(loaded.exposed);
    return 0;
}
