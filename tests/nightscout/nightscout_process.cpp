// SPDX-License-Identifier: MIT
#include "nightscout_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdlib>
#include <stdexcept>
#include <vector>

#include "nightscout/upload/client.hpp"
#include "run_task.hpp"

namespace nightscout::testing {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

std::uint16_t freePort(asio::io_context& io) {
    const tcp::acceptor probe(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    return probe.local_endpoint().port();
}

} // namespace

std::optional<std::filesystem::path> NightscoutProcess::folder() {
    const char* named = std::getenv("PUMP_BRIDGE_NIGHTSCOUT_DIR");
    if (named == nullptr || !std::filesystem::exists(std::filesystem::path(named) / "node_modules"))
        return std::nullopt;
    return std::filesystem::path(named);
}

NightscoutProcess::NightscoutProcess(asio::io_context& io, const std::filesystem::path& folder,
                                     std::string apiSecret, std::string enable) {
    constexpr int attempts = 3; // somebody else may take the port before node does
    for (int attempt = 0; attempt < attempts; ++attempt) {
        port_ = freePort(io);
        start(folder, apiSecret, enable);
        if (runTask(io, becomesReady())) return;
        stop();
    }
    throw std::runtime_error("Nightscout does not start in " + folder.string());
}

NightscoutProcess::~NightscoutProcess() {
    stop();
}

void NightscoutProcess::start(const std::filesystem::path& folder, const std::string& apiSecret,
                              const std::string& enable) {
    const char* path = std::getenv("PATH");
    std::vector<std::string> environment{"PORT=" + std::to_string(port_),
                                         "HOSTNAME=127.0.0.1",
                                         "MONGODB_URI=mongodb://memory/nightscout",
                                         "API_SECRET=" + apiSecret,
                                         "INSECURE_USE_HTTP=true",
                                         "AUTH_DEFAULT_ROLES=readable",
                                         "ENABLE=" + enable,
                                         std::string("PATH=") + (path != nullptr ? path : "/usr/bin:/bin")};
    std::vector<char*> variables;
    for (auto& variable : environment) variables.push_back(variable.data());
    variables.push_back(nullptr);
    std::array<std::string, 4> words{"node", "--require", "./memory-mongo.js",
                                     "node_modules/nightscout/server.js"};
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);

    process_ = ::fork();
    if (process_ < 0) throw std::runtime_error("cannot fork");
    if (process_ > 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL); // never outlive the test
    const int null = ::open("/dev/null", O_RDWR);
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(null, stream);
    if (::chdir(folder.c_str()) == 0) ::execvpe("node", arguments.data(), variables.data());
    ::_exit(127);
}

void NightscoutProcess::stop() {
    if (process_ <= 0) return;
    ::kill(process_, SIGTERM);
    ::waitpid(process_, nullptr, 0);
    process_ = -1;
}

asio::awaitable<bool> NightscoutProcess::becomesReady() {
    const auto executor = co_await asio::this_coro::executor;
    ClientSettings settings;
    settings.site = SiteUrl{false, "127.0.0.1", std::to_string(port_), "", std::nullopt, std::nullopt};
    Client client(executor, settings);
    asio::steady_timer timer(executor);
    constexpr int polls = 600; // half a minute: the machine may be busy
    for (int poll = 0; poll < polls; ++poll) {
        if (::waitpid(process_, nullptr, WNOHANG) == process_) {
            process_ = -1;
            co_return false;
        }
        bool ready = false;
        try {
            const Response response = co_await client.request("GET", "/api/v1/status.json", "");
            ready = response.status == 200;
        } catch (const TransportError&) {
            ready = false; // not listening yet
        }
        if (ready) co_return true;
        timer.expires_after(std::chrono::milliseconds(50));
        co_await timer.async_wait(asio::use_awaitable);
    }
    co_return false;
}

} // namespace nightscout::testing
