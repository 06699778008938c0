// SPDX-License-Identifier: MIT
#include "virtual_pump/pump.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <stdexcept>
#include <utility>

#include "protocol/cursor.hpp"
#include "protocol/med_float.hpp"
#include "protocol/uuids.hpp"
#include "virtual_pump/record_access.hpp"

namespace virtual_pump {

namespace sake = protocol::sake;
namespace uuid = protocol::uuid;

namespace {

constexpr std::size_t kAttHeader = 3;
constexpr std::uint16_t kHistoryEventRecorded = 1U << 7U; // IDD Status Changed, pump-services.md 6
constexpr std::uint8_t kBatteryPercent = 100;

std::size_t indexOf(std::string_view service, std::string_view characteristic) {
    const auto& table = characteristics();
    const auto found = std::find_if(table.begin(), table.end(), [&](const CharacteristicSpec& spec) {
        return spec.serviceUuid == service && spec.uuid == characteristic;
    });
    if (found == table.end()) throw std::logic_error("characteristic is not in the pump's table");
    return static_cast<std::size_t>(found - table.begin());
}

bool hasFlag(const CharacteristicSpec& spec, std::string_view flag) {
    return std::find(spec.flags.begin(), spec.flags.end(), flag) != spec.flags.end();
}

/// The pump ends its strings with a NUL (pump-services.md 2).
Bytes text(std::string_view value) {
    Bytes bytes(value.begin(), value.end());
    bytes.push_back(0);
    return bytes;
}

void requireKnownSide(const sake::KeyDatabase& keys) {
    if (keys.local != sake::DeviceType::InsulinPump && keys.local != sake::DeviceType::MobileApplication) {
        throw std::invalid_argument("the key database belongs to neither a pump nor a bridge");
    }
}

sake::Client makeClient(const sake::KeyDatabase& keys, sake::RandomSource random) {
    if (keys.local == sake::DeviceType::InsulinPump) return {keys, std::move(random)};
    return sake::Client::fromServerDatabase(keys, std::move(random));
}

} // namespace

struct Pump::Impl {
    Impl(PumpSettings pumpSettings, sake::KeyDatabase database, sake::RandomSource source,
         std::function<protocol::LocalSeconds()> wallClock)
        : settings(std::move(pumpSettings)),
          keys(std::move(database)),
          random(std::move(source)),
          clock(std::move(wallClock)),
          history(settings.mtu - kAttHeader - sake::kFrameOverhead),
          subscribed(characteristics().size()) {}

    // --- handshake ---
    sake::RandomSource sharedRandom() {
        return [this](std::span<std::uint8_t> out) { random(out); };
    }
    Bytes randomAnswer() {
        Bytes answer(sake::kMessageSize);
        random(answer);
        return answer;
    }
    std::optional<Bytes> portNotified(ByteView value);

    // --- reading ---
    boost::system::result<Bytes, AttError> plainValue(std::string_view characteristic) const;
    Bytes iddStatus() const;

    // --- writing ---
    std::optional<AttError> writeHistoryControl(ByteView value);
    std::optional<AttError> writeGlucoseControl(ByteView value);

    // --- what goes out ---
    std::optional<Outgoing> nextHistory();
    std::optional<Bytes> notificationFrame(ByteView plain);

    PumpSettings settings;
    sake::KeyDatabase keys;
    sake::RandomSource random;
    std::function<protocol::LocalSeconds()> clock;
    RecordAccess history;
    Counters counters;

    const std::size_t statusChanged = indexOf(uuid::kInsulinDelivery, uuid::kIddStatusChanged);
    const std::size_t historyControl = indexOf(uuid::kInsulinDelivery, uuid::kRecordAccessControlPoint);
    const std::size_t historyData = indexOf(uuid::kInsulinDelivery, uuid::kIddHistoryData);
    const std::size_t glucoseControl = [] {
        const auto& table = characteristics();
        std::size_t i = 0;
        while (table[i].uuid != uuid::kRecordAccessControlPoint ||
               table[i].serviceUuid == uuid::kInsulinDelivery) {
            ++i;
        }
        return i;
    }();

    // Of one connection.
    std::optional<sake::Client> client;
    std::optional<sake::Session> session;
    std::vector<bool> subscribed;
    bool statusIndicated = false; ///< in this subscription
    std::optional<Bytes> glucoseResponse;
    std::deque<Outgoing> ready; ///< already encrypted: copies of a duplicated frame

