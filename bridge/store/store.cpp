// SPDX-License-Identifier: MIT
#include "bridge/store/store.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "bridge/store/store_impl.hpp"

namespace bridge {
namespace {

namespace fs = std::filesystem;

/// Whether commits are grouped by a process that has not ended yet.
constexpr std::string_view kGrouping = "commits-grouped";

std::string explain(const fs::path& file, int error) {
    return file.string() + ": " + std::generic_category().message(error);
}

/// SQLite gives its side files the mode of the main one, so that one is made before SQLite sees it.
void createPrivately(const fs::path& file) {
    const fs::path directory = file.parent_path();
    std::error_code error;
    if (!directory.empty() && !fs::exists(directory, error)) {
        fs::create_directories(directory, error);
        if (error) throw StoreError(directory.string() + ": " + error.message());
        fs::permissions(directory, fs::perms::owner_all, error);
    }
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (descriptor < 0) throw StoreError(explain(file, errno));
    ::close(descriptor);
}

const fs::path& prepareFile(const fs::path& file, Store::Access access) {
    if (file.empty()) throw StoreError("storage.path is empty");
    if (access == Store::Access::ReadWrite) {
        createPrivately(file);
    } else if (!fs::exists(file)) {
        throw StoreError(file.string() + ": does not exist; the service creates it when it runs first");
    }
    return file;
}

} // namespace

Store::Impl::Impl(const fs::path& file, Access access)
    : database(prepareFile(file, access), access == Access::ReadOnly ? sqlite::Database::Mode::ReadOnly
                                                                     : sqlite::Database::Mode::ReadWrite) {
    openSchema(database, access);
    database.settle();
}

std::int64_t Store::Impl::epochOf(PumpId pump) {
    sqlite::Statement query(database, "SELECT epoch FROM pump WHERE id = ?", pump);
    if (!query.step()) throw StoreError(database.file().string() + ": no such pump");
    return query.integer(0);
}

std::int64_t Store::Impl::beginEpoch(PumpId pump) {
    sqlite::Statement(database, "UPDATE pump SET epoch = epoch + 1, oldest = NULL WHERE id = ?", pump).run();
    return epochOf(pump);
}

Store::Store(const fs::path& file, Access access) : impl_(std::make_unique<Impl>(file, access)) {}

Store::~Store() {
    if (!impl_->groups) return;
    try {
        flush();
        impl_->database.groupCommits({});
        setSetting(kGrouping, "0");
    } catch (const StoreError&) {
        return; // as after a crash
    }
}

Store::Group::Group(Store& store)
    : transaction_(std::make_unique<sqlite::Transaction>(store.impl_->database)) {}

Store::Group::~Group() = default;

void Store::Group::commit() {
    transaction_->commit();
}

void Store::groupCommits(std::function<void()> opened) {
    // A process that ended without a word may have sent what it did not note any more.
    if (setting(kGrouping) == "1") impl_->inherited = impl_->newestRow();
    setSetting(kGrouping, "1");
    impl_->groups = true;
    impl_->database.groupCommits(std::move(opened));
}

void Store::flush() {
    impl_->database.flush();
}

void Store::onDamage(std::function<void()> handler) {
    impl_->database.onDamage(std::move(handler));
}

std::optional<WriteFailure> Store::writeFailure() const {
    return impl_->database.writeFailure();
}

const fs::path& Store::file() const {
    return impl_->database.file();
}

PumpInfo Store::pump(std::string_view serial) {
    sqlite::Statement(impl_->database, "INSERT INTO pump (serial) VALUES (?) ON CONFLICT (serial) DO NOTHING",
                      serial)
        .run();
    sqlite::Statement query(impl_->database,
                            "SELECT id, serial, model, firmware, epoch FROM pump WHERE serial = ?", serial);
    query.step();
    return {query.integer(0), query.text(1), query.text(2), query.text(3), query.integer(4)};
}

std::vector<PumpInfo> Store::pumps() const {
    sqlite::Statement query(
        impl_->database,
        "SELECT id, serial, model, firmware, epoch FROM pump ORDER BY active_at DESC, id DESC");
    std::vector<PumpInfo> pumps;
    while (query.step()) {
        pumps.push_back({query.integer(0), query.text(1), query.text(2), query.text(3), query.integer(4)});
    }
    return pumps;
}

void Store::describePump(PumpId pump, std::string_view model, std::string_view firmware) {
    sqlite::Statement(impl_->database,
                      "UPDATE pump SET model = ?2, firmware = ?3 "
                      "WHERE id = ?1 AND (model <> ?2 OR firmware <> ?3)",
                      pump, model, firmware)
        .run();
}

void Store::beginEpoch(PumpId pump) {
    impl_->beginEpoch(pump);
}

std::optional<std::string> Store::setting(std::string_view key) const {
    return impl_->setting(key);
}

void Store::setSetting(std::string_view key, std::string_view value) {
    impl_->setSetting(key, value);
}

std::optional<std::string> Store::Impl::setting(std::string_view key) {
    sqlite::Statement query(database, "SELECT value FROM setting WHERE key = ?", key);
    if (!query.step()) return std::nullopt;
    return query.text(0);
}

void Store::Impl::setSetting(std::string_view key, std::string_view value) {
    sqlite::Transaction transaction(database, sqlite::Durability::Later);
    sqlite::Statement(database,
                      "INSERT INTO setting (key, value) VALUES (?, ?) "
                      "ON CONFLICT DO UPDATE SET value = excluded.value",
                      key, value)
        .run();
    transaction.commit();
}

} // namespace bridge
