// SPDX-License-Identifier: MIT
#include "ble/link_error.hpp"

namespace ble {

std::string_view name(LinkErrorKind kind) {
    using Kind = LinkErrorKind;
    switch (kind) {
        case Kind::Disconnected:
            return "disconnected";
        case Kind::Timeout:
            return "timeout";
        case Kind::Refused:
            return "refused";
        case Kind::NotPermitted:
            return "not-permitted";
        case Kind::InProgress:
            return "in-progress";
        case Kind::Missing:
            return "missing";
        case Kind::WriteRefused:
            return "write-refused";
        case Kind::NoSession:
            return "no-session";
        case Kind::Undecodable:
            return "undecodable";
        case Kind::Protocol:
            return "protocol";
        case Kind::WrongPump:
            return "wrong-pump";
        case Kind::BluezMissing:
            return "bluetoothd-missing";
        case Kind::AccessDenied:
            return "access-denied";
        case Kind::AlreadyExists:
            return "already-exists";
        case Kind::Busy:
            return "busy";
        case Kind::AdapterMissing:
            return "adapter-missing";
        case Kind::AdapterBlocked:
            return "adapter-blocked";
        case Kind::AdapterOff:
            return "adapter-off";
        case Kind::HandlesUsedUp:
            return "handles-used-up";
        case Kind::AdvertisementsUsedUp:
            return "advertisements-used-up";
        case Kind::AdvertisementEnded:
            return "advertisement-ended";
        case Kind::ManagementMissing:
            return "management-missing";
        case Kind::ManagementDenied:
            return "management-denied";
        case Kind::ManagementRefused:
            return "management-refused";
        case Kind::ManagementGarbled:
            return "management-garbled";
    }
    return "unknown";
}

} // namespace ble
