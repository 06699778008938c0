// SPDX-License-Identifier: MIT
#include "bridge/check/local_findings.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "bridge/config/key_file.hpp"
#include "bridge/store/disk_space.hpp"
#include "bridge/store/sqlite.hpp"
#include "bridge/store/store.hpp"

namespace bridge::check {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMebibyte = 1024ULL * 1024;

std::string placeAndText(const ConfigurationProblem& problem) {
    return problem.place + ": " + (problem.key.empty() ? "" : problem.key + ": ") + problem.text;
}

/// The nearest directory above `file` that exists.
fs::path existingParent(const fs::path& file) {
    std::error_code error;
    fs::path directory = fs::absolute(file, error).parent_path();
    while (!directory.empty() && directory.has_relative_path() && !fs::exists(directory, error))
        directory = directory.parent_path();
    return directory;
}

} // namespace

Findings checkConfiguration(const LoadedConfiguration& loaded, const fs::path& file) {
    constexpr const char* kCheck = "configuration";
    Findings findings;
    for (const auto& problem : loaded.problems)
        findings.push_back(failed(kCheck, placeAndText(problem), "change it there"));
    for (const auto& problem : loaded.warnings)
        findings.push_back(warning(kCheck, placeAndText(problem), {}));
    for (const auto& problem : loaded.exposed)
        findings.push_back(failed(kCheck, placeAndText(problem),
                                  "or set security.allow_readable_secrets = true; the service does not "
                                  "start otherwise"));
    if (findings.empty()) findings.push_back(ok(kCheck, file.string() + " is in order"));
    return findings;
}

Finding checkKeyDatabase(const fs::path& file) {
    constexpr const char* kCheck = "key-database";
    try {
        (void)readBridgeKeyFile(file);
        return ok(kCheck, file.string() + " has the keys of a mobile application for an insulin pump");
    } catch (const KeyFileError& error) {
        return failed(kCheck, error.what(), {});
    }
}

StoreFacts readStoreFacts(const fs::path& file) {
    StoreFacts facts;
    const fs::path parent = existingParent(file);
    std::error_code error;
    facts.bytesFree = bytesFreeAt(parent);
    facts.exists = fs::exists(file, error);
    if (error) facts.problem = file.string() + ": " + error.message();
    if (!facts.exists) {
        facts.permitted = ::access(parent.c_str(), W_OK) == 0;
        if (facts.problem.empty() && !facts.permitted)
            facts.problem = parent.string() + " cannot be written by this user";
        return facts;
    }
    try {
        Store store{file, Store::Access::ReadOnly};
        for (const auto& pump : store.pumps()) facts.records += store.recordCount(pump.id);
        facts.waiting = store.depth();
        auto refused = store.refusedDocuments();
        facts.setAside = refused.setAside;
        facts.setAsideReason = std::move(refused.reason);
        sqlite::Database database{file, sqlite::Database::Mode::ReadOnly};
        sqlite::Statement query{database, "PRAGMA quick_check(1)"};
        if (query.step() && query.text(0) != "ok") facts.damage = query.text(0);
    } catch (const std::exception& failure) {
        facts.problem = failure.what();
        facts.permitted = ::access(file.c_str(), R_OK | W_OK) == 0;
    }
    return facts;
}

Findings checkStore(const StoreFacts& store, const fs::path& file) {
    constexpr const char* kCheck = "store";
    Findings findings;
    if (!store.problem.empty()) {
        const std::string asService =
            "run this as the user of the service: sudo -u pump-bridge pump-bridge check";
        findings.push_back(failed(kCheck, store.problem, store.permitted ? std::string() : asService));
    } else if (!store.damage.empty()) {
        findings.push_back(
            failed(kCheck, file.string() + " is damaged: " + store.damage,
                   "stop the service, move the file away, and let the pump's last days be read again"));
    } else if (!store.exists) {
        findings.push_back(ok(kCheck, file.string() + " will be made when the service starts"));
    } else {
        findings.push_back(ok(kCheck, fmt::format("{} holds {} records, {} documents wait for upload",
                                                  file.string(), store.records, store.waiting)));
    }
    if (store.setAside > 0)
        findings.push_back(warning(
            kCheck, fmt::format("the site refuses {} documents: {}", store.setAside, store.setAsideReason),
            "they are tried again daily, and at once by: pump-bridge upload"));
    if (!store.bytesFree) return findings;
    const auto room = fmt::format("{} MiB free", *store.bytesFree / kMebibyte);
    if (*store.bytesFree < kNoSpace)
        findings.push_back(failed("disk", room, "make room"));
    else if (*store.bytesFree < kLittleSpace)
        findings.push_back(warning("disk", room, "make room"));
    return findings;
}

Finding checkClock(std::optional<bool> synchronised, bool trustedByOwner) {
    constexpr const char* kCheck = "clock";
    if (synchronised.value_or(false)) return ok(kCheck, "synchronised");
    if (trustedByOwner) return ok(kCheck, "trusted by the configuration");
    if (!synchronised)
        return warning(
            kCheck,
            "no time service answers; records wait until something else confirms this computer's "
            "clock",
            "if it is right by other means, set host_clock = \"trusted\" under [time] in the configuration");
    return warning(kCheck,
                   "this computer's clock is not synchronised; records wait until something confirms it",
                   "sudo timedatectl set-ntp true");
}

} // namespace bridge::check
