// SPDX-License-Identifier: MIT
#include <iostream>

#include "bridge/command_line.hpp"

int main(int argc, char** argv) {
    const bridge::Services services{bridge::processEnvironment(), protocol::sake::systemRandom,
                                    bridge::runService};
    return bridge::runCommandLine({argv + 1, argv + argc}, services, {std::cin, std::cout, std::cerr});
}
