// SPDX-License-Identifier: MIT
// Keeps a flood of one kind of line out of the log: a hostile pump or a lost site writes thousands a second.
#pragma once

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace bridge {

/// Lines of one kind differ in numbers, hexadecimal bytes and addresses only. The first kAtOnce of a kind
/// within kWindow are passed on; the others are counted, and "2,945 more like this in 15 s: ..." follows with
/// the next line that comes after the window, whatever its kind, and with a flush. Debug lines pass. One
/// thread.
class CollapsingSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
public:
    static constexpr unsigned kAtOnce = 10;
    static constexpr std::chrono::seconds kWindow{15};
    /// Kinds that are remembered at a time.
    static constexpr std::size_t kKinds = 200;

    explicit CollapsingSink(std::shared_ptr<spdlog::sinks::sink> target) : target_(std::move(target)) {}
    ~CollapsingSink() override;

    /// "session: undecodable # length=# (#)"
    static std::string kindOf(std::string_view line);

private:
    using Time = spdlog::log_clock::time_point;
    struct Kind {
        Time since;
        unsigned passed = 0;
        unsigned held = 0;
        spdlog::level::level_enum level{};
        std::string name; ///< of the logger
    };

    void sink_it_(const spdlog::details::log_msg& message) override;
    void flush_() override { target_->flush(); }
    void set_pattern_(const std::string& pattern) override { target_->set_pattern(pattern); }
    void set_formatter_(std::unique_ptr<spdlog::formatter> formatter) override {
        target_->set_formatter(std::move(formatter));
    }
    void closeWindows(Time now, bool all);
    void reportHeld(const std::string& text, const Kind& kind, Time now);

    std::shared_ptr<spdlog::sinks::sink> target_;
    std::map<std::string, Kind> kinds_;
    Time lastLook_{};
};

} // namespace bridge
