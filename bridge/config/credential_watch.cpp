// SPDX-License-Identifier: MIT
#include "bridge/config/credential_watch.hpp"

#include <spdlog/logger.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <system_error>
#include <utility>

#include "bridge/config/secret_files.hpp"

namespace bridge {

namespace asio = boost::asio;

namespace {

/// Not each write: a file is read when its writer is done with it.
constexpr std::uint32_t kEvents =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM | IN_ATTRIB | IN_ONLYDIR;

} // namespace

CredentialWatch::CredentialWatch(const asio::any_io_executor& executor, std::filesystem::path file,
                                 std::string credential, Changed changed, spdlog::logger& log)
    : file_(std::move(file)),
      credential_(std::move(credential)),
      changed_(std::move(changed)),
      log_(log),
      events_(executor) {
    const auto directory = file_.has_parent_path() ? file_.parent_path() : std::filesystem::path(".");
    const int watch = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (watch >= 0) events_.assign(watch);
    if (watch < 0 || ::inotify_add_watch(watch, directory.c_str(), kEvents) < 0)
        log_.warn("nightscout: {} cannot be watched ({}): a new one counts from the next start on",
                  file_.string(), std::generic_category().message(errno));
}

asio::awaitable<void> CredentialWatch::run() {
    if (!events_.is_open()) { // there is nothing to hear
        asio::steady_timer never{events_.get_executor(), asio::steady_timer::time_point::max()};
        co_await never.async_wait(asio::use_awaitable);
    }
    for (;;) {
        co_await events_.async_wait(asio::posix::descriptor_base::wait_read, asio::use_awaitable);
        // Which file it was does not matter: a link in this directory may lead to ours.
        std::array<char, 4096> ignored{};
        while (::read(events_.native_handle(), ignored.data(), ignored.size()) > 0) continue;
        readAgain();
    }
}

void CredentialWatch::readAgain() {
    std::string present;
    if (const auto error = readSecretFile(file_, present)) {
        if (!std::exchange(unreadable_, true))
            log_.warn("nightscout: {}; the former one stays in use", *error);
        return;
    }
    unreadable_ = false;
    if (present == credential_) return;
    credential_ = present;
    log_.info("nightscout: {} has changed", file_.string());
    changed_(credential_);
}

} // namespace bridge
