// SPDX-License-Identifier: MIT
#include "bridge/control/control_server.hpp"

#include <grp.h>
#include <spdlog/logger.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <list>
#include <utility>

#include "bridge/control/control_connection.hpp"
#include "bridge/control/control_protocol.hpp"

namespace bridge {

namespace fs = std::filesystem;
using asio::local::stream_protocol;
using boost::system::error_code;

namespace {

std::optional<ControlPeer> peerOf(int socket) {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return std::nullopt;
    ControlPeer peer{credentials.uid, credentials.gid, {}};
    constexpr std::size_t kMostGroups = 1024;
    peer.groups.resize(kMostGroups);
    size = static_cast<socklen_t>(peer.groups.size() * sizeof(gid_t));
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, peer.groups.data(), &size) != 0) size = 0;
    peer.groups.resize(size / sizeof(gid_t));
    return peer;
}

error_code lastError() {
    return {errno, boost::system::system_category()};
}

} // namespace

bool mayControl(const ControlPeer& peer, uid_t self, std::optional<gid_t> group) {
    if (peer.user == 0 || peer.user == self) return true;
    return group && (peer.group == *group || std::ranges::find(peer.groups, *group) != peer.groups.end());
}

std::optional<gid_t> findGroup(const std::string& name) {
    const group* found = ::getgrnam(name.c_str());
    if (found == nullptr) return std::nullopt;
    return found->gr_gid;
}

/// Kept by run() and by each connection: they may end after the server.
struct ControlServer::Impl : std::enable_shared_from_this<Impl> {
    Impl(const asio::any_io_executor& executor, fs::path at, MayControl permission,
         std::map<std::string, ControlCommand> served, spdlog::logger& logger, ControlLimits given)
        : acceptor(executor),
          socket(std::move(at)),
          mayControl(std::move(permission)),
          commands(std::move(served)),
          log(logger),
          limits(given) {}

    void listen(std::optional<gid_t> group) {
        const stream_protocol::endpoint endpoint{socket.string()};
        error_code error;
        stream_protocol::socket probe{acceptor.get_executor()};
        probe.connect(endpoint, error);
        if (!error) throw boost::system::system_error(asio::error::address_in_use, socket.string());
        if (error == asio::error::connection_refused) fs::remove(socket);
        acceptor.open();
        const mode_t before = ::umask(S_IXUSR | S_IRWXG | S_IRWXO);
        acceptor.bind(endpoint, error);
        ::umask(before);
        if (error) throw boost::system::system_error(error, socket.string());
        bound = true;
        if (group && (::chown(socket.c_str(), static_cast<uid_t>(-1), *group) != 0 ||
                      ::chmod(socket.c_str(), S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP) != 0)) {
            log.warn("control: {} is for root only: {}", socket.string(), lastError().message());
        }
        acceptor.listen();
    }

    asio::awaitable<void> serve(ControlConnection& connection) {
        const auto peer = peerOf(connection.handle());
        if (!peer || !mayControl(*peer)) {
            log.warn("control: refused to user {}", peer ? peer->user : static_cast<uid_t>(-1));
            co_return co_await connection.refuse(
                ControlRefusal::NotPermitted,
                std::string("this is for root and for members of the group ") + kControlGroup);
        }
        if (connections.size() > limits.connections)
            co_return co_await connection.refuse(ControlRefusal::Busy, "too many connections at a time");
        const auto line = co_await connection.readLine();
        if (!line) co_return;
        const auto parsed = parseControlRequest(*line);
        if (const auto* refusal = std::get_if<ControlRefusal>(&parsed))
            co_return co_await connection.refuse(*refusal, "a request is a JSON object with a command");
        co_await carryOut(std::get<ControlRequest>(parsed), connection);
    }

    asio::awaitable<void> carryOut(const ControlRequest& request, ControlConnection& connection) {
        const auto command = commands.find(request.command);
        if (command == commands.end())
            co_return co_await connection.refuse(ControlRefusal::UnknownCommand,
                                                 "there is no such command here");
        std::optional<ControlError> refused;
        int code = 0;
        try {
            code = co_await command->second(request.options, connection);
        } catch (const ControlError& error) {
            refused = error;
        }
        if (refused) co_return co_await connection.refuse(refused->refusal(), refused->what());
        co_await connection.exit(code);
    }

    void accept(stream_protocol::socket peer) {
        constexpr std::size_t kToBeRefused = 4; // beyond that many more, closed without a word
        if (connections.size() >= limits.connections + kToBeRefused) return;
        const auto connection = connections.emplace(connections.end(), std::move(peer), limits);
        auto task = [](std::shared_ptr<Impl> self,
                       std::list<ControlConnection>::iterator at) -> asio::awaitable<void> {
            co_await self->serve(*at);
        };
        asio::co_spawn(acceptor.get_executor(), task(shared_from_this(), connection),
                       [self = shared_from_this(), connection](const std::exception_ptr& error) {
                           self->noteEnd(error);
                           connection->close();
                           // Its deadline may have a handler under way that looks at it.
                           asio::post(self->acceptor.get_executor(),
                                      [self, connection] { self->connections.erase(connection); });
                       });
    }

    void noteEnd(const std::exception_ptr& error) const {
        try {
            if (error) std::rethrow_exception(error);
        } catch (const std::exception& failure) {
            log.debug("control: {}", failure.what());
        }
    }

    static asio::awaitable<void> run(std::shared_ptr<Impl> impl) {
        for (;;) {
            error_code error;
            auto peer =
                co_await impl->acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
            if (error == asio::error::operation_aborted || !impl->acceptor.is_open()) break;
            if (!error) {
                impl->accept(std::move(peer));
                continue;
            }
            // Out of descriptors, mostly: they come back.
            asio::steady_timer pause{impl->acceptor.get_executor(), std::chrono::seconds(1)};
            co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
            if (error) break;
        }
        impl->close();
    }

    void close() {
        error_code ignored;
        acceptor.close(ignored);
        for (auto& connection : connections) connection.close();
        if (std::exchange(bound, false)) ::unlink(socket.c_str());
    }

    stream_protocol::acceptor acceptor;
    fs::path socket;
    MayControl mayControl;
    std::map<std::string, ControlCommand> commands;
    spdlog::logger& log;
    ControlLimits limits;
    std::list<ControlConnection> connections;
    bool bound = false;
};

ControlServer::ControlServer(const asio::any_io_executor& executor, fs::path socket,
                             std::optional<gid_t> group, MayControl mayControl,
                             std::map<std::string, ControlCommand> commands, spdlog::logger& log,
                             ControlLimits limits)
    : impl_(std::make_shared<Impl>(executor, std::move(socket), std::move(mayControl), std::move(commands),
                                   log, limits)) {
    impl_->listen(group);
}

ControlServer::~ControlServer() {
    impl_->close();
}

// The coroutine may begin after the server is gone.
asio::awaitable<void> ControlServer::run() {
    return Impl::run(impl_);
}

} // namespace bridge
