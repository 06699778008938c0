// SPDX-License-Identifier: MIT
#include "rig.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace e2e {

namespace {

using namespace std::chrono_literals;
namespace http = boost::beast::http;

http::response<http::string_body> fetch(unsigned short port, const std::string& path) {
    boost::asio::io_context io;
    boost::beast::tcp_stream stream{io};
    stream.connect({boost::asio::ip::address_v4::loopback(), port});
    http::request<http::empty_body> request{http::verb::get, path, 11};
    request.set(http::field::host, "127.0.0.1");
    request.set(http::field::accept, "application/json");
    http::write(stream, request);
    boost::beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.body_limit(64UL * 1024 * 1024);
    http::read(stream, buffer, parser);
    return parser.release();
}

std::vector<std::string> command(const std::string& program, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), program);
    return arguments;
}

} // namespace

unsigned short freePort() {
    boost::asio::io_context io;
    const boost::asio::ip::tcp::acceptor acceptor{io, {boost::asio::ip::address_v4::loopback(), 0}};
    return acceptor.local_endpoint().port();
}

PrivateBus::PrivateBus()
    : daemon_({"dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=1"}) {
    const auto line = daemon_.waitForText("unix:", 10s);
    if (!line) throw std::runtime_error("dbus-daemon did not start:\n" + daemon_.output());
    address_ = *line;
}

bool Nightscout::isInstalled() {
    const char* directory = std::getenv("PUMP_BRIDGE_NIGHTSCOUT_DIR");
    return directory != nullptr &&
           std::filesystem::exists(std::string{directory} + "/node_modules/nightscout");
}

Nightscout::Nightscout() : port_(freePort()) {
    const std::string directory = std::getenv("PUMP_BRIDGE_NIGHTSCOUT_DIR");
    server_ = std::make_unique<Process>(
        std::vector<std::string>{
            "sh", "-c",
            "cd \"$0\" && exec node --require ./memory-mongo.js node_modules/nightscout/server.js",
            directory},
        std::map<std::string, std::string>{
            {"PORT", std::to_string(port_)},
            {"HOSTNAME", "127.0.0.1"},
            {"MONGODB_URI", "mongodb://memory/nightscout"},
            {"API_SECRET", secret()},
            {"INSECURE_USE_HTTP", "true"},
            {"AUTH_DEFAULT_ROLES", "readable"},
            {"ENABLE", "careportal basal iob pump devicestatus cage sage iage"}});
    const auto limit = std::chrono::steady_clock::now() + 60s;
    for (;;) {
        try {
            if (fetch(port_, "/api/v1/status.json").result() == http::status::ok) return;
        } catch (const boost::system::system_error&) {
            // not listening yet
        }
        if (std::chrono::steady_clock::now() > limit) {
            throw std::runtime_error("Nightscout did not start:\n" + server_->output());
        }
        // The server says nothing when it is ready; its output is drained while waiting.
        (void)server_->readLine(50ms);
    }
}

nlohmann::json Nightscout::get(const std::string& path) const {
    const auto answer = fetch(port_, path);
    if (answer.result() != http::status::ok) throw std::runtime_error("GET " + path + ": " + answer.body());
    return nlohmann::json::parse(answer.body());
}

std::map<std::string, nlohmann::json> Nightscout::documents() const {
    std::map<std::string, nlohmann::json> all;
    for (const char* path :
         {"/api/v1/entries.json?find%5Bdate%5D%5B%24gte%5D=1&count=100000",
          "/api/v1/treatments.json?find%5Bcreated_at%5D%5B%24gte%5D=1970-01-02T00:00:00.000Z"
          "&count=100000"}) {
        for (auto document : get(path)) {
            for (const char* own : {"_id", "mills", "sysTime", "utcOffset"}) document.erase(own);
            all.emplace(document.value("identifier", document.dump()), document);
        }
    }
    return all;
}

std::size_t Nightscout::count() const {
    return get("/api/v1/entries.json?find%5Bdate%5D%5B%24gte%5D=1&count=100000").size() +
           get("/api/v1/"
               "treatments.json?find%5Bcreated_at%5D%5B%24gte%5D=1970-01-02T00:00:00.000Z&count=100000")
               .size();
}

Rig::Rig(const PumpOptions& options) {
    const auto keys = runBridge({"keydb", "generate", "--server", directory_.path("sake.keydb"), "--client",
                                 directory_.path("pump.keydb")});
    if (keys.exitCode != 0) throw std::runtime_error("keydb generate: " + keys.output);
    std::vector<std::string> arguments{"--keydb",
                                       directory_.path("pump.keydb"),
                                       "--zone",
                                       "Europe/Berlin",
                                       "--inventory",
                                       directory_.path("inventory.json"),
                                       "--reconnect-delay",
                                       "0",
                                       "--first-sequence",
                                       "0"};
    arguments.insert(arguments.end(), options.source.begin(), options.source.end());
    arguments.insert(arguments.end(), options.more.begin(), options.more.end());
    pump_ = std::make_unique<Process>(
        command(VIRTUAL_PUMP, arguments),
        std::map<std::string, std::string>{{"DBUS_SYSTEM_BUS_ADDRESS", bus_.address()}});
    if (!pump_->waitForText("ready", 20s)) throw std::runtime_error("virtual-pump: " + pump_->output());
}

nlohmann::json Rig::inventory() const {
    std::ifstream in{directory_.path("inventory.json")};
    return nlohmann::json::parse(in);
}

std::string Rig::configuration(const std::string& site, const std::string& store,
                               const std::string& secret) const {
    const std::string secretFile = directory_.write("secret-" + store, secret + "\n");
    return directory_.write(
        store + ".toml",
        "timezone = \"Europe/Berlin\"\n[pump]\nkey_database = \"" + directory_.path("sake.keydb") +
            "\"\n[nightscout]\nurl = \"" + site + "\"\napi_secret_file = \"" + secretFile +
            "\"\n[time]\nhost_clock = \"trusted\"\n[storage]\npath = \"" + directory_.path(store) + "\"\n");
}

std::unique_ptr<Process> Rig::bridge(const std::string& configuration,
                                     std::vector<std::string> arguments) const {
    std::vector<std::string> all{"--config", configuration, "run"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return std::make_unique<Process>(
        command(PUMP_BRIDGE, all),
        std::map<std::string, std::string>{{"DBUS_SYSTEM_BUS_ADDRESS", bus_.address()},
                                           {"RUNTIME_DIRECTORY", directory_.path("run")}});
}

Outcome runBridge(std::vector<std::string> arguments, const std::map<std::string, std::string>& environment) {
    Process process{command(PUMP_BRIDGE, std::move(arguments)), environment};
    const int exitCode = process.wait();
    return {exitCode, process.output()};
}

} // namespace e2e
