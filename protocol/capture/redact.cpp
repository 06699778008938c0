// SPDX-License-Identifier: MIT
#include "capture/redact.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "capture/btsnoop.hpp"
#include "capture/hci.hpp"
#include "capture/hci_codes.hpp"
#include "capture/l2cap.hpp"

namespace capture {
namespace {

constexpr std::size_t kAddressSize = 6;

template <typename T, std::size_t N>
bool contains(const std::array<T, N>& list, T value) {
    return std::find(list.begin(), list.end(), value) != list.end();
}

std::uint16_t half(ByteView octets, std::size_t offset) {
    if (octets.size() < offset + 2) return 0;
    return static_cast<std::uint16_t>(octets[offset] | octets[offset + 1] << 8U);
}

/// Of HCI commands: where addresses stand in those that are kept.
constexpr std::size_t kNoAddress = ~std::size_t{0};
struct KeptCommand {
    std::uint16_t opCode;
    std::size_t addressOffset = kNoAddress; ///< in the parameters
};
constexpr std::array kKeptCommands = std::to_array<KeptCommand>({
    {hci::kDisconnect},
    {hci::kSetRandomAddress, 0},
    {hci::kSetAdvertisingParameters, 7},
    {hci::kSetAdvertisingData},
    {hci::kSetScanResponseData},
    {hci::kSetAdvertisingEnable},
    {hci::kConnectionUpdate},
    {hci::kReadRemoteFeatures},
    {hci::kSetSetRandomAddress, 1},
    {hci::kSetExtendedAdvertisingParameters, 12},
    {hci::kSetExtendedAdvertisingData},
    {hci::kSetExtendedScanResponseData},
    {hci::kSetExtendedAdvertisingEnable},
});
constexpr std::array<std::uint8_t, 6> kKeptEvents{hci::kDisconnectionComplete, hci::kEncryptionChange,
                                                  hci::kCommandStatus,         hci::kNumberOfCompletedPackets,
                                                  hci::kEncryptionKeyRefresh,  hci::kEncryptionChangeV2};
constexpr std::array<std::uint8_t, 1> kKeptSubevents{hci::kConnectionUpdateComplete};
/// Management commands that only switch or advertise (docs/protocol/link.md 2.3).
constexpr std::array<std::uint16_t, 11> kKeptManagement{0x0005, 0x0006, 0x0007, 0x0009, 0x000d, 0x0018,
                                                        0x002a, 0x002d, 0x003e, 0x0054, 0x0055};
/// Pairing Request, Response, Failed, Security Request; the address of Identity Address Information is
/// replaced like any other.
constexpr std::uint8_t kIdentityAddress = 0x09;
constexpr std::array<std::uint8_t, 5> kKeptSmp{0x01, 0x02, 0x05, kIdentityAddress, 0x0b};

class Redactor {
public:
    explicit Redactor(ByteView original) : original_(original), copy_(original.begin(), original.end()) {}

    Redaction run(FileReader reader) {
        const DataLink dataLink = reader.dataLink();
        Redaction result;
        for (;;) {
            const auto record = reader.next();
            if (record.has_error()) result.damage = record.error();
            if (record.has_error() || !*record) break;
            ++result.packets;
            blankSecrets(dataLink, **record);
        }
        for (const ByteView piece : reassembler_.drain()) blank(piece);
        for (const auto& region : regions_) scrub(region);
        copy_.resize(reader.position());
        result.file = std::move(copy_);
        return result;
    }

private:
    void blankSecrets(DataLink dataLink, const FileRecord& record);
    void command(ByteView body);
    void event(ByteView body);
    void metaEvent(ByteView parameters);
    void reports(ByteView body);
    void management(const Packet& packet);
    void data(const Packet& packet);
    void frame(const L2capFrame& frame);

    void blank(ByteView octets) {
        std::fill_n(copy_.begin() + (octets.data() - original_.data()), octets.size(), std::uint8_t{0});
    }
    void blankFrom(ByteView octets, std::size_t kept) {
        blank(octets.subspan(std::min(kept, octets.size())));
    }
    void learnAddress(ByteView octets, std::size_t offset);
    void scrub(const std::vector<ByteView>& pieces);
    void replaceAddresses(Bytes& octets) const;
    void replaceDigits(Bytes& octets);

