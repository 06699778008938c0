// SPDX-License-Identifier: MIT
// Judges what is known about BlueZ, the kernel and the adapter. Facts: docs/protocol/link.md 2, 3.4, 5.3,
// docs/protocol/bluez-lab.md, patches/README.md.
#pragma once

#include "bridge/check/bluez_facts.hpp"
#include "bridge/check/finding.hpp"
#include "bridge/check/main_conf.hpp"

namespace bridge::check {

Finding checkVersion(const SystemFacts& system);
/// Are bluetoothd's discovery answers short enough for the pump?
Finding checkDiscoveryAnswers(const SystemFacts& system, const MainConf& conf);
/// Only of use where advertising intervals are set through debugfs, which is never.
Finding checkLockdown(const SystemFacts& system);
Finding checkRunning(const BusFacts& bus, const SystemFacts& system);

/// The adapter that the service would use, as it chooses; empty when there is none.
std::string chooseAdapter(const BusFacts& bus, const std::string& configured);
Finding checkAdapter(const BusFacts& bus, const std::string& configured);
Findings checkController(const ControllerFacts& controller);
/// The default of the kernel, else what main.conf will make it.
Finding checkInterval(const ControllerFacts& controller, const MainConf& conf);
/// Which pump is paired, and where. `serial` empty: any pump will do.
Findings checkBonds(const BusFacts& bus, const std::string& adapter, const std::string& serial);

} // namespace bridge::check
