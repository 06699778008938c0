// SPDX-License-Identifier: MIT
// Events that two sources may tell: the start of a sensor (session start, history code) and a change of the
// pump's battery (cleared annunciation, level). Only one of them may be sent. Facts:
// docs/nightscout/mapping.md 8.9 and 8.10.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "nightscout/documents/document.hpp"

namespace nightscout {

/// The better source is sent as it comes. The other waits for it, and goes when nothing came in time:
///
///   kind      better source           the other                waits    same event within
///   sensor    session start           first code in history    24 h     3 h
///   battery   cleared annunciation    level back at 100        15 min   2 h
///
/// To be kept between runs of the bridge.
class EventDeduplicator {
public:
    /// Of the better source. False when the other told the same event before: then it must not be sent.
    bool report(const Document& document);
    /// Of the other source. Known ones are passed over.
    void hold(const Document& document);
    /// What has waited long enough at `now`, to be sent.
    std::vector<Document> release(UtcSeconds now);
    /// Whether this very document was sent.
    [[nodiscard]] bool wasReported(const Document& document) const;

    [[nodiscard]] nlohmann::json toJson() const;
    /// What cannot be read is left out.
    static EventDeduplicator fromJson(const nlohmann::json& saved);
    friend bool operator==(const EventDeduplicator&, const EventDeduplicator&) = default;

private:
    struct Reported {
        Kind kind{};
        UtcMilliseconds time{};
        std::string identifier;
        friend bool operator==(const Reported&, const Reported&) = default;
    };
    struct Held {
        Document document;
        std::optional<UtcSeconds> since; ///< of the first release() that met it
        friend bool operator==(const Held&, const Held&) = default;
    };
    [[nodiscard]] const Reported* sameEvent(const Document& document) const;
    void note(const Document& document);

    std::vector<Reported> reported_; ///< oldest first, the last ones
    std::vector<Held> held_;
};

} // namespace nightscout
