// SPDX-License-Identifier: MIT
// What the store costs: a live record beside 5 days, 100 days and a year of history (docs/architecture.md 10:
// 2 ms and 40 kB at most, whatever is held), the writes of a normal day (10 MB and 600 syncs at most), and
// what is asked of the store. Times are by the clock, with the waits for the disk; and of the processor. Run
// it from a release build, with the days to hold: store_bench [DAYS...]
#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <iostream>
#include <sstream>

#include "bridge/commands/history.hpp"
#include "bridge/publish/publisher.hpp"
#include "bridge/publish/status_publisher.hpp"
#include "bridge/status/stored_state.hpp"
#include "bridge/store/store.hpp"
#include "protocol/history/record.hpp"
#include "virtual_pump/history_source.hpp"

namespace {

std::uint64_t bytesWritten = 0;
std::uint64_t syncs = 0;

} // namespace

// SQLite calls these of the C library: the program's own take their place, and count.
extern "C" {
ssize_t pwrite64(int file, const void* data, size_t size, off64_t offset) {
    bytesWritten += size;
    return ::syscall(SYS_pwrite64, file, data, size, offset);
}
ssize_t pwrite(int file, const void* data, size_t size, off_t offset) {
    bytesWritten += size;
    return ::syscall(SYS_pwrite64, file, data, size, offset);
}
ssize_t write(int file, const void* data, size_t size) {
    bytesWritten += size;
    return ::syscall(SYS_write, file, data, size);
}
int fsync(int file) {
    ++syncs;
    return static_cast<int>(::syscall(SYS_fsync, file));
}
int fdatasync(int file) {
    ++syncs;
    return static_cast<int>(::syscall(SYS_fdatasync, file));
}
}

