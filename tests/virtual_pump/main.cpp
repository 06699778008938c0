// SPDX-License-Identifier: MIT
// virtual-pump: exit codes 0 ended by a signal, 2 wrong usage or files, 3 no bus.
#include <sdbus-c++/sdbus-c++.h>

#include <iostream>
#include <variant>

#include "control.hpp"
#include "options.hpp"

namespace {

constexpr int kUsage = 2;
constexpr int kUnreachable = 3;

int run(const virtual_pump::Options& options) try {
    if (virtual_pump::serve(options, virtual_pump::makeSetup(options), std::cout)) return 0;
    std::cerr << "virtual-pump: the bus has gone\n";
    return kUnreachable;
} catch (const virtual_pump::SetupError& error) {
    std::cerr << "virtual-pump: " << error.what() << '\n';
    return kUsage;
} catch (const sdbus::Error& error) {
    std::cerr << "virtual-pump: cannot own org.bluez on the bus in DBUS_SYSTEM_BUS_ADDRESS: "
              << error.getMessage() << '\n';
    return kUnreachable;
}

} // namespace

int main(int argc, char** argv) {
    const auto parsed = virtual_pump::parseOptions(argc, argv);
    if (const auto* options = std::get_if<virtual_pump::Options>(&parsed)) return run(*options);
    const auto& exit = std::get<virtual_pump::Exit>(parsed);
    (exit.code == 0 ? std::cout : std::cerr) << exit.message << '\n';
    return exit.code;
}
