// SPDX-License-Identifier: MIT
// What is known of bonds beyond what bluetoothd knows: with whom a handshake was finished. The pairing rule:
// docs/architecture.md 4.
#pragma once

#include <set>
#include <string>

namespace ble {

class BondMemory {
public:
    virtual ~BondMemory() = default;
    /// A handshake has been finished with this bond: it goes only when the user says so. `name`: the device's
    /// own, may be empty.
    [[nodiscard]] virtual bool isProven(const std::string& address, const std::string& name) const = 0;
    /// It bonded while pairing was open here; no handshake has been finished yet.
    [[nodiscard]] virtual bool isCandidate(const std::string& address) const = 0;
    virtual void addCandidate(const std::string& address) = 0;
    virtual void setProven(const std::string& address) = 0;
    virtual void forget(const std::string& address) = 0;
};

/// As long as the process.
class VolatileBondMemory final : public BondMemory {
public:
    [[nodiscard]] bool isProven(const std::string& address, const std::string& /*name*/) const override {
        return proven_.contains(address);
    }
    [[nodiscard]] bool isCandidate(const std::string& address) const override {
        return candidates_.contains(address);
    }
    void addCandidate(const std::string& address) override {
        if (!proven_.contains(address)) candidates_.insert(address);
    }
    void setProven(const std::string& address) override {
        candidates_.erase(address);
        proven_.insert(address);
    }
    void forget(const std::string& address) override {
        proven_.erase(address);
        candidates_.erase(address);
    }

private:
    std::set<std::string> proven_;
    std::set<std::string> candidates_;
};

} // namespace ble
