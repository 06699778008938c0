// SPDX-License-Identifier: MIT
// Follows the SAKE handshake on the port of one connection, so that its frames can be decrypted offline.
// Facts: docs/protocol/sake.md 9, docs/protocol/link.md 6.
#pragma once

#include <optional>

#include "capture/passive_session.hpp"
#include "protocol/codec/bytes.hpp"

#include "capture/words.hpp"

namespace capture {

/// One per connection. Feed every value of the port, in order.
class SakeListener {
public:
    enum class Side { Phone, Pump }; ///< who sent: the phone notifies the port, the pump writes it

    struct Step {
        enum class Kind {
            Start,      ///< 20 zero octets
            Message,    ///< `number` of 0..5
            Unexpected, ///< not the next of a handshake whose start was seen
        } kind = Kind::Unexpected;
        int number = 0;
    };
    Step receive(Side from, ByteView value);
    /// The subscription or the link has ended.
    void reset();

    /// All six messages, once the last has come.
    [[nodiscard]] std::optional<Transcript> transcript() const;

private:
    static constexpr int kIdle = -2;
    static constexpr int kAwaitReply = -1;

    int next_ = kIdle; ///< message that is due; kAwaitReply after the phone's zero octets
    Transcript messages_;
};

} // namespace capture
