// SPDX-License-Identifier: MIT
// The smallest bridge that a pump accepts, for tests of the double alone: a GATT application with the SAKE
// port, an agent and an advertisement, and calls that run the loop until they are answered.
#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ble/bluez/bus.hpp"
#include "protocol/sake/handshake.hpp"

namespace virtual_pump::test {

namespace asio = boost::asio;
using protocol::Bytes;
using protocol::ByteView;

using Properties = std::map<std::string, sdbus::Variant>;
using Objects = std::map<sdbus::ObjectPath, std::map<std::string, Properties>>;

/// Runs the loop until the condition holds; false after a time that only a broken test needs.
bool runUntil(asio::io_context& io, const std::function<bool()>& condition);
/// A generator of bytes that are the same in every run.
protocol::sake::RandomSource countingRandom(std::uint8_t start);

class Client {
public:
    Client(asio::io_context& io, ble::BusPump& pump, sdbus::IConnection& bus,
           protocol::sake::KeyDatabase keys);
    ~Client();

    // Each gives the name of the D-Bus error, empty for success.
    std::string registerApplication();
    std::string unregisterApplication();
    std::string registerAgent();
    std::string advertise(const std::string& uuid, const std::string& path = "/test/advertisement");
    std::string withdraw(const std::string& path = "/test/advertisement");
    std::string disconnect();
    std::string startNotify(const std::string& path);
    std::string write(const std::string& path, const Bytes& value);
    std::pair<std::string, Bytes> read(const std::string& path);

    Objects managedObjects();
    std::optional<Properties> device(); ///< the pump's Device1, if there is one
    /// The path of a characteristic of the pump; empty if there is none.
    std::string find(std::string_view serviceUuid, std::string_view uuid);

    template <typename... Arguments>
    std::string call(const std::string& path, const std::string& interface, const std::string& method,
                     const Arguments&... arguments) {
        return request<ble::NoResult>(path, interface, method, arguments...).first;
    }
    template <typename Reply, typename... Arguments>
    std::pair<std::string, Reply> request(const std::string& path, const std::string& interface,
                                          const std::string& method, const Arguments&... arguments);

    [[nodiscard]] bool sessionUp() const { return session_.has_value(); }
    protocol::sake::Session& session() { return *session_; }

    // How it behaves; to be set before it registers.
    std::vector<std::string> portFlags{"write", "notify"};
    std::string portUuid;
    std::string informationUuid;
    std::string localName = "Mobile 123457";
    bool discoverable = true;
    bool acceptPairing = true;
    bool notifyBeforeReply = false;

    // What it has seen.
    int subscriptions = 0;
    int agentRequests = 0;
    int released = 0;
    std::vector<std::string> informationRead;
    std::vector<std::pair<std::string, Bytes>> values; ///< path and Value of the pump's characteristics
    std::vector<std::string> log; ///< "InterfacesAdded /path", "Connected true", in order

private:
    void exportApplication();
    void exportCharacteristic(const std::string& path, const std::string& uuid,
                              const std::vector<std::string>& flags);
    void exportPort(const std::string& path);
    void exportAgent();
    void written(sdbus::MethodCall& call);
    void notify(ByteView value);
    void watch();
    void changed(const std::string& path, const std::string& interface, const Properties& properties);

    asio::io_context& io_;
    ble::BusPump& pump_;
    sdbus::IConnection& bus_;
    protocol::sake::KeyDatabase keys_;
    std::optional<protocol::sake::Server> handshake_;
    std::optional<protocol::sake::Session> session_;
    Bytes portValue_;
    std::vector<std::unique_ptr<sdbus::IObject>> application_;
    std::map<std::string, std::unique_ptr<sdbus::IObject>> advertisements_;
    std::unique_ptr<sdbus::IObject> agent_;
    sdbus::IObject* port_ = nullptr;
    std::vector<sdbus::Slot> matches_;
};

template <typename Reply, typename... Arguments>
std::pair<std::string, Reply> Client::request(const std::string& path, const std::string& interface,
                                              const std::string& method, const Arguments&... arguments) {
    auto proxy = sdbus::createProxy(bus_, "org.bluez", path);
    auto message = proxy->createMethodCall(interface, method);
    static_cast<void>((message << ... << arguments));
    std::pair<std::string, Reply> result;
    bool done = false;
    auto onReply = [&](const std::exception_ptr& error, Reply value) {
        done = true;
        result.second = std::move(value);
        try {
            if (error) std::rethrow_exception(error);
        } catch (const sdbus::Error& e) {
            result.first = e.getName();
        }
    };
    ble::asyncCall<Reply>(pump_, *proxy, message, std::chrono::seconds(20),
                          asio::bind_executor(io_.get_executor(), std::move(onReply)));
    if (!runUntil(io_, [&] { return done; })) result.first = "no answer";
    return result;
}

} // namespace virtual_pump::test
