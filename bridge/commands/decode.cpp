// SPDX-License-Identifier: MIT
#include "bridge/commands/decode.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <istream>
#include <iterator>
#include <ostream>
#include <sstream>
#include <system_error>

#include "bridge/commands/decode_capture.hpp"
#include "capture/btsnoop.hpp"
#include "capture/shown_record.hpp"
#include "protocol/history/record.hpp"
#include "therapy/dating.hpp"

namespace bridge {
namespace {

class FileDecoder {
public:
    FileDecoder(std::string name, const DecodeOptions& options, const Streams& streams)
        : name_(std::move(name)), options_(options), streams_(streams) {}

    int run(std::istream& in) {
        std::string start(capture::kFileMagic.size(), '\0');
        in.read(start.data(), std::ssize(start));
        start.resize(static_cast<std::size_t>(in.gcount()));
        if (start == capture::kFileMagic) return runCapture(std::move(start), in);
        in.clear();
        std::istringstream text(start + std::string(std::istreambuf_iterator<char>(in), {}));
        readRecords(text);
        printRecords();
        return good_ ? kDone : kFoundProblem;
    }

private:
    int runCapture(std::string bytes, std::istream& in) {
        bytes.append(std::istreambuf_iterator<char>(in), {});
        const auto* const data = reinterpret_cast<const std::uint8_t*>(bytes.data());
        return decodeCaptureFile(name_, {data, bytes.size()}, options_, streams_);
    }

    void readRecords(std::istream& in) {
        std::string line;
        for (std::size_t number = 1; std::getline(in, line); ++number) {
            const std::size_t start = line.find_first_not_of(" \t\r");
            if (start == std::string::npos || line[start] == '#') continue;
            if (auto bytes = protocol::fromHex(line)) {
                records_.push_back(std::move(*bytes));
            } else {
                complain("line " + std::to_string(number) + ", column " +
                         std::to_string(bytes.error().offset + 1) + ": expected a " +
                         std::string(bytes.error().field));
            }
        }
    }

    void printRecords() {
        const auto times = therapy::localTimes(records_);
        for (std::size_t i = 0; i < records_.size(); ++i) {
            const capture::ShownRecord view{records_[i], times[i]};
            streams_.out << (options_.json ? capture::toJsonLine(view) : capture::toTextLine(view)) << '\n';
            if (view.decoded.has_error()) good_ = false;
        }
    }

    void complain(const std::string& what) {
        streams_.err << name_ << ": " << what << '\n';
        good_ = false;
    }

    std::string name_;
    const DecodeOptions& options_;
    const Streams& streams_;
    std::vector<protocol::Bytes> records_;
    bool good_ = true;
};

int decodeFile(const std::string& name, const DecodeOptions& options, const Streams& streams) {
    if (name == "-") return FileDecoder("standard input", options, streams).run(streams.in);
    errno = 0;
    std::ifstream in(name, std::ios::binary);
    std::error_code error;
    if (!in || std::filesystem::is_directory(name, error)) {
        streams.err << name << ": " << std::generic_category().message(in ? EISDIR : errno) << '\n';
        return kWrongUsage;
    }
    return FileDecoder(name, options, streams).run(in);
}

} // namespace

int decode(const DecodeOptions& options, const Streams& streams) {
    int worst = kDone;
    for (const std::string& name : options.files) worst = std::max(worst, decodeFile(name, options, streams));
    return worst;
}

} // namespace bridge