namespace bridge {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr protocol::LocalSeconds kEnd{1773478800s};

struct Record {
    ReceivedRecord received;
    bool glucose = false;
};

std::vector<Record> generate(int days) {
    virtual_pump::GeneratorSettings settings;
    settings.seed = 7;
    settings.days = days;
    settings.end = kEnd;
    std::vector<Record> records;
    for (auto& raw : virtual_pump::generateHistory(settings)) {
        const auto header = protocol::history::parseHeader(raw);
        if (!header) continue;
        const bool glucose =
            header->eventType == static_cast<std::uint16_t>(protocol::history::EventType::SgMeasurement);
        records.push_back({{header->sequenceNumber, std::move(raw)}, glucose});
    }
    return records;
}

double processorMs() {
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

struct Cost {
    Clock::time_point at = Clock::now();
    double processor = processorMs();
    std::uint64_t bytes = bytesWritten;
    std::uint64_t synced = syncs;

    void print(const std::string& what, double per) const {
        printLine(what, per, std::chrono::duration<double, std::milli>(Clock::now() - at).count(),
                  processorMs() - processor, bytesWritten - bytes, syncs - synced);
    }
    static void printLine(const std::string& what, double per, double ms, double processor,
                          std::uint64_t bytes, std::uint64_t synced) {
        std::cout << fmt::format("{:<44} {:>9.3f} ms {:>9.3f} ms cpu {:>9.1f} kB {:>8.2f} syncs\n", what,
                                 ms / per, processor / per, static_cast<double>(bytes) / 1000 / per,
                                 static_cast<double>(synced) / per)
                  << std::flush;
    }
};

/// The parts of something that is done many times.
struct Part {
    double ms = 0;
    double processor = 0;
    std::uint64_t bytes = 0;
    std::uint64_t synced = 0;

    template <typename Action>
    void add(const Action& action) {
        const Cost cost;
        action();
        ms += std::chrono::duration<double, std::milli>(Clock::now() - cost.at).count();
        processor += processorMs() - cost.processor;
        bytes += bytesWritten - cost.bytes;
        synced += syncs - cost.synced;
    }
    void print(const std::string& what, double per) const {
        Cost::printLine(what, per, ms, processor, bytes, synced);
    }
};

/// A service with its store, and a site that takes everything at once.
class Service {
public:
    explicit Service(const std::filesystem::path& file) : store_(file) {
        store_.groupCommits([] {});
    }
    /// As the service does within seconds of what came.
    void settle() { store_.flush(); }

    void begin(std::uint32_t oldest, std::uint32_t newest) {
        store_.noteOldest(pump_.id, oldest);
        keepSiteBefore(store_, pump_.id, SiteBefore::Empty);
        store_.keepClockOffset(pump_.id, {newest, 1h, 1h, std::chrono::sys_seconds{1773475200s},
                                          therapy::OffsetSource::Measured});
    }
    void receive(std::span<const Record> records) {
        std::vector<ReceivedRecord> batch;
        for (const Record& record : records) batch.push_back(record.received);
        store_.addRecords(pump_.id, batch, std::chrono::sys_seconds{1773475200s});
        publisher_.publish(pump_);
    }
    /// What the pump has lost, as a sync finds.
    void noteLost() {
        const auto held = store_.held(pump_.id);
        for (std::size_t i = 1; i < held.size(); ++i)
            store_.markAbsent(pump_.id, {held[i - 1].last + 1, held[i].first - 1});
        publisher_.publish(pump_); // what waited for it
    }
    void readStatus(std::chrono::sys_seconds now) {
        therapy::PumpStatus status;
        status.readAt = now;
        status.batteryPercent = 75;
        status.insulinOnBoard.emplace().amount = protocol::MedFloat::number(125, -2);
        statusPublisher_.publish(pump_, status);
    }
    void addTrend(protocol::LocalSeconds at) { store_.addTrend(pump_.id, {at, 500}); }
    void upload() {
        for (auto items = store_.next(200, std::size_t{256} * 1024, std::chrono::sys_seconds{1773475200s});
             !items.empty();
             items = store_.next(200, std::size_t{256} * 1024, std::chrono::sys_seconds{1773475200s})) {
            std::vector<std::int64_t> ids;
            std::vector<nightscout::Acknowledgement> done;
            for (const auto& item : items) {
                ids.push_back(item.id);
                done.push_back({item.id, "5f0000000000000000000001"});
            }
            store_.countAttempt(ids);
            store_.acknowledge(done);
        }
    }

private:
    spdlog::logger log_{"bench", std::make_shared<spdlog::sinks::null_sink_st>()};
    Store store_;
    PumpInfo pump_ = store_.pump("NG1234567H");
    therapy::Zone zone_ = therapy::Zone::find("Europe/Berlin").value();
    DocumentSink sink_ = [this](PumpId pump, std::span<const nightscout::Document> documents,
                                std::span<const Store::Published> times) {
        return store_.queueDocuments(pump, documents, times);
    };
    HostClock host_{store_,
                    zone_,
                    true,
                    {[] { return std::chrono::sys_seconds{1773475200s}; }, std::chrono::steady_clock::now},
                    log_};
    Publisher publisher_{store_, zone_, host_, {}, sink_, true, log_};
    StatusPublisher statusPublisher_{store_, host_, {}, sink_, true};
};

/// The last day comes as it does live, all before it in the ranges of a first sync.
void measure(int days) {
    const auto directory = std::filesystem::temp_directory_path() / fmt::format("store-bench-{}", ::getpid());
    std::filesystem::create_directories(directory);
    const auto records = generate(days + 1);
    const std::size_t held =
        records.size() * static_cast<std::size_t>(days) / static_cast<std::size_t>(days + 1);
    {
        Service service(directory / "history.db");
        const Cost sync;
        service.begin(records.front().received.sequenceNumber, records[held - 1].received.sequenceNumber);
        constexpr std::size_t kRange = 500; // SyncSettings::nextRanges, the newest first
        for (std::size_t end = held; end > 0;) {
            const std::size_t size = std::min(kRange, end);
            end -= size;
            service.receive({records.data() + end, size});
            service.upload(); // the site keeps up
            service.settle();
        }
        service.noteLost();
        service.upload();
        service.settle();
        sync.print(fmt::format("first sync of {} days, {} records: all", days, held), 1);
    }
    {
        Service service(directory / "history.db");
        // Sensor starts wait for a day for one that is read live: those of the first sync are over.
        service.readStatus(std::chrono::sys_seconds{1773475200s} - 25h);
        service.readStatus(std::chrono::sys_seconds{1773475200s} - 1s);
        service.upload();
        service.settle();
        const Cost live;
        std::size_t batches = 0;
        Part stored, read, sent;
        auto now = std::chrono::sys_seconds{1773475200s};
        for (std::size_t at = held; at < records.size();) {
            // What comes with one wake-up: up to the next glucose value.
            std::size_t end = at + 1;
            while (end < records.size() && !records[end - 1].glucose) ++end;
            stored.add([&] { service.receive({records.data() + at, end - at}); });
            if (records[end - 1].glucose) {
                read.add([&] {
                    service.addTrend(kEnd + (now - std::chrono::sys_seconds{1773475200s}));
                    service.readStatus(now);
                });
                now += 5min;
            }
            sent.add([&] {
                service.upload();
                service.settle();
            });
            at = end;
            ++batches;
        }
        live.print(fmt::format("a day beside {} days, {} wake-ups: all", days, batches), 1);
        live.print("  each wake-up", static_cast<double>(batches));
        stored.print("    records stored, documents queued", static_cast<double>(batches));
        read.print("    the pump's state", static_cast<double>(batches));
        sent.print("    documents sent", static_cast<double>(batches));
        const Cost one;
        constexpr int kRepeated = 100;
        std::vector<Record> next;
        for (int i = 0; i < kRepeated; ++i) {
            Record record = records.back();
            record.received.sequenceNumber += static_cast<std::uint32_t>(i) + 1;
            for (unsigned byte = 0; byte < 4; ++byte)
                record.received.raw.at(2 + byte) =
                    static_cast<std::uint8_t>(record.received.sequenceNumber >> (8 * byte));
            service.receive({&record, 1});
        }
        one.print("  one live record, stored and queued", kRepeated);
    }
    const auto file = directory / "history.db";
    const auto zone = therapy::Zone::find("Europe/Berlin").value();
    {
        const Cost open;
        const Store store(file);
        open.print("  open", 1);
    }
    {
        const Cost shown;
        const Store store(file, Store::Access::ReadOnly);
        HistoryOptions options;
        options.last = 10;
        std::istringstream in;
        std::ostringstream out, err;
        (void)history(options, store, &zone, {in, out, err});
        shown.print("  history --last 10", 1);
    }
    {
        Store store(file);
        for (const char* what : {"  what status and the page show", "  again"}) {
            const Cost shown;
            ServiceState state;
            state.now = std::chrono::sys_seconds{1773475200s} + std::chrono::days{1};
            readStoredState(store, zone, {}, state);
            shown.print(what, 1);
        }
    }
    std::cout << fmt::format("  file {:.1f} MB\n",
                             static_cast<double>(std::filesystem::file_size(file)) / 1e6);
    std::filesystem::remove_all(directory);
}

} // namespace
} // namespace bridge

int main(int argc, char** argv) {
    std::vector<int> all;
    for (int i = 1; i < argc; ++i) all.push_back(std::atoi(argv[i]));
    if (all.empty()) all = {5, 100};
    for (const int days : all) bridge::measure(days);
}
