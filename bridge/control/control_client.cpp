// SPDX-License-Identifier: MIT
#include "bridge/control/control_client.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ostream>
#include <system_error>

namespace bridge {
namespace {

using nlohmann::json;

class Socket {
public:
    Socket() : descriptor_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        if (descriptor_ < 0) fail("socket");
    }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    ~Socket() { ::close(descriptor_); }

    /// False: nobody is there, or this user may not.
    bool connect(const std::filesystem::path& path) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        const std::string text = path.string();
        if (text.size() >= sizeof address.sun_path) throw ControlFailure(text + ": the path is too long");
        std::memcpy(&address.sun_path[0], text.c_str(), text.size() + 1);
        return ::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    }

    void setPatience(std::chrono::seconds limit) {
        const timeval time{limit.count(), 0};
        for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO})
            ::setsockopt(descriptor_, SOL_SOCKET, option, &time, sizeof time);
    }

    /// One that refuses does not read on, and says why all the same: an error here is no news.
    void send(std::string_view text) {
        while (!text.empty()) {
            const ssize_t sent = ::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL);
            if (sent < 0 && errno == EINTR) continue;
            if (sent < 0) return;
            text.remove_prefix(static_cast<std::size_t>(sent));
        }
    }

    /// Without its line feed; empty at the end.
    std::optional<std::string> readLine() {
        for (;;) {
            if (const auto end = buffer_.find('\n'); end != std::string::npos) {
                std::string line = buffer_.substr(0, end);
                buffer_.erase(0, end + 1);
                return line;
            }
            if (buffer_.size() > kControlAnswerBytes)
                throw ControlFailure("the service answers with too long a line");
            std::array<char, std::size_t{16} * 1024> chunk{};
            const ssize_t size = ::recv(descriptor_, chunk.data(), chunk.size(), 0);
            if (size < 0 && errno == EINTR) continue;
            if (size < 0) fail("the service does not answer");
            if (size == 0) return std::nullopt;
            buffer_.append(chunk.data(), static_cast<std::size_t>(size));
        }
    }

private:
    [[noreturn]] static void fail(const std::string& what) {
        throw ControlFailure(what + ": " + std::generic_category().message(errno));
    }

    int descriptor_;
    std::string buffer_;
};

std::string textOf(const json& line, const char* key) {
    const auto found = line.find(key);
    return found != line.end() && found->is_string() ? found->get<std::string>() : std::string();
}

} // namespace

std::optional<int> askService(const std::filesystem::path& socket, const ControlRequest& request,
                              const Streams& streams, std::chrono::seconds patience) {
    Socket service;
    if (!service.connect(socket)) return std::nullopt;
    service.setPatience(patience);
    service.send(toLine(request));
    while (const auto text = service.readLine()) {
        const json line = json::parse(*text, nullptr, false);
        if (!line.is_object()) throw ControlFailure("the service answers with what is no JSON");
        if (line.contains("refused")) {
            streams.err << "the service refuses (" << textOf(line, "refused") << "): " << textOf(line, "text")
                        << '\n';
            return kFoundProblem;
        }
        streams.out << textOf(line, "out");
        streams.err << textOf(line, "err");
        if (const auto code = line.find("exit"); code != line.end() && code->is_number_integer())
            return code->get<int>();
    }
    throw ControlFailure("the service ended before its answer did");
}

} // namespace bridge
