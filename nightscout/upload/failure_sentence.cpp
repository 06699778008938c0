// SPDX-License-Identifier: MIT
#include "nightscout/upload/failure_sentence.hpp"

namespace nightscout {

std::string failureSentence(const Reply& reply, Operation operation, Collection collection, bool wholeSite) {
    const std::string what(name(collection));
    switch (reply.verdict) {
        case Verdict::Refused:
            if (wholeSite) return "the site refuses the API secret or token: " + reply.reason;
            return "the API secret or token may not " +
                   std::string(operation == Operation::Delete ? "delete " : "write ") + what + ": " +
                   reply.reason;
        case Verdict::NotFound:
            if (collection == Collection::Treatments)
                return "the site does not take treatments: add careportal to its ENABLE setting (" +
                       reply.reason + ")";
            return "the site has no /api/v1/" + what + ": is its address right? (" + reply.reason + ")";
        case Verdict::Busy:
            return "the site cannot answer at present: " + reply.reason;
        case Verdict::Accepted:
        case Verdict::Rejected:
        case Verdict::TooLarge:
        case Verdict::ServerError:
            break;
    }
    return "the site does not take " + what + ": " + reply.reason;
}

BackOff::Failure backOffFailure(const Reply& reply, Operation operation, Collection collection,
                                FailureScope scope) {
    const bool refused = reply.verdict == Verdict::Refused || reply.verdict == Verdict::NotFound;
    return {reply.verdict == Verdict::Refused ? UploadHealth::Refused : UploadHealth::Failing, !refused,
            refused, reply.retryAfter.value_or(std::chrono::seconds(0)),
            failureSentence(reply, operation, collection, scope == FailureScope::Site)};
}

BackOff::Failure backOffFailure(const TransportError& error, bool clockTrusted) {
    using Cause = TransportError::Kind;
    const bool unreachable = error.kind() == Cause::Unreachable || error.kind() == Cause::Timeout;
    const bool byClock = error.kind() == Cause::CertificateDates && !clockTrusted;
    const bool isPersons = error.kind() == Cause::Certificate || error.kind() == Cause::CertificateDates ||
                           error.kind() == Cause::Redirected;
    std::string sentence = byClock ? untrustedClockSentence(error) : error.what();
    if (error.kind() == Cause::CertificateDates && !byClock)
        sentence += "; whoever runs the site must put a valid one there";
    return {unreachable ? UploadHealth::Unreachable : UploadHealth::Failing, byClock || !isPersons, false,
            std::chrono::seconds(0), std::move(sentence)};
}

std::string untrustedClockSentence(const TransportError& error) {
    return std::string(
               "this computer's clock cannot be trusted yet, and by it the site's certificate is not valid: "
               "set the clock (sudo timedatectl set-ntp true); ") +
           error.what();
}

} // namespace nightscout