    std::uint16_t statusFlags = 0; ///< latched
    unsigned notifications = 0;    ///< of history, since the start
    bool dropped = false;          ///< the fault has had its disconnect
};

std::optional<Bytes> Pump::Impl::portNotified(ByteView value) {
    if (!client || session) return std::nullopt;
    const int stage = client->stage();
    if (settings.faults.silentAtStage == stage) return std::nullopt;
    const auto answer = client->receive(value);
    if (!answer.has_value()) {
        client.reset();
        // A genuine device answers an error with random octets, not with silence (sake.md 6.6).
        return stage < 0 ? std::nullopt : std::optional(randomAnswer());
    }
    if (client->done()) {
        session.emplace(client->takeSession());
        ++counters.handshakes;
    }
    constexpr int kStageOfMessage3 = 2;
    if (settings.faults.answerRandom && stage == kStageOfMessage3) return randomAnswer();
    return Bytes(answer->begin(), answer->end());
}

boost::system::result<Bytes, AttError> Pump::Impl::plainValue(std::string_view characteristic) const {
    if (characteristic == uuid::kManufacturerName) return text("Medtronic");
    if (characteristic == uuid::kModelNumber) return text(settings.modelNumber);
    if (characteristic == uuid::kSerialNumber) return text(settings.serialNumber);
    if (characteristic == uuid::kHardwareRevision) return text("A2.01");
    if (characteristic == uuid::kFirmwareRevision) return text(settings.firmwareRevision);
    if (characteristic == uuid::kSoftwareRevision) return text("");
    if (characteristic == uuid::kSystemId) return Bytes{0x01, 0x02, 0x03, 0x04, 0x05, 0xf7, 0x23, 0x00};
    if (characteristic == uuid::kPnpId) return Bytes{0x01, 0xf9, 0x01, 0x00, 0x00, 0x10, 0x01};
    if (characteristic == uuid::kRegulatoryCertification) return AttError::RequestNotSupported;
    if (characteristic == uuid::kCurrentTime) {
        const auto now = clock();
        const std::chrono::weekday day{std::chrono::floor<std::chrono::days>(now)};
        protocol::CurrentTime time;
        time.dateTime = protocol::DateTime::from(now);
        time.dayOfWeek = static_cast<std::uint8_t>(day.iso_encoding());
        return protocol::serialize(time);
    }
    if (characteristic == uuid::kIddStatusChanged) {
        return protocol::Writer{}.put(statusFlags).bytes();
    }
    if (characteristic == uuid::kIddStatus) return iddStatus();
    if (characteristic == uuid::kIddFeatures) {
        // No E2E protection, U100, the features of a captured 780G (pump-services.md 4).
        return Bytes{0xff, 0xff, 0x00, 0x64, 0x00, 0xfe, 0xde, 0x80, 0x1f};
    }
    return Bytes{kBatteryPercent};
}

Bytes Pump::Impl::iddStatus() const {
    constexpr std::uint8_t kRun = 0x55;
    constexpr std::uint8_t kReady = 0x96;
    constexpr std::uint8_t kReservoirAttached = 0x01;
    constexpr std::uint8_t kSensorOnAndPaired = 0x03;
    constexpr std::uint8_t kNoMessage = 0x00;
    protocol::Writer writer;
    writer.put(kRun).put(kReady).put(protocol::MedFloat::number(1505, -1).toFloat());
    writer.put(kReservoirAttached).put(kSensorOnAndPaired).put(kNoMessage);
    return std::move(writer).bytes();
}

std::optional<AttError> Pump::Impl::writeHistoryControl(ByteView value) {
    if (!session) return AttError::WriteNotPermitted;
    if (!subscribed[historyControl] || !subscribed[historyData]) return AttError::CccdImproperlyConfigured;
    if (history.running() && !RecordAccess::isAbort(value)) return AttError::ProcedureInProgress;
    history.request(value);
    counters.reports = history.reports();
    return std::nullopt;
}

/// No sensor session: enough for a bridge that has mistaken this characteristic to be told so. Codes of the
/// CGM service (ble-link.md 8.2).
std::optional<AttError> Pump::Impl::writeGlucoseControl(ByteView value) {
    constexpr std::uint8_t kReport = 0x01;
    constexpr std::uint8_t kResponse = 0x06;
    constexpr std::uint8_t kOpCodeNotSupported = 0x02;
    constexpr std::uint8_t kNoRecordsFound = 0x06;
    if (!subscribed[glucoseControl]) return AttError::CccdImproperlyConfigured;
    if (glucoseResponse) return AttError::ProcedureInProgress;
    const std::uint8_t opCode = value.empty() ? 0 : value[0];
    const std::uint8_t code = opCode == kReport ? kNoRecordsFound : kOpCodeNotSupported;
    glucoseResponse = Bytes{kResponse, 0x00, opCode, code};
    return std::nullopt;
}

std::optional<Bytes> Pump::Impl::notificationFrame(ByteView plain) {
    auto frame = session->sender.encrypt(plain);
    ++notifications;
    if (frame && settings.faults.corruptMacAt == notifications) frame->back() ^= 0x01U;
    return frame;
}

std::optional<Outgoing> Pump::Impl::nextHistory() {
    while (auto step = history.next()) {
        if (step->response) return Outgoing{historyControl, std::move(step->value), true};
        if (step->endOfRecord) ++counters.recordsSent;
        auto frame = notificationFrame(step->value);
        if (!frame || settings.faults.loseAt == notifications) continue;
        Outgoing outgoing{historyData, std::move(*frame), false};
        if (settings.faults.duplicateAt == notifications) ready.push_back(outgoing);
        return outgoing;
    }
    return std::nullopt;
}

Pump::Pump(PumpSettings settings, sake::KeyDatabase keys, sake::RandomSource random,
           std::function<protocol::LocalSeconds()> clock)
    : impl_(
          std::make_unique<Impl>(std::move(settings), std::move(keys), std::move(random), std::move(clock))) {
    requireKnownSide(impl_->keys);
}

Pump::Pump(Pump&&) noexcept = default;

Pump::~Pump() = default;

void Pump::setHistory(std::vector<Bytes> records) {
    impl_->history.setRecords(std::move(records));
}

void Pump::append(Bytes record) {
    impl_->history.append(std::move(record));
    impl_->statusFlags |= kHistoryEventRecorded;
}

const std::vector<Bytes>& Pump::history() const {
    return impl_->history.records();
}

void Pump::connected() {
    disconnected();
    impl_->client.emplace(makeClient(impl_->keys, impl_->sharedRandom()));
}

void Pump::disconnected() {
    if (wantsDisconnect()) impl_->dropped = true;
    impl_->client.reset();
    impl_->session.reset();
    impl_->subscribed.assign(characteristics().size(), false);
    impl_->statusIndicated = false;
    impl_->glucoseResponse.reset();
    impl_->ready.clear();
    impl_->history.cancel();
}

std::optional<Bytes> Pump::portNotified(ByteView value) {
    return impl_->portNotified(value);
}

bool Pump::sessionUp() const {
    return impl_->session.has_value();
}

boost::system::result<Bytes, AttError> Pump::read(std::size_t characteristic) {
    const CharacteristicSpec& spec = characteristics().at(characteristic);
    if (!hasFlag(spec, "read") || (spec.encrypted && !impl_->session)) return AttError::ReadNotPermitted;
    auto value = impl_->plainValue(spec.uuid);
    if (!value.has_value() || !spec.encrypted) return value;
    auto frame = impl_->session->sender.encrypt(*value);
    if (!frame) return AttError::ReadNotPermitted;
    return std::move(*frame);
}

std::optional<AttError> Pump::write(std::size_t characteristic, ByteView value) {
    if (characteristic == impl_->historyControl) return impl_->writeHistoryControl(value);
    if (characteristic == impl_->glucoseControl) return impl_->writeGlucoseControl(value);
    return AttError::WriteNotPermitted;
}

void Pump::subscribe(std::size_t characteristic, bool on) {
    impl_->subscribed.at(characteristic) = on;
    if (characteristic == impl_->statusChanged) impl_->statusIndicated = false;
}

std::optional<Outgoing> Pump::nextOutgoing() {
    Impl& self = *impl_;
    if (wantsDisconnect()) return std::nullopt;
    if (self.glucoseResponse) {
        return Outgoing{self.glucoseControl, *std::exchange(self.glucoseResponse, std::nullopt), true};
    }
    if (!self.session) return std::nullopt;
    if (!self.ready.empty()) {
        Outgoing copy = std::move(self.ready.front());
        self.ready.pop_front();
        return copy;
    }
    // Bits stay latched, but a subscription is told only once (pump-services.md 6).
    if (self.statusFlags != 0 && self.subscribed[self.statusChanged] && !self.statusIndicated) {
        self.statusIndicated = true;
        const Bytes flags = protocol::Writer{}.put(self.statusFlags).bytes();
        if (auto frame = self.session->sender.encrypt(flags)) {
            return Outgoing{self.statusChanged, std::move(*frame), true};
        }
    }
    return self.nextHistory();
}

bool Pump::wantsDisconnect() const {
    const auto& limit = impl_->settings.faults.dropLinkAfter;
    return limit && impl_->notifications >= *limit && !impl_->dropped;
}

const Pump::Counters& Pump::counters() const {
    return impl_->counters;
}

} // namespace virtual_pump
