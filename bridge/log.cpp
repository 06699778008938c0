// SPDX-License-Identifier: MIT
#include "bridge/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "bridge/collapsing_sink.hpp"

namespace bridge {
namespace {

/// "<6>": the syslog priority that journald takes off each line (SyslogLevelPrefix= of systemd.exec).
class PriorityFlag final : public spdlog::custom_flag_formatter {
public:
    void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
        out.push_back('<');
        out.push_back(priority(message.level));
        out.push_back('>');
    }
    [[nodiscard]] std::unique_ptr<spdlog::custom_flag_formatter> clone() const override {
        return std::make_unique<PriorityFlag>();
    }

private:
    static char priority(spdlog::level::level_enum level) {
        switch (level) {
            case spdlog::level::critical:
                return '2';
            case spdlog::level::err:
                return '3';
            case spdlog::level::warn:
                return '4';
            case spdlog::level::info:
                return '6';
            default:
                return '7';
        }
    }
};

spdlog::level::level_enum toSpdlog(LogLevel level) {
    switch (level) {
        case LogLevel::Debug:
            return spdlog::level::debug;
        case LogLevel::Info:
            return spdlog::level::info;
        case LogLevel::Warning:
            return spdlog::level::warn;
        case LogLevel::Error:
            return spdlog::level::err;
    }
    return spdlog::level::info;
}

} // namespace

std::optional<LogLevel> logLevelByName(std::string_view name) {
    if (name == "debug") return LogLevel::Debug;
    if (name == "info") return LogLevel::Info;
    if (name == "warning") return LogLevel::Warning;
    if (name == "error") return LogLevel::Error;
    return std::nullopt;
}

std::shared_ptr<spdlog::logger> makeLog(LogLevel level, const Environment& environment) {
    auto log = std::make_shared<spdlog::logger>(
        "pump-bridge", std::make_shared<CollapsingSink>(std::make_shared<spdlog::sinks::stderr_sink_st>()));
    log->set_level(toSpdlog(level));
    log->flush_on(spdlog::level::debug);
    if (environment("JOURNAL_STREAM")) {
        auto formatter = std::make_unique<spdlog::pattern_formatter>();
        formatter->add_flag<PriorityFlag>('*').set_pattern("%*%v");
        log->set_formatter(std::move(formatter));
    } else {
        log->set_formatter(std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%eZ %l %v",
                                                                       spdlog::pattern_time_type::utc));
    }
    return log;
}

} // namespace bridge
