// SPDX-License-Identifier: MIT
#include "virtual_pump/air_visit.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "protocol/codec/cursor.hpp"
#include "protocol/uuids.hpp"
#include "virtual_pump/air_bridge_discovery.hpp"

namespace virtual_pump::air {

namespace {

using namespace std::chrono_literals;
using protocol::Reader;
using protocol::Writer;

constexpr std::uint16_t kPairingUuid = 0xfe82;
constexpr std::uint16_t kReconnectUuid = 0xfe81;
constexpr std::uint8_t kDisplayYesNo = 1; // makes the kernel set the MITM bit, as the pump does
constexpr auto kRequestLimit = 10s;
constexpr auto kTurn = 100ms; ///< longest wait before the other conditions are looked at
constexpr std::size_t kLargestPdu = 600;

class Visit {
public:
    Visit(const VisitSettings& settings, Pump& pump, const std::function<bool()>& mayLeave,
          const Reporter& report)
        : settings_(settings),
          pump_(pump),
          mayLeave_(mayLeave),
          report_(report),
          management_(settings.controller),
          server_(pump, settings.deviceName, settings.mtu),
          end_(Clock::now() + settings.limit) {}

    void run();

private:
    void prepareController();
    void connect();
    void exchangeMtu();
    void encrypt();
    void pair();
    void discover();
    void subscribe();
    void shakeHands();
    void serve();
    void leave();

    /// Waits for one thing from either socket, and acts on it.
    void takeIn(Clock::time_point deadline);
    /// Serves both sockets until `holds`; throws AirError with `what` when the deadline passes first.
    void until(const std::function<bool()>& holds, Clock::time_point deadline, std::string_view what);
    void onManagement(const ManagementEvent& event);
    void onPdu(ByteView pdu);
    void send(ByteView pdu);
    Bytes request(Bytes pdu);
    void pushNews();

