// SPDX-License-Identifier: MIT
// What a site may send, from the first byte of its answer to what is believed of it. The first byte of the
// input says in which pieces the rest comes.
#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "nightscout/upload/answer.hpp"
#include "nightscout/upload/answer_json.hpp"
#include "nightscout/upload/gunzip.hpp"
#include "nightscout/upload/http_reader.hpp"
#include "nightscout/upload/transport_error.hpp"

namespace {

constexpr std::uint64_t kBodyLimit = 64 * 1024;
constexpr std::string_view kSecret = "baf80b4b02ea7549fd4cfe565ea759b965e983ef";

void judgeBody(unsigned status, const std::string& body) {
    nightscout::Response response;
    response.status = status;
    response.body = body;
    if (nightscout::judge(response, kSecret).reason.find(kSecret) != std::string::npos) std::abort();
    nightscout::OutboxItem item;
    item.id = 1;
    item.document.identifier = "7c1f6a52-3f0e-5d57-9b7a-8e2d10b4c6a3";
    item.document.body = R"({"created_at":"2026-03-14T00:00:00.000Z","eventType":"Note"})";
    const std::vector items{item};
    if (nightscout::readStored(body, items).size() > items.size()) std::abort();
    nightscout::readDeletedCount(body);
}

void readAnswer(std::string_view wire, std::size_t piece) {
    try {
        nightscout::HttpReader reader(kBodyLimit);
        bool done = false;
        for (std::size_t at = 0; at < wire.size() && !done; at += piece)
            done = reader.feed(wire.substr(at, piece));
        if (!done && !reader.end()) return;
        const auto answer = reader.take();
        if (answer.body.size() > kBodyLimit) std::abort();
        const auto content = nightscout::gunzip(answer.body, kBodyLimit);
        judgeBody(answer.status, content ? *content : answer.body);
    } catch (const nightscout::TransportError&) {
        return; // what is no answer is said so
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const std::string_view rest(reinterpret_cast<const char*>(data + 1), size - 1);
    judgeBody(data[0] < 100 ? 200U : 400U, std::string(rest));
    readAnswer(rest, std::max<std::size_t>(1, data[0]));
    return 0;
}
