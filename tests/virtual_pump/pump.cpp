// SPDX-License-Identifier: MIT
#include "virtual_pump/pump.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <stdexcept>
#include <utility>

#include "protocol/cgm/session.hpp"
#include "protocol/idd/status.hpp"
#include "protocol/uuids.hpp"
#include "therapy/time_line.hpp"
#include "virtual_pump/glucose_access.hpp"
#include "virtual_pump/live_state.hpp"
#include "virtual_pump/record_access.hpp"
#include "virtual_pump/status_answers.hpp"
#include "virtual_pump/status_changes.hpp"

namespace virtual_pump {

namespace sake = protocol::sake;
namespace uuid = protocol::uuid;

namespace {

constexpr std::size_t kAttHeader = 3;
constexpr std::uint8_t kTransmitterBatteryPercent = 96;
constexpr std::uint16_t kSessionHours = 170; // seven days and the warm-up

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

/// The pump ends its strings with a NUL (docs/protocol/services.md 2).
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
    boost::system::result<Bytes, AttError> sensorValue(std::string_view characteristic) const;
    protocol::LocalSeconds shown() const { return told ? told() : clock() + moved; }
    std::int32_t insulinTenths() const { return live.insulinOnBoard(clock()).amount.mantissa(); }

    // --- writing ---
    std::optional<AttError> writeHistoryControl(ByteView value);
    std::optional<AttError> writeGlucoseControl(ByteView value);
    std::optional<AttError> writeStatusReader(ByteView frame);

    // --- what goes out ---
    std::optional<Outgoing> nextGlucose();
    std::optional<Outgoing> nextStatus();
    std::optional<Outgoing> nextHistory();
    std::optional<Outgoing> encrypted(std::size_t characteristic, ByteView plain, bool indication);
    std::optional<Bytes> notificationFrame(ByteView plain);

    PumpSettings settings;
    sake::KeyDatabase keys;
    sake::RandomSource random;
    std::function<protocol::LocalSeconds()> clock;
    std::function<protocol::LocalSeconds()> told; ///< empty: clock
    std::chrono::seconds moved{0};                ///< by the references that were written
    RecordAccess history;
    Counters counters;

    const std::size_t statusChanged = indexOf(uuid::kInsulinDelivery, uuid::kIddStatusChanged);
    const std::size_t historyControl = indexOf(uuid::kInsulinDelivery, uuid::kRecordAccessControlPoint);
    const std::size_t historyData = indexOf(uuid::kInsulinDelivery, uuid::kIddHistoryData);
    const std::size_t statusReader = indexOf(uuid::kInsulinDelivery, uuid::kIddStatusReaderControlPoint);
    const std::size_t glucoseControl =
        indexOf(uuid::kContinuousGlucoseMonitoring, uuid::kRecordAccessControlPoint);
    const std::size_t glucoseData = indexOf(uuid::kContinuousGlucoseMonitoring, uuid::kCgmMeasurement);

    LiveState live;
    StatusChanges changes;
    std::int32_t displayedInsulin = 0; ///< tenths of a unit on board, as last looked at

    // Of one connection.
    std::optional<sake::Client> client;
    std::optional<sake::Session> session;
    std::vector<bool> subscribed;
    GlucoseAccess glucose;
    std::optional<Bytes> statusAnswer;
    std::deque<Outgoing> ready; ///< already encrypted: copies of a duplicated frame

