// SPDX-License-Identifier: MIT
#include "bridge/session/stored_bonds.hpp"

#include <algorithm>
#include <sstream>

#include "protocol/pump_serial.hpp"

namespace bridge {

namespace {

constexpr std::string_view kProven = "proven-bonds";
constexpr std::string_view kCandidates = "candidate-bonds";

std::set<std::string> read(const std::string& text) {
    std::istringstream words(text);
    std::set<std::string> addresses;
    for (std::string word; words >> word;) addresses.insert(word);
    return addresses;
}

std::string write(const std::set<std::string>& addresses) {
    std::string text;
    for (const auto& address : addresses) text += address + ' ';
    return text;
}

} // namespace

StoredBonds::StoredBonds(Store& store) : store_(store) {
    const auto proven = store.setting(kProven);
    if (proven) {
        proven_ = read(*proven);
    } else {
        for (const auto& pump : store.pumps()) vouchedFor_.insert(pump.serial);
    }
    candidates_ = read(store.setting(kCandidates).value_or(""));
}

bool StoredBonds::isProven(const std::string& address, const std::string& name) const {
    if (proven_.contains(address)) return true;
    return std::ranges::any_of(
        vouchedFor_, [&](const std::string& serial) { return protocol::nameFitsSerial(name, serial); });
}

bool StoredBonds::isCandidate(const std::string& address) const {
    return candidates_.contains(address);
}

void StoredBonds::addCandidate(const std::string& address) {
    if (proven_.contains(address) || !candidates_.insert(address).second) return;
    save();
}

void StoredBonds::setProven(const std::string& address) {
    vouchedFor_.clear(); // from now on it is known
    const bool known = !proven_.insert(address).second;
    const bool candidate = candidates_.erase(address) > 0;
    if (!known || candidate || unsaved_) save();
}

void StoredBonds::forget(const std::string& address) {
    proven_.erase(address);
    candidates_.erase(address);
    save();
}

// The link goes on without it: what is known holds until the end of the process, and is written with the next
// change or handshake.
void StoredBonds::save() {
    unsaved_ = true;
    try {
        if (vouchedFor_.empty() || !proven_.empty()) store_.setSetting(kProven, write(proven_));
        store_.setSetting(kCandidates, write(candidates_));
        unsaved_ = false;
    } catch (const StoreError& error) {
        if (error.kind() != StoreErrorKind::Passing) throw;
    }
}

} // namespace bridge
