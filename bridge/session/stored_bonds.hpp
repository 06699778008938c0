// SPDX-License-Identifier: MIT
// With whom a handshake was finished, kept in the store (docs/architecture.md 4).
#pragma once

#include <set>
#include <string>

#include "ble/bond_memory.hpp"
#include "bridge/store/store.hpp"

namespace bridge {

class StoredBonds final : public ble::BondMemory {
public:
    /// `store` must outlive it. A store from before bonds were remembered vouches for the pumps whose records
    /// it holds: their names end with their serial numbers.
    explicit StoredBonds(Store& store);

    [[nodiscard]] bool isProven(const std::string& address, const std::string& name) const override;
    [[nodiscard]] bool isCandidate(const std::string& address) const override;
    void addCandidate(const std::string& address) override;
    void setProven(const std::string& address) override;
    void forget(const std::string& address) override;

private:
    Store& store_;
    std::set<std::string> proven_;
    std::set<std::string> candidates_;
    bool unsaved_ = false;             ///< the store could not be written
    std::set<std::string> vouchedFor_; ///< serial numbers

    void save();
};

} // namespace bridge
