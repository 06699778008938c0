// SPDX-License-Identifier: MIT
// Why a request has no answer that can be used.
#pragma once

#include <boost/system/error_code.hpp>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace nightscout {

class TransportError : public std::runtime_error {
public:
    enum class Kind : std::uint8_t {
        Unreachable,
        Timeout,
        Certificate,      ///< a person must act
        CertificateDates, ///< the certificate is good but for its dates: it is old, or our clock is wrong
        Redirected,       ///< a person must act
        Protocol,
    };
    TransportError(Kind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
    [[nodiscard]] Kind kind() const { return kind_; }

private:
    Kind kind_;
};

/// "`doing`: what the system says". Cancellation stays boost::system::system_error.
[[noreturn]] void throwTransportError(const boost::system::error_code& error, const std::string& doing);

} // namespace nightscout
