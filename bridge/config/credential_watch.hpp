// SPDX-License-Identifier: MIT
// Follows the file that the site's secret or token stands in. docs/architecture.md 8.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <filesystem>
#include <functional>
#include <string>

namespace spdlog {
class logger;
}

namespace bridge {

class CredentialWatch {
public:
    using Changed = std::function<void(const std::string& credential)>;

    /// `credential`: what `file` held when it was last read. Its directory is watched, so that a file that
    /// takes its place is seen. Where the system cannot watch it, that is logged, and nothing is seen.
    CredentialWatch(const boost::asio::any_io_executor& executor, std::filesystem::path file,
                    std::string credential, Changed changed, spdlog::logger& log);

    /// Until cancelled. A file that is gone or cannot be read leaves the credential as it was.
    boost::asio::awaitable<void> run();

private:
    void readAgain();

    std::filesystem::path file_;
    std::string credential_;
    Changed changed_;
    spdlog::logger& log_;
    boost::asio::posix::stream_descriptor events_;
    bool unreadable_ = false;
};

} // namespace bridge
