// SPDX-License-Identifier: MIT
#include "nightscout/upload/plain_stream.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "nightscout/upload/timed_socket.hpp"

namespace nightscout {
namespace {

namespace asio = boost::asio;

class PlainStream final : public ByteStream {
public:
    explicit PlainStream(std::shared_ptr<TimedSocket> socket) : socket_(std::move(socket)) {}

    void expireAfter(std::chrono::milliseconds limit) override { socket_->expireAfter(limit); }
    void expireNever() override { socket_->expireNever(); }
    bool looksClosed() override { return socket_->looksClosed(); }

    asio::awaitable<Transfer> readSome(std::span<char> into) override {
        Transfer done;
        done.bytes = co_await socket_->socket.async_read_some(
            asio::buffer(into.data(), into.size()), asio::redirect_error(asio::use_awaitable, done.error));
        done.error = socket_->caused(done.error);
        co_return done;
    }

    asio::awaitable<Transfer> write(std::string_view bytes) override {
        Transfer done;
        done.bytes = co_await asio::async_write(socket_->socket, asio::buffer(bytes.data(), bytes.size()),
                                                asio::redirect_error(asio::use_awaitable, done.error));
        done.error = socket_->caused(done.error);
        co_return done;
    }

private:
    std::shared_ptr<TimedSocket> socket_;
};

} // namespace

std::unique_ptr<ByteStream> makePlainStream(std::shared_ptr<TimedSocket> socket) {
    return std::make_unique<PlainStream>(std::move(socket));
}

} // namespace nightscout