    const VisitSettings& settings_;
    Pump& pump_;
    const std::function<bool()>& mayLeave_;
    const Reporter& report_;
    Management management_;
    AttributeServer server_;
    Clock::time_point end_;
    Address peer_;
    Descriptor att_;
    SakePort port_;
    std::optional<std::uint8_t> pairingStatus_;
    std::optional<Bytes> response_;
    std::deque<Bytes> portValues_;
    bool confirmationDue_ = false;
    Clock::time_point nextPush_;
};

void Visit::run() {
    prepareController();
    connect();
    pump_.connected();
    if (settings_.asksForMtu) exchangeMtu();
    if (settings_.bonded)
        encrypt();
    else
        pair();
    discover();
    subscribe();
    shakeHands();
    serve();
    leave();
}

void Visit::prepareController() {
    if (!settings_.bonded) { // some of it is accepted only while the controller is off
        management_.command(Management::SetPowered, 0);
        management_.command(Management::SetLowEnergy, 1);
        management_.command(Management::SetBredr, 0);
        management_.command(Management::SetSecureConnections, 0);
        // Off, but said: only then does the kernel ask for the bridge's identity key, and resolve by it.
        constexpr std::array<std::uint8_t, 17> noPrivacy{};
        management_.command(Management::SetPrivacy, noPrivacy);
        management_.command(Management::SetBondable, 1);
        management_.command(Management::SetPowered, 1);
    }
    management_.command(Management::SetIoCapability, kDisplayYesNo);
}

void Visit::connect() {
    const bool reconnects = settings_.bonded || settings_.anyAdvertiser;
    const auto find = [&] {
        const auto found = findAdvertiser(management_, {reconnects ? kReconnectUuid : kPairingUuid}, end_);
        if (!found) throw AirError("no bridge advertises");
        return *found;
    };
    peer_ = find();
    if (settings_.forgetBond) { // the identity key goes with it: the bridge is somebody else now
        management_.command(Management::UnpairDevice,
                            Writer{}.put(ByteView{addressBlock(peer_)}).put(std::uint8_t{0}).bytes());
        peer_ = find();
    }
    att_ = connectAtt(management_.controllerAddress(), peer_);
    report_("connected", toString(peer_));
}

void Visit::takeIn(Clock::time_point deadline) {
    while (auto event = management_.next(Clock::now())) onManagement(*event);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    std::array<pollfd, 2> ready{{{att_.number(), POLLIN, 0}, {management_.descriptor(), POLLIN, 0}}};
    if (::poll(ready.data(), ready.size(), static_cast<int>(std::max(left, 0ms).count())) <= 0) return;
    if (ready[0].revents == 0) return;
    Bytes pdu(kLargestPdu);
    const auto size = ::read(att_.number(), pdu.data(), pdu.size());
    if (size <= 0) throw AirError(fmt::format("link lost ({})", size == 0 ? "closed" : std::strerror(errno)));
    pdu.resize(static_cast<std::size_t>(size));
    onPdu(pdu);
}

void Visit::until(const std::function<bool()>& holds, Clock::time_point deadline, std::string_view what) {
    deadline = std::min(deadline, end_);
    while (!holds()) {
        if (Clock::now() >= deadline) throw AirError(fmt::format("time is up: {}", what));
        takeIn(std::min(deadline, Clock::now() + kTurn));
    }
}

void Visit::onManagement(const ManagementEvent& event) {
    Reader reader{event.parameters};
    if (event.code == Management::ConfirmRequest) {
        management_.send(Management::ConfirmReply, reader.take(7, "address"));
    } else if (event.code == Management::NewLongTermKey) {
        report_("bond", "");
    } else if (event.code == Management::CommandComplete || event.code == Management::CommandStatus) {
        if (reader.get<std::uint16_t>("command") == Management::PairDevice)
            pairingStatus_ = reader.get<std::uint8_t>("status");
    }
}

void Visit::onPdu(ByteView pdu) {
    switch (pdu.front()) {
        case HandleValueIndication:
        case HandleValueNotification: {
            Reader reader{pdu.subspan(1)};
            const auto handle = reader.get<std::uint16_t>("handle");
            const auto value = reader.take(reader.remaining(), "value");
            if (handle == port_.value) portValues_.emplace_back(value.begin(), value.end());
            if (pdu.front() == HandleValueIndication) send(Bytes{HandleValueConfirmation});
            return;
        }
        case HandleValueConfirmation:
            confirmationDue_ = false;
            return;
        case ErrorResponse:
        case ExchangeMtuResponse:
        case FindInformationResponse:
        case ReadByTypeResponse:
        case ReadResponse:
        case ReadByGroupTypeResponse:
        case WriteResponse:
            response_ = Bytes(pdu.begin(), pdu.end());
            return;
        default:
            if (const auto answer = server_.answer(pdu)) send(*answer);
    }
}

void Visit::send(ByteView pdu) {
    if (::write(att_.number(), pdu.data(), pdu.size()) != static_cast<ssize_t>(pdu.size()))
        throw AirError(fmt::format("link lost while sending ({})", std::strerror(errno)));
}

Bytes Visit::request(Bytes pdu) {
    response_.reset();
    send(pdu);
    until([this] { return response_.has_value(); }, Clock::now() + kRequestLimit,
          fmt::format("answer to request {:#04x}", pdu.front()));
    return *std::exchange(response_, std::nullopt);
}

void Visit::exchangeMtu() {
    const auto response = request(Writer{}.put(std::uint8_t{ExchangeMtuRequest}).put(settings_.mtu).bytes());
    Reader reader{response};
    if (reader.get<std::uint8_t>("opcode") != ExchangeMtuResponse) return;
    const auto answered = reader.get<std::uint16_t>("mtu");
    server_.exchanged(answered);
    report_("mtu answered", std::to_string(answered));
}

// The kernel encrypts with the key of the bond when bluetoothd asks for security, which it does at once. Were
// we first, faster than any radio, bluetoothd 5.66 would drop the link: BT_SECURITY fails where there is
// enough.
void Visit::encrypt() {
    until([this] { return isEncrypted(att_); }, Clock::now() + kRequestLimit, "encryption");
    report_("encrypted", "");
}

// Pair Device on the link that exists: it leaves the socket usable meanwhile (docs/protocol/bluez-lab.md).
void Visit::pair() {
    management_.send(Management::PairDevice,
                     Writer{}.put(ByteView{addressBlock(peer_)}).put(kDisplayYesNo).bytes());
    try {
        until([this] { return pairingStatus_.has_value(); }, Clock::now() + 30s, "pairing");
    } catch (const AirError& error) { // bluetoothd may end the link before the kernel says why
        throw AirError(fmt::format("pairing failed, {}", error.what()));
    }
    if (*pairingStatus_ != 0) throw AirError(fmt::format("pairing failed, status {:#04x}", *pairingStatus_));
    report_("paired", "");
}

void Visit::discover() {
    port_ = findSakePort([this](Bytes pdu) { return request(std::move(pdu)); });
    report_("discovered",
            fmt::format("port={} longest_find_information={}", port_.value, port_.longestFindInformation));
    if (port_.longestFindInformation >
        kDefaultMtu) { // it does not go on, and answers nothing (docs/protocol/link.md 5.3)
        throw AirError(
            fmt::format("fell silent: Find Information Response of {} bytes", port_.longestFindInformation));
    }
}

void Visit::subscribe() {
    const auto response = request(
        Writer{}.put(std::uint8_t{WriteRequest}).put(port_.configuration).put(std::uint16_t{0x0001}).bytes());
    if (response.front() != WriteResponse) throw AirError("subscription refused");
    report_("subscribed", "");
}

void Visit::shakeHands() {
    while (!pump_.sessionUp()) {
        until([this] { return !portValues_.empty(); }, Clock::now() + kRequestLimit,
              "notification of the SAKE port");
        const auto value = std::move(portValues_.front());
        portValues_.pop_front();
        const auto message = pump_.portNotified(value);
        if (!message) throw AirError("the handshake cannot go on");
        const auto response = request(
            Writer{}.put(std::uint8_t{WriteRequest}).put(port_.value).put(ByteView{*message}).bytes());
        if (response.front() != WriteResponse) throw AirError("the SAKE port refused a message");
    }
    report_("handshake done", "");
}

// A frame is encrypted when it is asked for: ask only when it can leave at once.
void Visit::pushNews() {
    if (confirmationDue_ || Clock::now() < nextPush_) return;
    auto outgoing = pump_.nextOutgoing();
    if (!outgoing) return;
    const auto opcode = outgoing->indication ? HandleValueIndication : HandleValueNotification;
    confirmationDue_ = outgoing->indication;
    send(Writer{}
             .put(std::uint8_t{opcode})
             .put(server_.valueHandle(outgoing->characteristic))
             .put(ByteView{outgoing->value})
             .bytes());
    nextPush_ = Clock::now() + settings_.pace;
}

void Visit::serve() {
    while (!mayLeave_() && !pump_.wantsDisconnect()) {
        if (Clock::now() >= end_)
            throw AirError(fmt::format("time is up: history, {} records sent", pump_.counters().recordsSent));
        takeIn(nextPush_ > Clock::now() ? nextPush_ : Clock::now() + kTurn);
        if (pump_.counters().reports > 0 && server_.mtu() != settings_.mtu)
            throw AirError(fmt::format("the bearer's MTU is {}", server_.mtu()));
        pushNews();
    }
    report_("served", fmt::format("records={} reports={} mtu={}", pump_.counters().recordsSent,
                                  pump_.counters().reports, server_.mtu()));
}

void Visit::leave() {
    pump_.disconnected();
    management_.command(Management::Disconnect, addressBlock(peer_));
    report_("left", "");
}

/// Of a server without attributes.
std::optional<Bytes> answerOfNobody(ByteView pdu) {
    Reader reader{pdu};
    const auto opcode = reader.get<std::uint8_t>("opcode");
    const auto handle = reader.get<std::uint16_t>("handle");
    switch (opcode) {
        case ExchangeMtuRequest:
            return Writer{}.put(std::uint8_t{ExchangeMtuResponse}).put(kDefaultMtu).bytes();
        case FindInformationRequest:
        case ReadByTypeRequest:
        case ReadByGroupTypeRequest:
        case ReadRequest: {
            constexpr std::uint8_t kAttributeNotFound = 0x0a;
            return Writer{}
                .put(std::uint8_t{ErrorResponse})
                .put(opcode)
                .put(handle)
                .put(kAttributeNotFound)
                .bytes();
        }
        default:
            return std::nullopt;
    }
}

} // namespace

void visit(const VisitSettings& settings, Pump& pump, const std::function<bool()>& leave,
           const Reporter& report) {
    Visit{settings, pump, leave, report}.run();
}

void visitAsStranger(std::uint16_t controller, std::chrono::milliseconds limit, const Reporter& report) {
    Management management{controller};
    management.command(Management::SetPowered, 0);
    management.command(Management::SetLowEnergy, 1);
    management.command(Management::SetBredr, 0);
    management.command(Management::SetPowered, 1);
    const auto deadline = Clock::now() + limit;
    const auto found = findAdvertiser(management, {kReconnectUuid, kPairingUuid}, deadline);
    if (!found) throw AirError("no bridge advertises");
    const auto att = connectAtt(management.controllerAddress(), *found);
    report("connected", toString(*found));
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        pollfd ready{att.number(), POLLIN, 0};
        if (left <= 0ms || ::poll(&ready, 1, static_cast<int>(left.count())) <= 0)
            throw AirError("nobody has sent the stranger away");
        Bytes pdu(kLargestPdu);
        const auto size = ::read(att.number(), pdu.data(), pdu.size());
        if (size <= 0) break;
        pdu.resize(static_cast<std::size_t>(size));
        const auto answer = answerOfNobody(pdu);
        if (answer && ::write(att.number(), answer->data(), answer->size()) < 0) break;
    }
    report("sent away", "");
}

} // namespace virtual_pump::air
