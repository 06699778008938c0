// SPDX-License-Identifier: MIT
// Writes captures for tests, as btmon or Android would.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "capture/btsnoop.hpp"
#include "protocol/codec/cursor.hpp"

namespace capture::testing {

class CaptureWriter {
public:
    explicit CaptureWriter(DataLink dataLink = DataLink::Monitor) : dataLink_(dataLink) {
        for (const char each : kFileMagic) file_.push_back(static_cast<std::uint8_t>(each));
        bigEndian(1, 4);
        bigEndian(static_cast<std::uint32_t>(dataLink), 4);
    }

    void command(ByteView body) { hci(2, 1, 2, true, body); }
    void event(ByteView body) { hci(3, 4, 3, false, body); }
    void acl(bool sent, ByteView body) {
        hci(static_cast<std::uint16_t>(sent ? 4 : 5), 2, sent ? 0 : 1, sent, body);
    }
    /// A packet that only the monitor has; left out of other captures.
    void monitor(std::uint16_t opCode, ByteView body) {
        if (dataLink_ == DataLink::Monitor) record(opCode, body);
    }

    /// An L2CAP frame in ACL packets of at most `fragment` octets.
    void l2cap(bool sent, std::uint16_t handle, std::uint16_t channel, ByteView payload,
               std::size_t fragment = 251) {
        protocol::Writer frame;
        frame.put(static_cast<std::uint16_t>(payload.size())).put(channel).put(payload);
        ByteView rest = frame.bytes();
        for (bool first = true; first || !rest.empty(); first = false) {
            const ByteView piece = rest.first(std::min(fragment, rest.size()));
            rest = rest.subspan(piece.size());
            const unsigned boundary = !first ? 0x1000U : sent ? 0x0000U : 0x2000U;
            protocol::Writer packet;
            packet.put(static_cast<std::uint16_t>(handle | boundary));
            packet.put(static_cast<std::uint16_t>(piece.size())).put(piece);
            acl(sent, packet.bytes());
        }
    }

    [[nodiscard]] const Bytes& file() const { return file_; }
    [[nodiscard]] std::size_t packets() const { return packets_; }

private:
    void hci(std::uint16_t monitorOpCode, std::uint8_t h4Type, std::uint32_t hciFlags, bool sent,
             ByteView body) {
        if (dataLink_ == DataLink::Monitor) return record(monitorOpCode, body);
        if (dataLink_ == DataLink::Hci) return record(hciFlags, body);
        Bytes packet{h4Type};
        packet.insert(packet.end(), body.begin(), body.end());
        record(sent ? 0 : 1, packet);
    }
    void record(std::uint32_t flags, ByteView octets) {
        constexpr std::uint64_t kFirst = 0x00dcddb30f2f8000 + 1773480547'000000ULL; // 2026-03-14 09:29:07
        constexpr std::uint64_t kStep = 125'000;                                    // a connection interval
        bigEndian(octets.size(), 4);
        bigEndian(octets.size(), 4);
        bigEndian(flags, 4);
        bigEndian(0, 4);
        bigEndian(kFirst + kStep * packets_++, 8);
        file_.insert(file_.end(), octets.begin(), octets.end());
    }
    void bigEndian(std::uint64_t value, unsigned size) {
        while (size-- > 0) file_.push_back(static_cast<std::uint8_t>(value >> (8 * size)));
    }

    DataLink dataLink_;
    Bytes file_;
    std::size_t packets_ = 0;
};

} // namespace capture::testing