    ByteView original_;
    Bytes copy_;
    Reassembler reassembler_;
    std::vector<std::vector<ByteView>> regions_; ///< what is kept, and must be searched
    std::unordered_map<std::uint64_t, Address> addresses_;
    std::map<std::string, std::string> digits_;
};

void Redactor::blankSecrets(DataLink dataLink, const FileRecord& record) {
    using Kind = Packet::Kind;
    const auto packet = classify(dataLink, record);
    if (packet.has_error()) return blank(record.octets);
    const ByteView body = packet->body;
    switch (packet->kind) {
        case Kind::Command:
            command(body);
            break;
        case Kind::Event:
            event(body);
            break;
        case Kind::Data:
            return data(*packet);
        case Kind::AdapterAdded:
            learnAddress(body, 2);
            break;
        case Kind::AdapterInfo:
            learnAddress(body, 0);
            break;
        case Kind::ManagementCommand:
        case Kind::ManagementEvent:
            management(*packet);
            break;
        case Kind::Other:
            return blank(body);
    }
    regions_.push_back({body});
}

void Redactor::command(ByteView body) {
    constexpr std::size_t kHeader = 3;
    const std::uint16_t opCode = half(body, 0);
    const auto kept = std::find_if(kKeptCommands.begin(), kKeptCommands.end(),
                                   [opCode](const KeptCommand& each) { return each.opCode == opCode; });
    if (kept == kKeptCommands.end()) return blankFrom(body, kHeader);
    if (kept->addressOffset != kNoAddress) learnAddress(body, kHeader + kept->addressOffset);
}

void Redactor::event(ByteView body) {
    constexpr std::size_t kHeader = 2;
    constexpr std::size_t kUpToStatus = kHeader + 4; // of Command Complete
    const std::uint8_t code = body.empty() ? 0 : body[0];
    if (contains(kKeptEvents, code)) return;
    if (code == hci::kMetaEvent && body.size() > kHeader) return metaEvent(body);
    if (code != hci::kCommandComplete) return blankFrom(body, kHeader);
    if (half(body, kHeader + 1) == hci::kReadAddress) return learnAddress(body, kUpToStatus);
    blankFrom(body, kUpToStatus);
}

void Redactor::metaEvent(ByteView body) {
    constexpr std::size_t kSubevent = 2;
    constexpr std::size_t kPeer = 8;
    switch (body[kSubevent]) {
        case hci::kConnectionComplete:
            return learnAddress(body, kPeer);
        case hci::kEnhancedConnectionComplete:
            for (std::size_t i = 0; i < 3; ++i) learnAddress(body, kPeer + i * kAddressSize);
            return;
        case hci::kAdvertisingReport:
        case hci::kExtendedAdvertisingReport:
            return reports(body);
        default:
            if (!contains(kKeptSubevents, body[kSubevent])) blankFrom(body, kSubevent + 1);
    }
}

void Redactor::reports(ByteView body) {
    constexpr std::size_t kSubevent = 2;
    constexpr std::uint8_t kLastUuidList = 0x07;
    const auto messages = parseEvent(body);
    if (messages.has_error()) return blankFrom(body, kSubevent + 1);
    for (const HciMessage& message : *messages) {
        const auto& report = std::get<AdvertisingReport>(message);
        learnAddress(report.address, 0);
        const auto structures = parseAdvertisingData(report.data);
        if (structures.has_error()) blank(report.data);
        if (structures.has_error()) continue;
        for (const AdvertisingStructure& structure : *structures)
            if (structure.type > kLastUuidList) blank(structure.data);
    }
}

void Redactor::management(const Packet& packet) {
    constexpr std::size_t kHeader = 6;
    constexpr std::uint16_t kCommandComplete = 0x0001;
    constexpr std::uint16_t kCommandStatus = 0x0002;
    constexpr std::uint16_t kNewSettings = 0x0006;
    constexpr std::size_t kOpCodeAndStatus = 3;
    const std::uint16_t code = half(packet.body, 4);
    if (packet.kind == Packet::Kind::ManagementCommand) {
        if (!contains(kKeptManagement, code)) blankFrom(packet.body, kHeader);
    } else if (code == kCommandComplete) {
        if (!contains(kKeptManagement, half(packet.body, kHeader)))
            blankFrom(packet.body, kHeader + kOpCodeAndStatus);
    } else if (code != kCommandStatus && code != kNewSettings) {
        blankFrom(packet.body, kHeader);
    }
}

void Redactor::data(const Packet& packet) {
    constexpr std::size_t kHeader = 4;
    const auto result = reassembler_.add(packet);
    if (result.has_error()) return blankFrom(packet.body, kHeader);
    for (const ByteView piece : result->lost) blank(piece);
    if (result->frame) frame(*result->frame);
}

void Redactor::frame(const L2capFrame& frame) {
    constexpr std::uint8_t kReadResponse = 0x0b;
    constexpr std::size_t kSystemIdPdu = 1 + 8;
    constexpr std::array<std::uint8_t, 3> kPumpMaker{0xf7, 0x23, 0x00};
    const Bytes payload = frame.payload();
    const std::uint8_t code = payload.empty() ? 0 : payload[0];
    bool keep = frame.channel == kAttChannel || frame.channel == kSignalingChannel;
    if (frame.channel == kSmpChannel) keep = contains(kKeptSmp, code);
    if (!keep) {
        // The code of a key exchange tells nothing; the octets after it do.
        bool first = frame.channel == kSmpChannel;
        for (const ByteView piece : frame.pieces) {
            blankFrom(piece, first ? 1 : 0);
            first = first && piece.empty();
        }
        return;
    }
    if (frame.channel == kSmpChannel && code == kIdentityAddress) learnAddress(payload, 2);
    // The pump's System ID: five octets of its own, then the maker's (docs/protocol/services.md 2).
    if (code == kReadResponse && payload.size() == kSystemIdPdu && frame.pieces.size() == 1 &&
        std::equal(kPumpMaker.begin(), kPumpMaker.end(), payload.end() - 3))
        blank(frame.pieces[0].subspan(1, 5));
    regions_.push_back(frame.pieces);
}

std::uint64_t addressKey(const std::uint8_t* octets) {
    std::uint64_t key = 0;
    for (std::size_t i = 0; i < kAddressSize; ++i) key |= std::uint64_t{octets[i]} << (8 * i);
    return key;
}

std::uint64_t reversedKey(const std::uint8_t* octets) {
    std::uint64_t key = 0;
    for (std::size_t i = 0; i < kAddressSize; ++i) key = key << 8U | octets[i];
    return key;
}

/// Keeps what is not personal: the maker of the pump, and the kind of a random address (two bits).
void Redactor::learnAddress(ByteView octets, std::size_t offset) {
    constexpr std::uint64_t kPumpMaker = 0x0023f7;
    constexpr std::uint8_t kKindMask = 0xc0;
    if (octets.size() < offset + kAddressSize) return;
    const std::uint64_t key = addressKey(octets.data() + offset);
    if (key == 0 || key == 0xffffffffffff || addresses_.contains(key)) return;
    const std::uint64_t ordinal = addresses_.size() + 1;
    Address replacement{};
    for (std::size_t i = 0; i < 3; ++i) replacement[i] = static_cast<std::uint8_t>(ordinal >> (8 * i));
    replacement[5] = static_cast<std::uint8_t>(key >> 40U) & kKindMask;
    if (key >> 24U == kPumpMaker) {
        replacement[4] = 0x23;
        replacement[3] = 0xf7;
    }
    addresses_.emplace(key, replacement);
}

void Redactor::scrub(const std::vector<ByteView>& pieces) {
    Bytes joined;
    const auto place = [this](ByteView piece) { return copy_.begin() + (piece.data() - original_.data()); };
    for (const ByteView piece : pieces)
        joined.insert(joined.end(), place(piece), place(piece) + std::ssize(piece));
    replaceAddresses(joined);
    replaceDigits(joined);
    auto from = joined.begin();
    for (const ByteView piece : pieces) {
        std::copy_n(from, piece.size(), place(piece));
        from += std::ssize(piece);
    }
}

void Redactor::replaceAddresses(Bytes& octets) const {
    for (std::size_t i = 0; i + kAddressSize <= octets.size();) {
        const auto at = octets.begin() + static_cast<std::ptrdiff_t>(i);
        if (const auto found = addresses_.find(addressKey(&*at)); found != addresses_.end()) {
            std::copy(found->second.begin(), found->second.end(), at);
            i += kAddressSize;
        } else if (const auto mirrored = addresses_.find(reversedKey(&*at)); mirrored != addresses_.end()) {
            std::copy(mirrored->second.rbegin(), mirrored->second.rend(), at);
            i += kAddressSize;
        } else {
            ++i;
        }
    }
}

void Redactor::replaceDigits(Bytes& octets) {
    constexpr std::ptrdiff_t kShortest = 6;
    const auto isDigit = [](std::uint8_t octet) { return octet >= '0' && octet <= '9'; };
    for (auto from = octets.begin(); from != octets.end();) {
        from = std::find_if(from, octets.end(), isDigit);
        const auto to = std::find_if_not(from, octets.end(), isDigit);
        if (to - from >= kShortest) {
            const auto [entry, isNew] = digits_.try_emplace(std::string(from, to));
            if (isNew) {
                std::string number = std::to_string(digits_.size());
                const std::size_t length = entry->first.size();
                number.insert(0, length, '0');
                entry->second = number.substr(number.size() - length);
            }
            std::copy(entry->second.begin(), entry->second.end(), from);
        }
        from = to;
    }
}

} // namespace

Parsed<Redaction> redact(ByteView file) {
    auto reader = FileReader::open(file);
    if (reader.has_error()) return reader.error();
    return Redactor(file).run(*reader);
}

} // namespace capture
