// SPDX-License-Identifier: MIT
#include "protocol/sake/handshake.hpp"

namespace protocol::sake {

std::string_view name(HandshakeError error) {
    switch (error) {
        case HandshakeError::BadLength:
            return "bad_length";
        case HandshakeError::StartNotZero:
            return "start_not_zero";
        case HandshakeError::UnknownDeviceType:
            return "unknown_device_type";
        case HandshakeError::NoKeyForDevice:
            return "no_key_for_device";
        case HandshakeError::BadVersion:
            return "bad_version";
        case HandshakeError::TagMismatch:
            return "tag_mismatch";
        case HandshakeError::FrameMac:
            return "frame_mac";
        case HandshakeError::PermitTag:
            return "permit_tag";
        case HandshakeError::PermitDevice:
            return "permit_device";
        case HandshakeError::PermitPrefix:
            return "permit_prefix";
        case HandshakeError::OutOfOrder:
            return "out_of_order";
    }
    return "unknown";
}

std::string_view explain(HandshakeError error) {
    switch (error) {
        case HandshakeError::BadLength:
            return "The other device sent a handshake message that is not 20 bytes long; it is probably not "
                   "a "
                   "MiniMed 780G.";
        case HandshakeError::StartNotZero:
            return "The other device did not begin a new handshake: it is not a pump, or it still spoke in "
                   "an older "
                   "session and will begin anew when it reconnects.";
        case HandshakeError::UnknownDeviceType:
            return "The other device calls itself a type that is not known; it is probably not a MiniMed "
                   "780G.";
        case HandshakeError::NoKeyForDevice:
            return "The key database has no keys for this type of device; use a key database made for the "
                   "mobile "
                   "application and an insulin pump.";
        case HandshakeError::BadVersion:
            return "The other device speaks another version of the SAKE protocol; only version 1 is "
                   "supported.";
        case HandshakeError::TagMismatch:
            return "The key database does not match this pump; check that pump.key_database names the right "
                   "file.";
        case HandshakeError::FrameMac:
            return "The pump's last handshake message could not be verified: it probably refused ours, and "
                   "if this "
                   "happens every time the key database does not match this pump.";
        case HandshakeError::PermitTag:
            return "The pump's permit was not made for this key database; if this happens every time, the "
                   "key "
                   "database does not match this pump.";
        case HandshakeError::PermitDevice:
            return "The pump's permit names another type of device; the key database belongs to another pair "
                   "of "
                   "devices.";
        case HandshakeError::PermitPrefix:
            return "The pump's permit has a form that is not known; please report it with the pump's model "
                   "and "
                   "firmware version.";
        case HandshakeError::OutOfOrder:
            return "The pump went on writing after the handshake had ended or failed; it will begin anew "
                   "when it "
                   "reconnects.";
    }
    return "The handshake failed for an unknown reason.";
}

} // namespace protocol::sake
