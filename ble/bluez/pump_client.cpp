// SPDX-License-Identifier: MIT
#include "ble/bluez/pump_client.hpp"

#include <fmt/format.h>

#include <boost/asio/experimental/awaitable_operators.hpp>

namespace ble {

namespace {

using namespace asio::experimental::awaitable_operators;

void requirePermitted(PumpCharacteristic characteristic, ByteView value) {
    if (isPermittedWrite(characteristic, value)) return;
    throw LinkError(
        LinkErrorKind::WriteRefused,
        fmt::format("writing this to {} is not allowed: pump-bridge only reads", info(characteristic).name));
}

LinkError disconnected() {
    return {LinkErrorKind::Disconnected, "the pump is not connected"};
}

// As a value, since operator|| waits for the first success and would sit out an error.
template <typename T>
struct Outcome {
    std::exception_ptr error;
    std::optional<T> value;
};

template <typename T>
asio::awaitable<Outcome<T>> settle(asio::awaitable<T> work) {
    Outcome<T> outcome;
    try {
        outcome.value = co_await std::move(work);
    } catch (...) {
        outcome.error = std::current_exception();
    }
    co_return outcome;
}

} // namespace

/// The right to operate, until destroyed.
class PumpClient::Turn {
public:
    explicit Turn(PumpClient& client) : client_(&client) { client.busy_ = true; }
    Turn(Turn&& other) noexcept : client_(std::exchange(other.client_, nullptr)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
        if (client_ == nullptr) return;
        client_->busy_ = false;
        client_->changes_.announce();
    }

private:
    PumpClient* client_;
};

PumpClient::PumpClient(std::shared_ptr<BluezBus> bus, asio::any_io_executor executor, EventQueue& queue,
                       std::chrono::milliseconds limit, Condition::Clock clock)
    : bus_(std::move(bus)), changes_(std::move(executor), std::move(clock)), queue_(queue), limit_(limit) {}

void PumpClient::attach(const std::string& devicePath) {
    device_ = devicePath;
    ++connection_;
    known_.clear();
    changes_.announce();
}

void PumpClient::detach() {
    device_.clear();
    ++connection_;
    changes_.announce();
}

bool PumpClient::discovered() const {
    return !find(PumpCharacteristic::IddRecordAccessControlPoint).empty() &&
           !find(PumpCharacteristic::IddHistoryData).empty() &&
           !find(PumpCharacteristic::IddStatusChanged).empty();
}

void PumpClient::treeChanged() {
    known_.clear();
    changes_.announce();
}

void PumpClient::propertiesChanged(const std::string& path, const Properties& changed) {
    if (device_.empty() || !path.starts_with(device_ + "/")) return;
    const auto value = changed.find("Value");
    if (value == changed.end()) { // Notifying
        changes_.announce();
        return;
    }
    auto known = known_.find(path);
    if (known == known_.end()) known = known_.emplace(path, identify(path)).first;
    if (known->second && value->second.containsValueOfType<Bytes>())
        queue_.pushValue(*known->second, value->second.get<Bytes>());
}

std::optional<PumpCharacteristic> PumpClient::identify(const std::string& path) const {
    const auto& tree = bus_->tree();
    const auto uuid = tree.text(path, bluez::kGattCharacteristic, "UUID");
    const auto service = tree.get<sdbus::ObjectPath>(path, bluez::kGattCharacteristic, "Service");
    if (!service) return std::nullopt;
    const auto serviceUuid = tree.text(*service, bluez::kGattService, "UUID");
    for (const auto& known : characteristics())
        if (known.uuid == uuid && known.serviceUuid == serviceUuid) return known.id;
    return std::nullopt;
}

std::string PumpClient::find(PumpCharacteristic characteristic) const {
    if (device_.empty()) return {};
    for (const auto& path : bus_->tree().pathsWith(bluez::kGattCharacteristic))
        if (path.starts_with(device_ + "/") && identify(path) == characteristic) return path;
    return {};
}

asio::awaitable<PumpClient::Turn> PumpClient::takeTurn() {
    co_await changes_.until([this] { return !busy_; }, Condition::kNever);
    if (device_.empty()) throw disconnected();
    co_return Turn(*this);
}

// bluetoothd may say that the services are resolved before it has shown all of them.
asio::awaitable<std::string> PumpClient::locate(PumpCharacteristic characteristic, unsigned connection) {
    std::string path;
    const auto found = [&] {
        if (connection == connection_) path = find(characteristic);
        return connection != connection_ || !path.empty();
    };
    const bool inTime = co_await changes_.within(limit_, found);
    if (connection != connection_) throw disconnected();
    if (!inTime)
        throw LinkError(LinkErrorKind::Missing,
                        fmt::format("the pump shows no {}", info(characteristic).name));
    co_return path;
}

template <typename T>
asio::awaitable<T> PumpClient::whileConnected(unsigned connection, asio::awaitable<T> work) {
    const auto gone = [this, connection] { return connection != connection_; };
    auto first = co_await (settle(std::move(work)) || changes_.until(gone, Condition::kNever));
    if (gone() || first.index() == 1) throw disconnected();
    auto& outcome = std::get<0>(first);
    if (outcome.error) std::rethrow_exception(outcome.error);
    co_return std::move(*outcome.value);
}

asio::awaitable<Bytes> PumpClient::read(PumpCharacteristic characteristic) {
    const auto turn = co_await takeTurn();
    const auto connection = connection_;
    const auto path = co_await locate(characteristic, connection);
    queue_.beginRead(characteristic);
    const auto abandon = [](EventQueue* queue) { queue->abandonRead(); };
    const std::unique_ptr<EventQueue, decltype(abandon)> guard(&queue_, abandon);
    const auto decode = [this](sdbus::MethodReply& reply) {
        Bytes value;
        reply >> value;
        return queue_.endRead(std::move(value));
    };
    const Properties options;
    auto plain = co_await whileConnected(
        connection, bus_->callReading<std::optional<Bytes>>(path, bluez::kGattCharacteristic, "ReadValue",
                                                            limit_, decode, options));
    if (!plain)
        throw LinkError(LinkErrorKind::Undecodable,
                        fmt::format("{}: value not decodable", info(characteristic).name));
    co_return std::move(*plain);
}

asio::awaitable<void> PumpClient::write(PumpCharacteristic characteristic, Bytes value) {
    requirePermitted(characteristic, value);
    const auto turn = co_await takeTurn();
    const auto connection = connection_;
    const auto path = co_await locate(characteristic, connection);
    if (info(characteristic).encrypted) { // now: frames leave in the order of their counters
        auto frame = queue_.encode(value);
        if (!frame) throw LinkError(LinkErrorKind::NoSession, "the handshake with the pump is not done");
        value = std::move(*frame);
    }
    const Properties options{{"type", sdbus::Variant(std::string("request"))}};
    co_await whileConnected(connection, bus_->call<NoResult>(path, bluez::kGattCharacteristic, "WriteValue",
                                                             limit_, std::move(value), options));
}

asio::awaitable<void> PumpClient::subscribe(PumpCharacteristic characteristic) {
    const auto turn = co_await takeTurn();
    const auto connection = connection_;
    const auto path = co_await locate(characteristic, connection);
    subscribed_.insert(path);
    bool underWay = false;
    try {
        co_await whileConnected(
            connection, bus_->call<NoResult>(path, bluez::kGattCharacteristic, "StartNotify", limit_));
    } catch (const LinkError& error) {
        if (error.kind() != LinkErrorKind::InProgress) throw;
        underWay = true; // bluetoothd is renewing an older subscription of ours
    }
    if (!underWay) co_return;
    const auto notifying = [&] {
        return connection != connection_ || bus_->tree().flag(path, bluez::kGattCharacteristic, "Notifying");
    };
    const bool inTime = co_await changes_.within(limit_, notifying);
    if (connection != connection_) throw disconnected();
    if (!inTime)
        throw LinkError(LinkErrorKind::Timeout, fmt::format("{}: not subscribed", info(characteristic).name));
}

asio::awaitable<void> PumpClient::dropSubscriptions(std::chrono::milliseconds limit) {
    for (const auto& path : std::exchange(subscribed_, {})) {
        if (!bus_->tree().has(path, bluez::kGattCharacteristic)) continue;
        try {
            co_await bus_->call<NoResult>(path, bluez::kGattCharacteristic, "StopNotify", limit);
        } catch (const LinkError&) {
            continue; // it was gone already
        }
    }
}

} // namespace ble
