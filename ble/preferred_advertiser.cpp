// SPDX-License-Identifier: MIT
#include "ble/preferred_advertiser.hpp"

#include "ble/pump_link.hpp"

namespace ble {

boost::asio::awaitable<void> PreferredAdvertiser::start(AdvertisingMode mode, std::string name) {
    if (preferred_) {
        try {
            co_await preferred_->start(mode, name);
            co_return;
        } catch (const LinkError& error) {
            log_.warn("ble: {}; advertising over D-Bus instead", error.what());
        }
        co_await preferred_->stop(limit_); // half an advertisement may be there
        preferred_.reset();
    }
    co_await other_->start(mode, std::move(name));
}

boost::asio::awaitable<void> PreferredAdvertiser::stop(std::chrono::milliseconds limit) {
    co_await current().stop(limit);
}

bool PreferredAdvertiser::active() const {
    return current().active();
}

void PreferredAdvertiser::forget() {
    current().forget();
}

} // namespace ble
