// SPDX-License-Identifier: MIT
// One captured connection: ATT in both directions over one link, each side with a server and a client.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>

#include "capture/att_pdu.hpp"
#include "capture/gatt_map.hpp"
#include "capture/line.hpp"
#include "capture/session.hpp"
#include "capture/value_line.hpp"
#include "protocol/cgm/measurement.hpp"
#include "protocol/history/assembler.hpp"

namespace capture {

class Connection {
public:
    /// Attributes by the side that serves them: index 1 is the host that captured.
    using Maps = std::array<GattMap, 2>;

    /// `fromStart`: the capture has its connection event. `maps`: from an earlier connection to the same
    /// device, since a bonded host does not discover again. `keys` and `sink` must outlive this object.
    Connection(bool fromStart, Maps maps, const protocol::sake::KeyDatabase* keys, const LineSink& sink);

    void receive(const Stamp& stamp, protocol::ByteView pdu);
    /// The link or the capture has ended: shows what was still incomplete.
    void end();
    [[nodiscard]] const Maps& maps() const { return maps_; }

private:
    using Side = Session::Side;

    struct Asked {
        AttPdu pdu;
        protocol::Bytes value; ///< what the PDU's own view pointed to
    };
    /// A value on its way, or one that long reads are still adding to.
    struct Value {
        Stamp stamp;
        OpCode opCode{};
        std::uint16_t handle = 0;
        bool fromServer = false;
        std::size_t server = 0; ///< index into maps_
        protocol::Bytes octets;
    };

    void request(const Stamp& stamp, std::size_t server, const AttPdu& pdu);
    void response(const Stamp& stamp, std::size_t server, const AttPdu& pdu);
    void exchangedMtu(std::uint16_t one, std::uint16_t other);
    void readAnswered(const Stamp& stamp, std::size_t server, const AttPdu& asked, const AttPdu& pdu);
    void finishRead(std::size_t server);

    void value(const Value& value);
    void descriptor(const Value& value, const Place& place);
    void port(const Value& value, const Place& place);
    void frame(const Value& value, Place place, bool certain);
    void plain(const Value& value, const Place& place, protocol::ByteView octets, std::uint64_t lost);
    void piece(const Value& value, const Place& place, protocol::ByteView octets, std::uint64_t lost);
    void described(const Value& value, const Place& place, protocol::ByteView octets);
    void show(const Value& value, const Place& place, DescribedValue meaning, protocol::ByteView octets);
    void historyPiece(const Stamp& stamp, protocol::ByteView piece, bool gap);
    void recognise(const Value& value, Place& place, protocol::ByteView octets, bool decrypted);
    void flushRecords();
    void record(const protocol::Bytes& raw);
    [[nodiscard]] Place placeOf(std::size_t server, std::uint16_t handle) const;

    void note(const Stamp& stamp, std::string text, bool problem);

    Maps maps_;
    const protocol::sake::KeyDatabase* keys_;
    const LineSink& sink_;
    Session session_;
    std::array<std::optional<Asked>, 2> asked_; ///< by server: the request that is open
    std::array<std::optional<Value>, 2> longRead_;
    std::optional<std::size_t> portServer_;           ///< the phone's, once its SAKE port was used
    std::optional<std::uint16_t> mtu_;                ///< of the bearer
    std::map<std::uint16_t, protocol::Bytes> pieces_; ///< by handle: values whose end is still to come
    protocol::cgm::MeasurementAssembler measurements_;
    protocol::history::Assembler assembler_;
    Stamp lastPiece_; ///< of history
    Stamp lastStamp_;
};

} // namespace capture
