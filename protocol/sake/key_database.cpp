// SPDX-License-Identifier: MIT
#include "protocol/sake/key_database.hpp"

#include <openssl/crypto.h>

#include <algorithm>

#include "protocol/codec/crc.hpp"
#include "protocol/codec/cursor.hpp"

namespace protocol::sake {
namespace {

using Code = ParseError::Code;

constexpr std::size_t kCrcSize = 4;
constexpr std::size_t kHeaderSize = 6;
constexpr std::size_t kEntrySize = 81;
constexpr std::size_t kCountOffset = 5;
constexpr std::size_t kPermitTagSize = 4;
constexpr std::size_t kPermitTagOffset = 12;

/// Bytes that are wiped when they go.
template <typename Container>
class Wiped {
public:
    explicit Wiped(Container bytes) : bytes_(std::move(bytes)) {}
    Wiped(const Wiped&) = delete;
    Wiped& operator=(const Wiped&) = delete;
    ~Wiped() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }
    const Container& operator*() const { return bytes_; }

private:
    Container bytes_;
};

constexpr bool isSpace(std::uint8_t byte) {
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/// A binary file never is: its fifth byte is a device type, 1..8.
bool isText(ByteView file) {
    return std::all_of(file.begin(), file.end(),
                       [](std::uint8_t byte) { return isSpace(byte) || (byte > 0x20 && byte < 0x7f); });
}

/// Unlike fromHex, with white space even inside an byte: a file may have been wrapped at any column.
Parsed<Bytes> decodeText(ByteView file) {
    std::string text;
    text.reserve(file.size());
    std::vector<std::size_t> offsets; // of each digit in the file
    offsets.reserve(file.size());
    for (std::size_t at = 0; at < file.size(); ++at) {
        if (isSpace(file[at])) continue;
        text += static_cast<char>(file[at]);
        offsets.push_back(at);
    }
    const Wiped digits{std::move(text)};
    auto bytes = fromHex(*digits);
    if (!bytes) {
        ParseError error = bytes.error();
        error.offset = offsets[error.offset];
        return error;
    }
    return bytes;
}

void readBlock(Reader& reader, Block& block, std::string_view field) {
    const ByteView bytes = reader.take(block.size(), field);
    std::copy(bytes.begin(), bytes.end(), block.begin());
}

KeyEntry readEntry(Reader& reader) {
    KeyEntry entry;
    entry.remote = static_cast<DeviceType>(reader.get<std::uint8_t>("remote device type")); // checked later
    readBlock(reader, entry.derivationKey, "derivation key");
    readBlock(reader, entry.handshakeAuthKey, "handshake authentication key");
    readBlock(reader, entry.permitDecryptKey, "permit decryption key");
    readBlock(reader, entry.permitAuthKey, "permit authentication key");
    readBlock(reader, entry.handshakePayload, "handshake payload");
    return entry;
}

bool isKnown(DeviceType type) {
    return toDeviceType(static_cast<std::uint8_t>(type)).has_value();
}

std::optional<ParseError> findFault(const KeyDatabase& database) {
    if (!isKnown(database.local)) return ParseError{Code::BadValue, kCrcSize, "local device type"};
    if (database.entries.empty()) return ParseError{Code::BadValue, kCountOffset, "number of entries"};
    const auto offset = [](std::size_t index) { return kHeaderSize + kEntrySize * index; };
    for (std::size_t i = 0; i < database.entries.size(); ++i)
        if (!isKnown(database.entries[i].remote))
            return ParseError{Code::BadValue, offset(i), "remote device type"};
    for (std::size_t i = 0; i < database.entries.size(); ++i)
        if (database.find(database.entries[i].remote) != &database.entries[i])
            return ParseError{Code::BadValue, offset(i), "remote device type, given twice"};
    return std::nullopt;
}

/// In the order of docs/protocol/sake.md 4.2.
Parsed<KeyDatabase> parseBinary(ByteView file) {
    Reader reader{file};
    std::uint32_t storedCrc = 0;
    for (const std::uint8_t byte : reader.take(kCrcSize, "CRC-32")) storedCrc = storedCrc << 8U | byte;
    KeyDatabase database;
    database.local = static_cast<DeviceType>(reader.get<std::uint8_t>("local device type")); // checked later
    const auto count = reader.get<std::uint8_t>("number of entries");
    if (!reader.failed() && storedCrc != crc32(file.subspan(kCrcSize)))
        return ParseError{Code::BadChecksum, 0, "CRC-32"};
    database.entries.reserve(count);
    for (unsigned i = 0; i < count && !reader.failed(); ++i) database.entries.push_back(readEntry(reader));
    auto parsed = reader.finish(std::move(database));
    if (!parsed) return parsed;
    if (const auto fault = findFault(*parsed)) return *fault;
    return parsed;
}

void append(Bytes& bytes, const Block& block) {
    bytes.insert(bytes.end(), block.begin(), block.end());
}

Block drawBlock(const RandomSource& random) {
    Block block;
    random(block);
    return block;
}

} // namespace

std::optional<DeviceType> toDeviceType(std::uint8_t value) {
    if (value < static_cast<std::uint8_t>(DeviceType::InsulinPump) ||
        value > static_cast<std::uint8_t>(DeviceType::PrimaryDisplay))
        return std::nullopt;
    return static_cast<DeviceType>(value);
}

std::string_view name(DeviceType type) {
    switch (type) {
        case DeviceType::InsulinPump:
            return "insulin pump";
        case DeviceType::GlucoseSensor:
            return "glucose sensor";
        case DeviceType::BloodGlucoseMeter:
            return "blood glucose meter";
        case DeviceType::MobileApplication:
            return "mobile application";
        case DeviceType::CareLinkUploader:
            return "CareLink upload application";
        case DeviceType::FirmwareUpdate:
            return "firmware update application";
        case DeviceType::Diagnostic:
            return "diagnostic application";
        case DeviceType::PrimaryDisplay:
            return "primary display";
    }
    return "unknown device";
}

KeyEntry::~KeyEntry() {
    for (Block* const block :
         {&derivationKey, &handshakeAuthKey, &permitDecryptKey, &permitAuthKey, &handshakePayload})
        OPENSSL_cleanse(block->data(), block->size());
}

const KeyEntry* KeyDatabase::find(DeviceType remote) const {
    const auto found = std::find_if(entries.begin(), entries.end(),
                                    [remote](const KeyEntry& entry) { return entry.remote == remote; });
    return found == entries.end() ? nullptr : &*found;
}

Parsed<KeyDatabase> parseKeyDatabase(ByteView file) {
    if (file.size() < kHeaderSize || !isText(file)) return parseBinary(file);
    auto decoded = decodeText(file);
    if (!decoded) return decoded.error();
    const Wiped binary{std::move(*decoded)};
    return parseBinary(*binary);
}

Bytes serialize(const KeyDatabase& database) {
    Bytes bytes;
    bytes.reserve(kHeaderSize + kEntrySize * database.entries.size()); // at once: growing would leave copies
    bytes.resize(kCrcSize);
    bytes.push_back(static_cast<std::uint8_t>(database.local));
    bytes.push_back(static_cast<std::uint8_t>(database.entries.size()));
    for (const KeyEntry& entry : database.entries) {
        bytes.push_back(static_cast<std::uint8_t>(entry.remote));
        append(bytes, entry.derivationKey);
        append(bytes, entry.handshakeAuthKey);
        append(bytes, entry.permitDecryptKey);
        append(bytes, entry.permitAuthKey);
        append(bytes, entry.handshakePayload);
    }
    const std::uint32_t crc = crc32(ByteView{bytes}.subspan(kCrcSize));
    for (std::size_t i = 0; i < kCrcSize; ++i)
        bytes[i] = static_cast<std::uint8_t>(crc >> 8U * (kCrcSize - 1 - i));
    return bytes;
}

std::optional<std::string> unfitForBridge(const KeyDatabase& database) {
    if (database.local != DeviceType::MobileApplication)
        return "it belongs to the device type \"" + std::string{name(database.local)} +
               "\", but the bridge needs the one of the mobile application";
    if (database.find(DeviceType::InsulinPump) == nullptr) return "it holds no keys for an insulin pump";
    return std::nullopt;
}

std::optional<KeyDatabase> reverse(const KeyDatabase& database) {
    if (database.entries.size() != 1) return std::nullopt;
    KeyDatabase reversed = database;
    std::swap(reversed.local, reversed.entries.front().remote);
    return reversed;
}

std::pair<KeyDatabase, KeyDatabase> generatePair(DeviceType server, DeviceType client,
                                                 const RandomSource& random) {
    KeyEntry serverEntry;
    KeyEntry clientEntry;
    serverEntry.remote = client;
    clientEntry.remote = server;
    serverEntry.derivationKey = clientEntry.derivationKey = drawBlock(random);
    serverEntry.handshakeAuthKey = clientEntry.handshakeAuthKey = drawBlock(random);
    serverEntry.permitDecryptKey = drawBlock(random);
    serverEntry.permitAuthKey = drawBlock(random);
    clientEntry.permitDecryptKey = drawBlock(random);
    clientEntry.permitAuthKey = drawBlock(random);
    // A permit is made with the keys of the one who will check it.
    std::array<std::uint8_t, 10> opaque;
    random(opaque);
    serverEntry.handshakePayload =
        makePermit(server, opaque, clientEntry.permitDecryptKey, clientEntry.permitAuthKey);
    random(opaque);
    clientEntry.handshakePayload =
        makePermit(client, opaque, serverEntry.permitDecryptKey, serverEntry.permitAuthKey);
    return {KeyDatabase{server, {serverEntry}}, KeyDatabase{client, {clientEntry}}};
}

Block makePermit(DeviceType sender, const std::array<std::uint8_t, 10>& opaque,
                 const Block& receiverDecryptKey, const Block& receiverAuthKey) {
    Block plain{};
    plain[1] = static_cast<std::uint8_t>(sender);
    std::copy(opaque.begin(), opaque.end(), plain.begin() + 2);
    const Block tag = Aes128{receiverAuthKey}.cmac(ByteView{plain}.first<kPermitTagOffset>());
    std::copy_n(tag.begin(), kPermitTagSize, plain.begin() + kPermitTagOffset);
    return Aes128{receiverDecryptKey}.encryptBlock(plain);
}

PermitVerdict checkPermit(const Block& permit, DeviceType sender, const KeyEntry& own) {
    const Block plain = Aes128{own.permitDecryptKey}.decryptBlock(permit);
    const Block tag = Aes128{own.permitAuthKey}.cmac(ByteView{plain}.first<kPermitTagOffset>());
    if (!equal(ByteView{tag}.first<kPermitTagSize>(), ByteView{plain}.last<kPermitTagSize>()))
        return PermitVerdict::BadTag;
    if (plain[0] != 0) return PermitVerdict::BadPrefix;
    if (plain[1] != static_cast<std::uint8_t>(sender)) return PermitVerdict::WrongDevice;
    return PermitVerdict::Good;
}

} // namespace protocol::sake
