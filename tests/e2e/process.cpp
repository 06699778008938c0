// SPDX-License-Identifier: MIT
#include "process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace e2e {

namespace {

using Deadline = std::chrono::steady_clock::time_point;

int remaining(Deadline deadline) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

std::vector<std::string> merged(const std::map<std::string, std::string>& own) {
    std::vector<std::string> all;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string text{*entry};
        if (!own.contains(text.substr(0, text.find('=')))) all.push_back(text);
    }
    for (const auto& [name, value] : own) all.push_back(std::string(name).append("=").append(value));
    return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    result.reserve(texts.size() + 1);
    for (auto& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

} // namespace

Process::Process(std::vector<std::string> argv, const std::map<std::string, std::string>& environment) {
    std::array<int, 2> pipe{};
    if (pipe2(pipe.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, pipe[1], STDERR_FILENO);
    auto variables = merged(environment);
    const int failed = posix_spawnp(&pid_, argv.at(0).c_str(), &actions, nullptr, pointers(argv).data(),
                                    pointers(variables).data());
    posix_spawn_file_actions_destroy(&actions);
    close(pipe[1]);
    output_ = pipe[0];
    if (failed != 0) throw std::runtime_error(argv.at(0) + ": " + std::strerror(failed));
}

Process::~Process() {
    if (!exitCode_) {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    close(output_);
}

bool Process::fill(Deadline deadline) {
    pollfd waiting{output_, POLLIN, 0};
    if (poll(&waiting, 1, remaining(deadline)) <= 0) return false;
    std::array<char, 4096> chunk{};
    const ssize_t got = read(output_, chunk.data(), chunk.size());
    if (got <= 0) {
        ended_ = true;
        return false;
    }
    buffer_.append(chunk.data(), static_cast<std::size_t>(got));
    return true;
}

std::optional<std::string> Process::readLine(std::chrono::milliseconds timeout) {
    const Deadline deadline = std::chrono::steady_clock::now() + timeout;
    for (;;) {
        if (const auto end = buffer_.find('\n'); end != std::string::npos) {
            lines_.push_back(buffer_.substr(0, end));
            buffer_.erase(0, end + 1);
            return lines_.back();
        }
        if (ended_ || !fill(deadline)) return std::nullopt;
    }
}

std::optional<std::string> Process::waitForLine(const std::function<bool(const std::string&)>& wanted,
                                                std::chrono::milliseconds timeout) {
    const Deadline deadline = std::chrono::steady_clock::now() + timeout;
    while (auto line = readLine(std::chrono::milliseconds(remaining(deadline)))) {
        if (wanted(*line)) return line;
    }
    return std::nullopt;
}

std::optional<std::string> Process::waitForText(const std::string& text, std::chrono::milliseconds timeout) {
    return waitForLine([&text](const std::string& line) { return line.find(text) != std::string::npos; },
                       timeout);
}

void Process::signal(int number) {
    if (!exitCode_) kill(pid_, number);
}

int Process::wait(std::chrono::milliseconds timeout) {
    const Deadline deadline = std::chrono::steady_clock::now() + timeout;
    while (readLine(std::chrono::milliseconds(remaining(deadline)))) {
    }
    if (exitCode_) return *exitCode_;
    if (!ended_) kill(pid_, SIGKILL); // still talking when the time was up
    int status = 0;
    waitpid(pid_, &status, 0); // its output has ended, so it is about to
    if (!ended_) {
        exitCode_ = -1;
    } else {
        exitCode_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    return *exitCode_;
}

std::string Process::output() const {
    std::string all;
    for (const auto& line : lines_) all += line + "\n";
    return all;
}

TempDirectory::TempDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "pump-bridge-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = pattern;
}

TempDirectory::~TempDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string TempDirectory::path(const std::string& name) const {
    return name.empty() ? path_ : path_ + "/" + name;
}

std::string TempDirectory::write(const std::string& name, const std::string& text) const {
    std::string file = path(name);
    std::ofstream out{file, std::ios::binary};
    out << text;
    out.close();
    chmod(file.c_str(), S_IRUSR | S_IWUSR);
    return file;
}

} // namespace e2e
