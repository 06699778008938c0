// SPDX-License-Identifier: MIT
#include <array>
#include <fstream>
#include <iterator>
#include <string_view>

#include "bridge/check/bluez_facts.hpp"

namespace bridge::check {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPreload = "bluez_att_limits.so";

std::optional<std::string> readText(const fs::path& file) {
    std::error_code error;
    if (fs::is_directory(file, error)) return std::nullopt;
    std::ifstream in(file, std::ios::binary);
    if (!in) return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(in), {});
}

/// The version of an installed package in dpkg's status file; empty when it is not installed.
std::string packageVersion(const fs::path& statusFile, std::string_view package) {
    std::ifstream in(statusFile);
    bool here = false;
    bool installed = false;
    const std::string wanted = "Package: " + std::string(package);
    constexpr std::string_view kVersion = "Version: ";
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("Package: ")) {
            here = line == wanted;
            installed = false;
        }
        if (!here) continue;
        if (line.starts_with("Status: ")) installed = line.ends_with(" installed");
        if (line.starts_with(kVersion) && installed) return line.substr(kVersion.size());
    }
    return {};
}

/// An active line of a drop-in of bluetooth.service preloads the library; the path that it names.
std::optional<std::string> preloadPath(const fs::path& root) {
    constexpr std::array kDirectories{"etc/systemd/system/bluetooth.service.d",
                                      "run/systemd/system/bluetooth.service.d",
                                      "usr/lib/systemd/system/bluetooth.service.d"};
    for (const char* directory : kDirectories) {
        std::error_code error;
        for (const auto& entry : fs::directory_iterator(root / directory, error)) {
            if (entry.path().extension() != ".conf") continue;
            std::ifstream in(entry.path());
            for (std::string line; std::getline(in, line);) {
                const auto at = line.find("LD_PRELOAD=");
                if (line.starts_with('#') || at == std::string::npos) continue;
                auto path = line.substr(at + std::string_view("LD_PRELOAD=").size());
                path.erase(std::min(path.find_first_of(" \"'\r"), path.size()));
                if (path.ends_with(kPreload)) return path;
            }
        }
    }
    return std::nullopt;
}

/// "none [integrity] confidentiality" -> "integrity"
std::string chosen(const std::string& text) {
    const auto open = text.find('[');
    const auto close = text.find(']', open);
    return open == std::string::npos || close == std::string::npos ? std::string{}
                                                                   : text.substr(open + 1, close - open - 1);
}

} // namespace

SystemFacts readSystemFacts(const fs::path& root, std::uint32_t bluetoothd, const AskVersion& askVersion) {
    constexpr std::array kPrograms{"usr/libexec/bluetooth/bluetoothd", "usr/lib/bluetooth/bluetoothd",
                                   "usr/sbin/bluetoothd"};
    SystemFacts facts;
    facts.version = packageVersion(root / "var/lib/dpkg/status", "bluez");
    for (const char* program : kPrograms) {
        std::error_code error;
        if (!fs::exists(root / program, error)) continue;
        facts.installed = true;
        if (facts.version.empty()) facts.version = askVersion(root / program);
        break;
    }
    facts.mainConf = readText(root / "etc/bluetooth/main.conf");
    if (const auto path = preloadPath(root)) {
        facts.preloadConfigured = true;
        std::error_code error;
        facts.preloadInstalled = fs::exists(root / fs::path(*path).relative_path(), error);
    }
    if (bluetoothd != 0) {
        const auto maps = readText(root / "proc" / std::to_string(bluetoothd) / "maps");
        if (maps && !maps->empty()) facts.preloadLoaded = maps->find(kPreload) != std::string::npos;
    }
    if (const auto lockdown = readText(root / "sys/kernel/security/lockdown"))
        facts.lockdown = chosen(*lockdown);
    return facts;
}

} // namespace bridge::check
