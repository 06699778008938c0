// SPDX-License-Identifier: MIT
#include "protocol/sake/key_database.hpp"

#include <gtest/gtest.h>

#include "protocol/codec/crc.hpp"
#include "vectors.hpp"

namespace protocol::sake {
namespace {

using vectors::fixed;
using vectors::fromDigits;
using Code = ParseError::Code;

/// The file with its CRC made right.
Bytes sealed(Bytes file) {
    const std::uint32_t crc = crc32(ByteView{file}.subspan(4));
    for (std::size_t i = 0; i < 4; ++i) file[i] = static_cast<std::uint8_t>(crc >> 8U * (3 - i));
    return file;
}

Bytes asBytes(std::string_view text) {
    return {text.begin(), text.end()};
}

TEST(AKeyDatabase, IsReadFieldByField) {
    const KeyDatabase server = vectors::database(vectors::kServerDb);
    EXPECT_EQ(server.local, DeviceType::MobileApplication);
    ASSERT_EQ(server.entries.size(), 1U);
    const KeyEntry& entry = server.entries.front();
    EXPECT_EQ(entry.remote, DeviceType::InsulinPump);
    EXPECT_EQ(toHex(entry.derivationKey), vectors::kD);
    EXPECT_EQ(toHex(entry.handshakeAuthKey), vectors::kA);
    EXPECT_EQ(toHex(entry.permitDecryptKey), vectors::kServerPe);
    EXPECT_EQ(toHex(entry.permitAuthKey), vectors::kServerPm);
    EXPECT_EQ(toHex(entry.handshakePayload), vectors::kServerPayload);
}

TEST(AKeyDatabase, IsWrittenAsItWasRead) {
    for (const std::string_view file : {vectors::kServerDb, vectors::kClientDb, vectors::kTwoEntryDb,
                                        vectors::kServerDbReversed, vectors::kClientDbReversed})
        EXPECT_EQ(toHex(serialize(vectors::database(file))), file);
}

TEST(AKeyDatabase, MayBeHexadecimalTextWithWhiteSpaceAnywhere) {
    const KeyDatabase expected = vectors::database(vectors::kServerDb);
    std::string wrapped;
    for (std::size_t at = 0; at < vectors::kServerDb.size(); at += 7) {
        wrapped += vectors::kServerDb.substr(at, 7);
        wrapped += "\r\n\t ";
    }
    for (const std::string& text : {std::string{vectors::kServerDb}, wrapped}) {
        const auto parsed = parseKeyDatabase(asBytes(text));
        ASSERT_TRUE(parsed.has_value()) << toString(parsed.error());
        EXPECT_EQ(*parsed, expected);
    }
}

TEST(AKeyDatabase, InTextBlamesTheCharacterThatIsNoDigit) {
    std::string text = "49e0 109e\n04z1";
    EXPECT_EQ(parseKeyDatabase(asBytes(text)).error(), (ParseError{Code::BadValue, 12, "hexadecimal digit"}));
    text = "49e0 109e\n040";
    EXPECT_EQ(parseKeyDatabase(asBytes(text)).error(),
              (ParseError{Code::Truncated, 12, "hexadecimal digit pair"}));
}

TEST(AKeyDatabase, TooShortForItsHeaderBlamesTheMissingField) {
    const Bytes file = fromDigits(vectors::kServerDb);
    for (std::size_t size = 0; size < 4; ++size)
        EXPECT_EQ(parseKeyDatabase(ByteView{file}.first(size)).error(),
                  (ParseError{Code::Truncated, 0, "CRC-32"}));
    EXPECT_EQ(parseKeyDatabase(ByteView{file}.first(4)).error(),
              (ParseError{Code::Truncated, 4, "local device type"}));
    EXPECT_EQ(parseKeyDatabase(ByteView{file}.first(5)).error(),
              (ParseError{Code::Truncated, 5, "number of entries"}));
}

TEST(AKeyDatabase, DamagedAnywhereHasAWrongChecksum) {
    const Bytes file = fromDigits(vectors::kServerDb);
    const ParseError wrong{Code::BadChecksum, 0, "CRC-32"};
    for (std::size_t size = 6; size < file.size(); ++size)
        EXPECT_EQ(parseKeyDatabase(ByteView{file}.first(size)).error(), wrong) << size;
    for (std::size_t at = 0; at < file.size(); ++at) {
        Bytes damaged = file;
        damaged[at] ^= 1U;
        EXPECT_EQ(parseKeyDatabase(damaged).error(), wrong) << at;
    }
}

TEST(AKeyDatabase, CutAnywhereBlamesTheMissingField) {
    struct Field {
        std::size_t offset;
        std::string_view name;
    };
    constexpr Field kFields[] = {
        {0, "remote device type"},
        {1, "derivation key"},
        {17, "handshake authentication key"},
        {33, "permit decryption key"},
        {49, "permit authentication key"},
        {65, "handshake payload"},
    };
    const Bytes file = fromDigits(vectors::kTwoEntryDb);
    for (std::size_t size = 6; size < file.size(); ++size) {
        const std::size_t entry = 6 + (size - 6) / 81 * 81;
        const Field* missing = nullptr;
        for (const Field& field : kFields)
            if (entry + field.offset <= size) missing = &field;
        const Bytes cut = sealed(Bytes(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size)));
        EXPECT_EQ(parseKeyDatabase(cut).error(),
                  (ParseError{Code::Truncated, entry + missing->offset, missing->name}));
    }
}

TEST(AKeyDatabase, WithMoreEntriesAnnouncedThanThereIsTruncated) {
    Bytes file = fromDigits(vectors::kServerDb);
    file[5] = 2;
    file = sealed(std::move(file));
    EXPECT_EQ(toHex(ByteView{file}.first(6)), "c93335100402");
    EXPECT_EQ(parseKeyDatabase(file).error(), (ParseError{Code::Truncated, 87, "remote device type"}));
}

TEST(AKeyDatabase, WithBytesLeftOverIsRefused) {
    Bytes file = fromDigits(vectors::kServerDb);
    file.push_back(0);
    EXPECT_EQ(parseKeyDatabase(sealed(file)).error(), (ParseError{Code::Trailing, 87, "end of frame"}));
}

TEST(AKeyDatabase, OfAnUnknownDeviceTypeIsRefused) {
    Bytes file = fromDigits(vectors::kServerDb);
    file[4] = 9;
    file = sealed(std::move(file));
    EXPECT_EQ(toHex(ByteView{file}.first(6)), "659e30680901");
    EXPECT_EQ(parseKeyDatabase(file).error(), (ParseError{Code::BadValue, 4, "local device type"}));
    file[4] = 4;
    file[6] = 0;
    EXPECT_EQ(parseKeyDatabase(sealed(file)).error(), (ParseError{Code::BadValue, 6, "remote device type"}));
}

TEST(AKeyDatabase, WithoutEntriesIsRefused) {
    EXPECT_EQ(parseKeyDatabase(fromDigits("25b5d7fb0400")).error(),
              (ParseError{Code::BadValue, 5, "number of entries"}));
}

TEST(AKeyDatabase, WithARemoteTypeTwiceIsRefused) {
    Bytes file = fromDigits(vectors::kTwoEntryDb);
    file[87] = 1;
    EXPECT_EQ(parseKeyDatabase(sealed(file)).error(),
              (ParseError{Code::BadValue, 87, "remote device type, given twice"}));
}

TEST(AKeyDatabase, FindsItsEntryByTheRemoteType) {
    const KeyDatabase two = vectors::database(vectors::kTwoEntryDb);
    EXPECT_EQ(two.find(DeviceType::InsulinPump), &two.entries[0]);
    EXPECT_EQ(two.find(DeviceType::GlucoseSensor), &two.entries[1]);
    EXPECT_EQ(two.find(DeviceType::Diagnostic), nullptr);
}

TEST(AKeyDatabase, IsFitForTheBridgeOnlyFromThePhoneToThePump) {
    EXPECT_EQ(unfitForBridge(vectors::database(vectors::kServerDb)), std::nullopt);
    EXPECT_EQ(unfitForBridge(vectors::database(vectors::kTwoEntryDb)), std::nullopt);
    EXPECT_NE(unfitForBridge(vectors::database(vectors::kClientDb)), std::nullopt);
    KeyDatabase sensorOnly = vectors::database(vectors::kTwoEntryDb);
    sensorOnly.entries.erase(sensorOnly.entries.begin());
    EXPECT_NE(unfitForBridge(sensorOnly), std::nullopt);
}

TEST(Reversing, SwapsTheTypesAndKeepsTheKeys) {
    const auto server = reverse(vectors::database(vectors::kServerDb));
    ASSERT_TRUE(server.has_value());
    EXPECT_EQ(toHex(serialize(*server)), vectors::kServerDbReversed);
    const auto client = reverse(vectors::database(vectors::kClientDb));
    ASSERT_TRUE(client.has_value());
    EXPECT_EQ(toHex(serialize(*client)), vectors::kClientDbReversed);
    EXPECT_EQ(reverse(*server), vectors::database(vectors::kServerDb));
}

TEST(Reversing, NeedsExactlyOneEntry) {
    EXPECT_EQ(reverse(vectors::database(vectors::kTwoEntryDb)), std::nullopt);
    EXPECT_EQ(reverse(KeyDatabase{}), std::nullopt);
}

TEST(AGeneratedPair, IsTheOneOfTheReferenceForItsRandomBytes) {
    std::string drawn;
    for (const std::string_view part :
         {vectors::kD, vectors::kA, vectors::kServerPe, vectors::kServerPm, vectors::kClientPe,
          vectors::kClientPm, vectors::kServerOpaque, vectors::kClientOpaque})
        drawn += part;
    const auto [server, client] =
        generatePair(DeviceType::MobileApplication, DeviceType::InsulinPump, vectors::scripted(drawn));
    EXPECT_EQ(toHex(serialize(server)), vectors::kServerDb);
    EXPECT_EQ(toHex(serialize(client)), vectors::kClientDb);
}

TEST(APermit, IsMadeWithTheKeysOfItsReceiver) {
    EXPECT_EQ(toHex(makePermit(DeviceType::MobileApplication, fixed<10>(vectors::kServerOpaque),
                               fixed<16>(vectors::kClientPe), fixed<16>(vectors::kClientPm))),
              vectors::kServerPayload);
    EXPECT_EQ(toHex(makePermit(DeviceType::InsulinPump, fixed<10>(vectors::kClientOpaque),
                               fixed<16>(vectors::kServerPe), fixed<16>(vectors::kServerPm))),
              vectors::kClientPayload);
    EXPECT_EQ(toHex(makePermit(DeviceType::InsulinPump, {}, fixed<16>(vectors::kServerPe),
                               fixed<16>(vectors::kServerPm))),
              "f15fa21a9e69cb6dac5c2befb4fd0f02");
}

TEST(APermit, IsCheckedWithTheOwnKeys) {
    const KeyDatabase database = vectors::database(vectors::kServerDb);
    const KeyEntry& own = database.entries.front();
    const auto permit = fixed<16>(vectors::kClientPayload);
    EXPECT_EQ(checkPermit(permit, DeviceType::InsulinPump, own), PermitVerdict::Good);
    EXPECT_EQ(checkPermit(permit, DeviceType::GlucoseSensor, own), PermitVerdict::WrongDevice);
    EXPECT_EQ(checkPermit(fixed<16>(vectors::kServerPayload), DeviceType::InsulinPump, own),
              PermitVerdict::BadTag);
}

TEST(APermit, WithAnotherFirstByteIsRefused) {
    const KeyDatabase database = vectors::database(vectors::kServerDb);
    const KeyEntry& own = database.entries.front();
    Block plain = fixed<16>("01010000000000000000000000000000");
    const Block tag = Aes128{own.permitAuthKey}.cmac(ByteView{plain}.first<12>());
    std::copy_n(tag.begin(), 4, plain.begin() + 12);
    const Block permit = Aes128{own.permitDecryptKey}.encryptBlock(plain);
    EXPECT_EQ(checkPermit(permit, DeviceType::InsulinPump, own), PermitVerdict::BadPrefix);
}

TEST(DeviceTypes, AreKnownFrom1To8) {
    EXPECT_EQ(toDeviceType(0), std::nullopt);
    for (std::uint8_t value = 1; value <= 8; ++value) {
        ASSERT_TRUE(toDeviceType(value).has_value());
        EXPECT_NE(name(*toDeviceType(value)), "unknown device");
    }
    EXPECT_EQ(toDeviceType(9), std::nullopt);
    EXPECT_EQ(toDeviceType(255), std::nullopt);
    EXPECT_EQ(name(DeviceType::InsulinPump), "insulin pump");
}

} // namespace
} // namespace protocol::sake