    unsigned notifications = 0; ///< of history, since the start
    bool dropped = false;       ///< the fault has had its disconnect
};

std::optional<Bytes> Pump::Impl::portNotified(ByteView value) {
    if (!client || session) return std::nullopt;
    const int stage = client->stage();
    if (settings.faults.silentAtStage == stage) return std::nullopt;
    const auto answer = client->receive(value);
    if (!answer.has_value()) {
        client.reset();
        // A genuine device answers an error with random bytes, not with silence (docs/protocol/sake.md 6.6).
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
        const auto now = shown();
        const std::chrono::weekday day{std::chrono::floor<std::chrono::days>(now)};
        protocol::CurrentTime time;
        time.dateTime = protocol::DateTime::from(now);
        time.dayOfWeek = static_cast<std::uint8_t>(day.iso_encoding());
        return protocol::serialize(time);
    }
    if (characteristic == uuid::kIddStatusChanged) return protocol::idd::serialize(changes.latched());
    if (characteristic == uuid::kIddStatus) return protocol::idd::serialize(live.status());
    if (characteristic == uuid::kIddAnnunciationStatus) return protocol::idd::serialize(live.annunciation());
    if (characteristic == uuid::kIddFeatures) {
        // No E2E protection, U100, the features of a captured 780G (docs/protocol/services.md 4).
        return Bytes{0xff, 0xff, 0x00, 0x64, 0x00, 0xfe, 0xde, 0x80, 0x1f};
    }
    if (characteristic == uuid::kBatteryLevel) return Bytes{settings.batteryPercent};
    return sensorValue(characteristic);
}

boost::system::result<Bytes, AttError> Pump::Impl::sensorValue(std::string_view characteristic) const {
    const auto sensor = live.session();
    if (!sensor) return AttError::NoSensor;
    if (characteristic == uuid::kCgmSessionStartTime) return protocol::cgm::serialize(*sensor);
    if (characteristic == uuid::kCgmSessionRunTime)
        return protocol::cgm::serialize(protocol::cgm::SessionRunTime{kSessionHours});
    return Bytes{kTransmitterBatteryPercent};
}

std::optional<AttError> Pump::Impl::writeHistoryControl(ByteView value) {
    if (!session) return AttError::WriteNotPermitted;
    if (!subscribed[historyControl] || !subscribed[historyData]) return AttError::CccdImproperlyConfigured;
    if (statusAnswer || (history.running() && !RecordAccess::isAbort(value)))
        return AttError::ProcedureInProgress;
    history.request(value);
    counters.reports = history.reports();
    return std::nullopt;
}

std::optional<AttError> Pump::Impl::writeGlucoseControl(ByteView value) {
    if (!subscribed[glucoseControl]) return AttError::CccdImproperlyConfigured;
    if (glucose.running()) return AttError::ProcedureInProgress;
    glucose.request(value, session && subscribed[glucoseData] ? live.measurement() : std::nullopt);
    return std::nullopt;
}

std::optional<AttError> Pump::Impl::writeStatusReader(ByteView frame) {
    if (!session) return AttError::WriteNotPermitted;
    if (!subscribed[statusReader]) return AttError::CccdImproperlyConfigured;
    if (history.running() || statusAnswer) return AttError::ProcedureInProgress;
    const auto request = session->receiver.decrypt(frame);
    if (!request.has_value()) return AttError::WriteNotPermitted;
    statusAnswer = answerStatusRequest(request->plain, live, changes, clock());
    return std::nullopt;
}

std::optional<Bytes> Pump::Impl::notificationFrame(ByteView plain) {
    auto frame = session->sender.encrypt(plain);
    ++notifications;
    if (frame && settings.faults.corruptMacAt == notifications) frame->back() ^= 0x01U;
    return frame;
}

std::optional<Outgoing> Pump::Impl::encrypted(std::size_t characteristic, ByteView plain, bool indication) {
    auto frame = session->sender.encrypt(plain);
    if (!frame) return std::nullopt;
    return Outgoing{characteristic, std::move(*frame), indication};
}

std::optional<Outgoing> Pump::Impl::nextGlucose() {
    auto step = glucose.next();
    if (!step) return std::nullopt;
    if (step->response) return Outgoing{glucoseControl, std::move(step->value), true};
    return encrypted(glucoseData, step->value, false);
}

std::optional<Outgoing> Pump::Impl::nextStatus() {
    if (statusAnswer) return encrypted(statusReader, *std::exchange(statusAnswer, std::nullopt), true);
    if (!subscribed[statusChanged]) return std::nullopt;
    const auto indication = changes.takeIndication();
    if (!indication) return std::nullopt;
    return encrypted(statusChanged, protocol::idd::serialize(*indication), true);
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

void Pump::tellTime(std::function<protocol::LocalSeconds()> told) {
    impl_->told = std::move(told);
}

void Pump::setHistory(std::vector<Bytes> records) {
    impl_->live.clear();
    for (const Bytes& record : records) (void)impl_->live.observe(record);
    impl_->displayedInsulin = impl_->insulinTenths();
    impl_->history.setRecords(std::move(records));
}

void Pump::append(Bytes record) {
    using protocol::history::RecordingReason;
    const auto reference = therapy::referenceOf(record);
    if (reference && reference->readable &&
        (reference->reason == RecordingReason::SetDateTime ||
         reference->reason == RecordingReason::DateTimeLoss))
        impl_->moved = reference->time - impl_->clock();
    impl_->changes.raise(impl_->live.observe(record));
    impl_->history.append(std::move(record));
}

void Pump::keepNewest(std::size_t count) {
    impl_->history.keepNewest(count);
}

void Pump::setFaults(Faults faults) {
    impl_->settings.faults = std::move(faults);
    impl_->notifications = 0;
    impl_->dropped = false;
}

void Pump::timePasses() {
    const auto tenths = impl_->insulinTenths();
    if (std::exchange(impl_->displayedInsulin, tenths) == tenths) return;
    impl_->changes.raise(protocol::idd::StatusChanged::of({protocol::idd::Change::InsulinOnBoard}));
}

protocol::LocalSeconds Pump::shown() const {
    return impl_->shown();
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
    impl_->glucose.cancel();
    impl_->statusAnswer.reset();
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
    if (characteristic == impl_->statusReader) return impl_->writeStatusReader(value);
    return AttError::WriteNotPermitted;
}

void Pump::subscribe(std::size_t characteristic, bool on) {
    impl_->subscribed.at(characteristic) = on;
    if (characteristic == impl_->statusChanged && on) impl_->changes.subscribed();
}

std::optional<Outgoing> Pump::nextOutgoing() {
    Impl& self = *impl_;
    if (wantsDisconnect()) return std::nullopt;
    if (auto outgoing = self.nextGlucose()) return outgoing;
    if (!self.session) return std::nullopt;
    if (!self.ready.empty()) {
        Outgoing copy = std::move(self.ready.front());
        self.ready.pop_front();
        return copy;
    }
    if (auto outgoing = self.nextStatus()) return outgoing;
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
