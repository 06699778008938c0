// SPDX-License-Identifier: MIT
// From the mapping's documents to what has to be done on the server.
#include <openssl/evp.h>

#include <algorithm>
#include <stdexcept>

#include "bridge/store/store_impl.hpp"

namespace bridge {
namespace {

using nightscout::Collection;
using nightscout::Document;
using nightscout::Operation;
using sqlite::Statement;

/// Half of a SHA-256: two bodies of one document never meet by chance in 128 bits.
protocol::Bytes hashOf(const std::string& body) {
    constexpr std::size_t kKept = 16;
    protocol::Bytes digest(EVP_MAX_MD_SIZE);
    unsigned size = 0;
    if (EVP_Digest(body.data(), body.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
        throw std::runtime_error("libcrypto cannot compute SHA-256");
    }
    digest.resize(kKept);
    return digest;
}

/// Ascending in the order of sending: the newest glucose matters most, treatments make sense in their order.
std::int64_t rankOf(const Document& document) {
    const std::int64_t time = document.time.time_since_epoch().count();
    return document.collection == Collection::Entries ? -time : time;
}

/// Queues documents inside the caller's transaction.
class Queue {
public:
    explicit Queue(Store::Impl& store) : store_(store), database_(store.database) {}

    void put(const Document& document) {
        const protocol::Bytes hash = hashOf(document.body);
        if (const auto tail = lastWaiting(document.identifier)) {
            putBehind(*tail, document, hash);
        } else if (const auto uploaded = uploadedHash(document.identifier)) {
            putChanged(*uploaded, document, hash);
        } else {
            insert(document, Operation::Post, hash);
            ++result_.added;
        }
        if (document.supersedes) withdraw(*document.supersedes, document.identifier);
    }

    /// Whatever is there already.
    void putAgain(const Document& document) {
        const protocol::Bytes hash = hashOf(document.body);
        Statement(database_, "DELETE FROM refusal WHERE item IN (SELECT id FROM outbox WHERE identifier = ?)",
                  document.identifier)
            .run();
        const auto tail = lastWaiting(document.identifier);
        const auto uploaded = uploadedHash(document.identifier);
        const bool waits = tail && tail->operation != Operation::Delete;
        if (waits && tail->hash == hash) {
            ++result_.known;
        } else if (waits && !tail->seen) {
            replace(tail->id, document, hash);
            ++result_.changed;
        } else if (tail || uploaded) {
            if (document.collection != Collection::Entries) {
                insert(document, Operation::Put, hash);
            } else {
                if (waits || (uploaded && *uploaded != hash))
                    insertDeletion(document.identifier, std::nullopt);
                insert(document, Operation::Post, hash);
            }
            ++result_.changed;
        } else {
            insert(document, Operation::Post, hash);
            ++result_.added;
        }
        if (document.supersedes) withdraw(*document.supersedes, document.identifier);
    }

    /// `identifier` is to go, where it has a successor once that is there. What nobody has seen is dropped
    /// without a trace.
    void withdraw(const std::string& identifier, const std::optional<std::string>& successor) {
        const auto tail = lastWaiting(identifier);
        if (tail && tail->operation == Operation::Delete) return;
        const bool seen = anySeen(identifier);
        if (!tail && !seen) return;
        if (seen) insertDeletion(identifier, successor);
        Statement(database_, "DELETE FROM outbox WHERE identifier = ? AND operation <> ?", identifier,
                  static_cast<unsigned>(Operation::Delete))
            .run();
    }

    [[nodiscard]] bool isKnown(const Document& document) {
        const protocol::Bytes hash = hashOf(document.body);
        if (const auto tail = lastWaiting(document.identifier)) {
            return tail->operation != Operation::Delete && tail->hash == hash && !tail->refused;
        }
        return uploadedHash(document.identifier) == hash;
    }

    [[nodiscard]] bool isUploaded(const Document& document) {
        return !lastWaiting(document.identifier) &&
               uploadedHash(document.identifier) == hashOf(document.body);
    }

    [[nodiscard]] QueueResult result() const { return result_; }

private:
    struct Waiting {
        std::int64_t id;
        Operation operation;
        protocol::Bytes hash;
        bool seen;    ///< may be on its way, or on the server without our knowing
        bool refused; ///< by the site
    };

    [[nodiscard]] std::optional<Waiting> lastWaiting(const std::string& identifier) {
        Statement query(
            database_,
            "SELECT id, operation, hash, attempts, EXISTS (SELECT 1 FROM refusal WHERE item = id) "
            "FROM outbox WHERE identifier = ? ORDER BY id DESC LIMIT 1",
            identifier);
        if (!query.step()) return std::nullopt;
        const std::int64_t id = query.integer(0);
        const bool seen = query.integer(3) > 0 || store_.isUnderWay(id);
        return Waiting{id, static_cast<Operation>(query.integer(1)), query.blob(2), seen,
                       query.integer(4) != 0};
    }

    [[nodiscard]] std::optional<protocol::Bytes> uploadedHash(const std::string& identifier) {
        Statement query(database_, "SELECT hash FROM uploaded WHERE identifier = ?", identifier);
        if (!query.step()) return std::nullopt;
        return query.blob(0);
    }

