// SPDX-License-Identifier: MIT
#include "protocol/idd/status.hpp"

#include <bit>

#include "protocol/codec/value_codec.hpp"

namespace protocol::idd {

void layout(auto& c, Is<Status> auto& v) {
    c.field("therapy_control_state", v.therapyControlState);
    c.field("operational_state", v.operationalState);
    c.medfloat32("reservoir_iu", v.reservoirRemaining);
    c.field("flags", v.flags);
    c.derived([&v](FieldSink& sink) { sink.boolean("reservoir_attached", v.reservoirAttached()); });
    c.field("connectivity", v.connectivity);
    c.derived([&v](FieldSink& sink) {
        sink.boolean("sensor_on", v.sensorOn());
        sink.boolean("sensor_paired", v.sensorPaired());
        sink.boolean("gst_signal_lost", v.gstSignalLost());
        sink.boolean("sensor_gst_detached", v.sensorGstDetached());
    });
    c.field("sensor_message", v.sensorMessage);
}

void layout(auto& c, Is<Annunciation> auto& v) {
    constexpr unsigned kAllAux = Annunciation::Aux1 | Annunciation::Aux2 | Annunciation::Aux3 |
                                 Annunciation::Aux4 | Annunciation::Aux5;
    c.field("flags", v.flags);
    c.derived([&v](FieldSink& sink) { sink.boolean("present", v.present()); });
    if (v.present()) {
        c.field("instance_id", v.instanceId);
        c.field("annunciation_type", v.annunciationType);
        c.field("status", v.status);
    }
    const int auxCount = std::popcount(v.flags & kAllAux);
    c.bytes("aux_raw", 2 * static_cast<std::size_t>(auxCount), v.aux);
}

Parsed<Status> parseStatus(ByteView bytes) {
    return parseValue<Status>(bytes);
}
Bytes serialize(const Status& value) {
    return serializeValue(value);
}
void describe(const Status& value, FieldSink& sink) {
    describeValue(value, sink);
}

Parsed<Annunciation> parseAnnunciation(ByteView bytes) {
    return parseValue<Annunciation>(bytes);
}
Bytes serialize(const Annunciation& value) {
    return serializeValue(value);
}
void describe(const Annunciation& value, FieldSink& sink) {
    describeValue(value, sink);
}

} // namespace protocol::idd
