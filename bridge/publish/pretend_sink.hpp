// SPDX-License-Identifier: MIT
#pragma once

#include <ostream>
#include <set>
#include <span>
#include <string>

#include "bridge/store/store.hpp"

namespace bridge {

/// Prints each document once, as the request body it would be.
class PretendSink {
public:
    explicit PretendSink(std::ostream& out) : out_(out) {}

    QueueResult operator()(PumpId /*pump*/, std::span<const nightscout::Document> documents,
                           std::span<const Store::Published> /*times*/) {
        QueueResult result;
        for (const auto& document : documents) {
            if (!printed_.insert(document.identifier + document.body).second) {
                ++result.known;
                continue;
            }
            ++result.added;
            out_ << document.body << '\n';
        }
        out_.flush();
        return result;
    }

private:
    std::ostream& out_;
    std::set<std::string> printed_;
};

} // namespace bridge
