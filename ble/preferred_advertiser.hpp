// SPDX-License-Identifier: MIT
// Two ways to advertise behind one: the better one as long as it works.
#pragma once

#include <spdlog/logger.h>

#include <memory>

#include "ble/advertiser.hpp"

namespace ble {

class PreferredAdvertiser final : public Advertiser {
public:
    PreferredAdvertiser(std::unique_ptr<Advertiser> preferred, std::unique_ptr<Advertiser> other,
                        std::chrono::milliseconds limit, spdlog::logger& log)
        : preferred_(std::move(preferred)), other_(std::move(other)), limit_(limit), log_(log) {}

    /// Once the preferred way has failed it is not tried again.
    boost::asio::awaitable<void> start(AdvertisingMode mode, std::string name) override;
    boost::asio::awaitable<void> stop(std::chrono::milliseconds limit) override;
    [[nodiscard]] bool active() const override;
    void forget() override;

private:
    std::unique_ptr<Advertiser> preferred_; ///< null: has failed
    std::unique_ptr<Advertiser> other_;
    std::chrono::milliseconds limit_; ///< of a withdrawal after a failure
    spdlog::logger& log_;

    [[nodiscard]] Advertiser& current() const { return preferred_ ? *preferred_ : *other_; }
};

} // namespace ble
