// SPDX-License-Identifier: MIT
#include "bridge/commands/keydb.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <ostream>
#include <stdexcept>

#include "bridge/config/key_file.hpp"
#include "bridge/config/secret_files.hpp"
#include "protocol/codec/crc.hpp"

namespace bridge {
namespace {

namespace sake = protocol::sake;
namespace fs = std::filesystem;

constexpr std::size_t kCrcSize = 4;

/// Tells two files apart without saying anything about a key.
std::string fingerprint(protocol::ByteView file) {
    constexpr std::size_t kShown = 8;
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_Digest(file.data(), file.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
        throw std::runtime_error("libcrypto cannot compute SHA-256");
    }
    return protocol::toHex(protocol::ByteView(digest).first(kShown));
}

/// Bytes that are wiped when they go.
class Wiped {
public:
    explicit Wiped(protocol::Bytes bytes) : bytes_(std::move(bytes)) {}
    Wiped(const Wiped&) = delete;
    Wiped& operator=(const Wiped&) = delete;
    ~Wiped() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }
    [[nodiscard]] protocol::ByteView view() const { return bytes_; }

private:
    protocol::Bytes bytes_;
};

void printKeys(const sake::KeyEntry& entry, std::ostream& out) {
    out << "    derivation key      " << protocol::toHex(entry.derivationKey) << '\n'
        << "    handshake auth key  " << protocol::toHex(entry.handshakeAuthKey) << '\n'
        << "    permit decrypt key  " << protocol::toHex(entry.permitDecryptKey) << '\n'
        << "    permit auth key     " << protocol::toHex(entry.permitAuthKey) << '\n'
        << "    handshake payload   " << protocol::toHex(entry.handshakePayload) << '\n';
}

bool write(const fs::path& file, const sake::KeyDatabase& database, KeyFileForm form, bool force,
           const Streams& streams) {
    const Wiped binary(sake::serialize(database));
    const auto overwrite = force ? Overwrite::Yes : Overwrite::No;
    std::optional<std::string> error;
    if (form == KeyFileForm::Binary) {
        error = writePrivately(file, binary.view(), overwrite);
    } else {
        std::string hex = protocol::toHex(binary.view()) + "\n";
        const Wiped text({hex.begin(), hex.end()});
        OPENSSL_cleanse(hex.data(), hex.size());
        error = writePrivately(file, text.view(), overwrite);
    }
    if (error) streams.err << *error << '\n';
    return !error;
}

} // namespace

int keydbShow(const KeydbShowOptions& options, const Streams& streams) {
    const sake::KeyDatabase database = readKeyFile(options.file);
    const Wiped binary(sake::serialize(database));
    streams.out << fmt::format("local device: {}\n", sake::name(database.local));
    for (const sake::KeyEntry& entry : database.entries) {
        streams.out << fmt::format("remote device: {}\n", sake::name(entry.remote));
        if (options.reveal) printKeys(entry, streams.out);
    }
    streams.out << fmt::format("crc-32: {:08x} (good)\n", protocol::crc32(binary.view().subspan(kCrcSize)))
                << fmt::format("fingerprint: {}\n", fingerprint(binary.view()));
    const auto unfit = sake::unfitForBridge(database);
    streams.out << "fit for pump-bridge: " << (unfit ? "no: " + *unfit : "yes") << '\n';
    return kDone;
}

int keydbGenerate(const KeydbGenerateOptions& options, const Streams& streams,
                  const sake::RandomSource& random) {
    // Neither file is written when the other cannot be: half a pair is of no use.
    for (const fs::path& file : {options.server, options.client}) {
        if (fs::exists(file) && !options.force) {
            streams.err << file.string() << ": exists already; --force replaces it\n";
            return kFoundProblem;
        }
    }
    const auto [server, client] =
        sake::generatePair(sake::DeviceType::MobileApplication, sake::DeviceType::InsulinPump, random);
    const bool written = write(options.server, server, options.form, options.force, streams) &&
                         write(options.client, client, options.form, options.force, streams);
    return written ? kDone : kFoundProblem;
}

int keydbConvert(const KeydbConvertOptions& options, const Streams& streams) {
    sake::KeyDatabase database = readKeyFile(options.input);
    if (options.reverse) {
        auto reversed = sake::reverse(database);
        if (!reversed) {
            streams.err << options.input.string()
                        << ": only a database with exactly one entry can be reversed\n";
            return kFoundProblem;
        }
        database = std::move(*reversed);
    }
    return write(options.output, database, options.form, options.force, streams) ? kDone : kFoundProblem;
}

} // namespace bridge