    void putBehind(const Waiting& tail, const Document& document, const protocol::Bytes& hash) {
        if (tail.operation == Operation::Delete) {
            // Wanted again after it was superseded.
            insert(document, Operation::Post, hash);
            ++result_.added;
        } else if (tail.refused && tail.hash == hash) {
            ++result_.refused;
        } else if (tail.refused) {
            // Another body is another try. It may be there without our knowing: Put asks first.
            Statement(database_, "DELETE FROM outbox WHERE id = ?", tail.id).run();
            insert(document, Operation::Put, hash);
            ++result_.changed;
        } else if (tail.hash == hash || document.collection == Collection::Entries) {
            ++result_.known;
        } else if (tail.seen) {
            insert(document, Operation::Put, hash);
            ++result_.changed;
        } else {
            replace(tail.id, document, hash);
            ++result_.changed;
        }
    }

    void putChanged(const protocol::Bytes& known, const Document& document, const protocol::Bytes& hash) {
        if (known == hash || document.collection == Collection::Entries) {
            ++result_.known;
            return;
        }
        insert(document, Operation::Put, hash);
        ++result_.changed;
    }

    void insert(const Document& document, Operation operation, const protocol::Bytes& hash) {
        Statement(database_,
                  "INSERT INTO outbox (identifier, operation, collection, kind, feature, event_type, "
                  "time_ms, sequence, "
                  "rank, hash, supersedes, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                  document.identifier, static_cast<unsigned>(operation),
                  static_cast<unsigned>(document.collection), static_cast<unsigned>(document.kind),
                  static_cast<unsigned>(document.feature), document.eventType,
                  document.time.time_since_epoch().count(), document.sequenceNumber, rankOf(document), hash,
                  document.supersedes, document.body)
            .run();
    }

    void replace(std::int64_t id, const Document& document, const protocol::Bytes& hash) {
        Statement(database_,
                  "UPDATE outbox SET event_type = ?, time_ms = ?, rank = ?, hash = ?, supersedes = ?, body = "
                  "? WHERE id = ?",
                  document.eventType, document.time.time_since_epoch().count(), rankOf(document), hash,
                  document.supersedes, document.body, id)
            .run();
    }

    [[nodiscard]] bool anySeen(const std::string& identifier) {
        if (Statement(database_, "SELECT 1 FROM uploaded WHERE identifier = ?", identifier).step())
            return true;
        Statement waiting(database_, "SELECT id, attempts FROM outbox WHERE identifier = ?", identifier);
        while (waiting.step()) {
            if (waiting.integer(1) > 0 || store_.isUnderWay(waiting.integer(0))) return true;
        }
        return false;
    }

    void insertDeletion(const std::string& identifier, const std::optional<std::string>& successor) {
        Statement(database_,
                  "INSERT INTO outbox (identifier, operation, collection, kind, feature, event_type, "
                  "time_ms, sequence, "
                  "rank, hash, after, body) "
                  "SELECT identifier, ?2, collection, kind, feature, event_type, time_ms, sequence, time_ms, "
                  "hash, ?3, '' "
                  "FROM (SELECT identifier, collection, kind, feature, event_type, time_ms, sequence, hash "
                  "FROM uploaded "
                  "UNION ALL SELECT identifier, collection, kind, feature, event_type, time_ms, sequence, "
                  "hash FROM outbox) "
                  "WHERE identifier = ?1 LIMIT 1",
                  identifier, static_cast<unsigned>(Operation::Delete), successor)
            .run();
    }

    Store::Impl& store_;
    sqlite::Database& database_;
    QueueResult result_;
};

} // namespace

QueueResult Store::queueDocuments(PumpId pump, std::span<const Document> documents,
                                  std::span<const Published> times) {
    // Under which time a record goes out must be known for good before it goes out. A device status is out of
    // date before it matters.
    const bool onlyStatus = times.empty() && std::ranges::all_of(documents, [](const Document& document) {
                                return document.collection == Collection::DeviceStatus;
                            });
    sqlite::Transaction transaction(impl_->database,
                                    onlyStatus ? sqlite::Durability::Later : sqlite::Durability::Now);
    Queue queue(*impl_);
    for (const Document& document : documents) queue.put(document);
    const std::int64_t epoch = impl_->epochOf(pump);
    for (const Published& published : times) {
        Statement(impl_->database,
                  "UPDATE record SET published_at = ? "
                  "WHERE pump = ? AND epoch = ? AND sequence = ? AND published_at IS NULL",
                  toInteger(published.time), pump, epoch, published.sequenceNumber)
            .run();
    }
    transaction.commit();
    return queue.result();
}

QueueResult Store::requeueDocuments(PumpId pump, std::span<const Document> documents,
                                    std::span<const Published> times) {
    sqlite::Transaction transaction(impl_->database);
    Queue queue(*impl_);
    for (const Document& document : documents) queue.putAgain(document);
    const std::int64_t epoch = impl_->epochOf(pump);
    for (const Published& published : times) {
        Statement(impl_->database,
                  "UPDATE record SET published_at = ?, time_source = NULL "
                  "WHERE pump = ? AND epoch = ? AND sequence = ?",
                  toInteger(published.time), pump, epoch, published.sequenceNumber)
            .run();
    }
    transaction.commit();
    return queue.result();
}

void Store::withdrawDocuments(std::span<const std::string> identifiers) {
    sqlite::Transaction transaction(impl_->database);
    Queue queue(*impl_);
    for (const std::string& identifier : identifiers) queue.withdraw(identifier, std::nullopt);
    transaction.commit();
}

bool Store::isKnown(const Document& document) const {
    return Queue(*impl_).isKnown(document);
}

bool Store::isUploaded(const Document& document) {
    return Queue(*impl_).isUploaded(document);
}

void Store::shareOutbox() {
    impl_->shared = true;
}

} // namespace bridge
