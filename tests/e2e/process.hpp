// SPDX-License-Identifier: MIT
// Programs under test: started with an environment of their own, their output read line by line, ended for
// certain.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace e2e {

class Process {
public:
    /// argv[0] is looked up in PATH. The environment is ours plus `environment`. stdout and stderr are read
    /// as one stream of lines.
    Process(std::vector<std::string> argv, const std::map<std::string, std::string>& environment = {});
    ~Process(); ///< kills what still runs
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    /// The next line; empty when the output has ended, or nothing came in time.
    std::optional<std::string> readLine(std::chrono::milliseconds timeout);
    /// Reads lines until one satisfies `wanted`; that line. Empty when the output ended or time is up.
    std::optional<std::string> waitForLine(const std::function<bool(const std::string&)>& wanted,
                                           std::chrono::milliseconds timeout = std::chrono::seconds(60));
    std::optional<std::string> waitForText(const std::string& text,
                                           std::chrono::milliseconds timeout = std::chrono::seconds(60));
    void signal(int number);
    /// The exit code; 128 + n when signal n ended it. Reads the rest of the output meanwhile. -1 when time is
    /// up (then it is killed).
    int wait(std::chrono::milliseconds timeout = std::chrono::seconds(120));
    /// All lines read so far.
    [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }
    [[nodiscard]] std::string output() const;
    [[nodiscard]] pid_t pid() const { return pid_; }

private:
    bool fill(std::chrono::steady_clock::time_point deadline);

    pid_t pid_ = -1;
    int output_ = -1;
    std::string buffer_;
    bool ended_ = false; ///< of the output
    std::optional<int> exitCode_;
    std::vector<std::string> lines_;
};

/// A directory that goes with the object.
class TempDirectory {
public:
    TempDirectory();
    ~TempDirectory();
    TempDirectory(const TempDirectory&) = delete;
    TempDirectory& operator=(const TempDirectory&) = delete;
    [[nodiscard]] std::string path(const std::string& name = {}) const;
    /// Writes a file with mode 0600 and gives its path.
    [[nodiscard]] std::string write(const std::string& name, const std::string& text) const;

private:
    std::string path_;
};

} // namespace e2e
