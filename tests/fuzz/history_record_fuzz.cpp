// SPDX-License-Identifier: MIT
// A record that decodes encodes to the same bytes, and can be described.
#include <algorithm>
#include <cstdlib>

#include "protocol/history/assembler.hpp"
#include "protocol/history/record.hpp"

namespace {

class NestingSink : public protocol::history::FieldSink {
public:
    void integer(std::string_view /*key*/, std::int64_t /*value*/) override {}
    void boolean(std::string_view /*key*/, bool /*value*/) override {}
    void text(std::string_view /*key*/, std::string_view value) override { bytes_ += value.size(); }
    void enumeration(std::string_view /*key*/, unsigned /*value*/, std::string_view name) override {
        if (name.empty()) std::abort();
    }
    void null(std::string_view /*key*/) override {}
    void beginObject(std::string_view /*key*/) override { ++depth_; }
    void endObject() override { --depth_; }

    [[nodiscard]] int depth() const { return depth_; }

private:
    int depth_ = 0;
    std::size_t bytes_ = 0;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace history = protocol::history;
    const protocol::ByteView bytes(data, size);
    const auto record = history::decode(bytes);
    const auto reached = history::completeness(bytes);
    if (!record.has_value()) {
        if (record.error().offset > size) std::abort();
        return 0;
    }
    const auto encoded = history::encode(*record);
    if (!std::equal(encoded.begin(), encoded.end(), bytes.begin(), bytes.end())) std::abort();
    if (history::isKnown(record->header.eventType) != (reached == history::Completeness::Whole)) std::abort();
    NestingSink sink;
    describe(record->data, sink);
    if (sink.depth() != 0) std::abort();
    return 0;
}
