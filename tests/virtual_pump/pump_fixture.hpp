// SPDX-License-Identifier: MIT
// The virtual pump and the bridge's side of its link in memory: what the pump's tests share.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>

#include "protocol/history/assembler.hpp"
#include "protocol/history/record.hpp"
#include "protocol/uuids.hpp"
#include "virtual_pump/history_source.hpp"
#include "virtual_pump/pump.hpp"

namespace virtual_pump::test {

namespace sake = protocol::sake;
namespace uuid = protocol::uuid;
using protocol::Bytes;
using protocol::ByteView;

inline constexpr protocol::LocalSeconds kNow = std::chrono::local_days{std::chrono::year{2026} / 3 / 14} +
                                               std::chrono::hours{9} + std::chrono::minutes{26};

/// Bytes that count up: predictable, and never the same twice.
inline sake::RandomSource predictableRandom() {
    return [next = std::uint8_t{0}](std::span<std::uint8_t> out) mutable {
        for (std::uint8_t& byte : out) byte = next++;
    };
}

inline std::size_t handle(std::string_view characteristic,
                          std::string_view service = uuid::kInsulinDelivery) {
    const auto& table = characteristics();
    const auto found = std::find_if(table.begin(), table.end(), [&](const auto& spec) {
        return spec.uuid == characteristic && spec.serviceUuid == service;
    });
    EXPECT_NE(found, table.end());
    return static_cast<std::size_t>(found - table.begin());
}
inline const std::size_t kRacp = handle(uuid::kRecordAccessControlPoint);
inline const std::size_t kHistory = handle(uuid::kIddHistoryData);
inline const std::size_t kStatusChanged = handle(uuid::kIddStatusChanged);

inline Bytes hex(std::string_view text) {
    const auto bytes = protocol::fromHex(text);
    return bytes.has_value() ? *bytes : Bytes{};
}

/// The bridge's side in memory, down to bytes.
class Bridge {
public:
    Bridge(Pump& pump, sake::KeyDatabase keys) : pump_(pump), server_(std::move(keys), predictableRandom()) {}

    /// False when the pump fell silent or the handshake failed.
    bool handshake() {
        pump_.connected();
        std::optional<sake::Message> toPump = sake::kStartSignal;
        while (toPump) {
            const auto answer = pump_.portNotified(*toPump);
            if (!answer) return false;
            const auto next = server_.receive(*answer);
            if (!next.has_value()) {
                error = next.error();
                return false;
            }
            toPump = *next;
        }
        session_.emplace(server_.takeSession());
        return true;
    }
    void subscribeHistory() {
        pump_.subscribe(kHistory, true);
        pump_.subscribe(kRacp, true);
    }

    /// Empty: did not decrypt.
    std::optional<Bytes> decrypt(ByteView frame) {
        auto plain = session_->receiver.decrypt(frame);
        if (!plain.has_value()) {
            ++refused;
            return std::nullopt;
        }
        lost += plain->lost;
        return std::move(plain->plain);
    }

    /// All records that come for the request; the response is kept.
    std::vector<Bytes> fetch(std::string_view request, std::optional<std::size_t> fullPiece = std::nullopt) {
        std::vector<Bytes> records;
        const auto sink = [&records](Bytes record) { records.push_back(std::move(record)); };
        protocol::history::Assembler assembler(fullPiece);
        EXPECT_EQ(pump_.write(kRacp, hex(request)), std::nullopt);
        response.clear();
        while (auto outgoing = pump_.nextOutgoing()) {
            if (outgoing->characteristic == kRacp) {
                EXPECT_TRUE(outgoing->indication);
                assembler.flush(sink);
                response = protocol::toHex(outgoing->value);
                break;
            }
            EXPECT_EQ(outgoing->characteristic, kHistory);
            EXPECT_FALSE(outgoing->indication);
            longest = std::max(longest, outgoing->value.size());
            if (const auto plain = decrypt(outgoing->value)) assembler.add(*plain, sink);
        }
        return records;
    }

    std::optional<sake::HandshakeError> error;
    std::string response;
    std::size_t longest = 0; ///< bytes of a notification
    unsigned lost = 0;
    unsigned refused = 0;

private:
    Pump& pump_;
    sake::Server server_;
    std::optional<sake::Session> session_;
};

class PumpTest : public testing::Test {
protected:
    static constexpr std::string_view kAll = "33330f";

    Pump makePump(PumpSettings settings = {}) { return makePump(settings, keys_.second); }
    Pump makePump(const PumpSettings& settings, const sake::KeyDatabase& keys) {
        Pump pump(settings, keys, predictableRandom(), [] { return kNow; });
        pump.setHistory(records_);
        return pump;
    }
    PumpSettings withFaults(Faults faults) {
        PumpSettings settings;
        settings.faults = std::move(faults);
        return settings;
    }

    /// {the bridge's, the pump's}
    const std::pair<sake::KeyDatabase, sake::KeyDatabase> keys_ = sake::generatePair(
        sake::DeviceType::MobileApplication, sake::DeviceType::InsulinPump, predictableRandom());
    const std::vector<Bytes> records_ = [] {
        auto records = generateHistory({1, 1, 65500, kNow});
        records.resize(300);
        return records;
    }();
};

} // namespace virtual_pump::test
