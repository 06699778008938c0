// SPDX-License-Identifier: MIT
#include "nightscout/upload/http_reader.hpp"

#include <gtest/gtest.h>

#include "nightscout/upload/transport_error.hpp"

namespace nightscout {
namespace {

constexpr std::uint64_t kLimit = 1000;

std::string headed(const std::string& fields, const std::string& body) {
    return "HTTP/1.1 200 OK\r\n" + fields + "\r\n" + body;
}

const std::string kChunked = "Transfer-Encoding: chunked\r\n";

TEST(AnHttpReader, TakesAnAnswerInAnyPieces) {
    const std::string wire = headed("Content-Type: application/json\r\nDate: now\r\n" + kChunked,
                                    "3\r\n[1,\r\n2;x=y\r\n2]\r\n0\r\n\r\n");
    for (std::size_t piece = 1; piece <= wire.size(); ++piece) {
        HttpReader reader(kLimit);
        EXPECT_TRUE(reader.silent());
        bool done = false;
        for (std::size_t at = 0; at < wire.size(); at += piece) {
            EXPECT_FALSE(done) << piece;
            done = reader.feed(std::string_view(wire).substr(at, piece));
        }
        ASSERT_TRUE(done) << piece;
        const auto answer = reader.take();
        EXPECT_EQ(answer.status, 200U);
        EXPECT_EQ(answer.body, "[1,2]");
        EXPECT_EQ(answer.contentType, "application/json");
        EXPECT_EQ(answer.date, "now");
        EXPECT_TRUE(answer.keepAlive);
    }
}

TEST(AnHttpReader, DoesNotKeepAConnectionThatSaysMore) {
    HttpReader reader(kLimit);
    EXPECT_TRUE(reader.feed(headed("Content-Length: 2\r\n", "[]HTTP/1.1 200")));
    EXPECT_EQ(reader.take().body, "[]");
    HttpReader again(kLimit);
    EXPECT_TRUE(again.feed(headed("Content-Length: 2\r\n", "[]?")));
    EXPECT_FALSE(again.take().keepAlive);
}

TEST(AnHttpReader, EndsABodyWithTheConnectionOnlyWhereNoLengthWasGiven) {
    HttpReader open(kLimit);
    EXPECT_FALSE(open.feed(headed("", "[1]")));
    EXPECT_TRUE(open.end());
    EXPECT_FALSE(open.take().keepAlive);
    HttpReader cut(kLimit);
    EXPECT_FALSE(cut.feed(headed("Content-Length: 9\r\n", "[1]")));
    EXPECT_FALSE(cut.end());
    HttpReader chunks(kLimit);
    EXPECT_FALSE(chunks.feed(headed(kChunked, "3\r\n[1]\r\n")));
    EXPECT_FALSE(chunks.end());
}

TEST(AnHttpReader, BoundsABodyHoweverItIsSent) {
    const std::string most(kLimit, ' ');
    HttpReader full(kLimit);
    EXPECT_TRUE(full.feed(headed("Content-Length: 1000\r\n", most)));
    HttpReader length(kLimit);
    EXPECT_THROW(length.feed(headed("Content-Length: 1001\r\n", "")), TransportError);
    HttpReader chunks(kLimit);
    EXPECT_FALSE(chunks.feed(headed(kChunked, "3e8\r\n" + most + "\r\n")));
    EXPECT_THROW(chunks.feed("1\r\n \r\n"), TransportError);
    HttpReader open(kLimit);
    EXPECT_THROW(open.feed(headed("", most + " ")), TransportError);
}

TEST(AnHttpReader, BoundsChunkExtensions) {
    const auto chunks = [](std::size_t each, int count) {
        std::string wire = headed(kChunked, "");
        for (int i = 0; i < count; ++i) wire += "1;x=" + std::string(each, 'y') + "\r\n \r\n";
        return wire + "0\r\n\r\n";
    };
    HttpReader some(kLimit);
    EXPECT_TRUE(some.feed(chunks(100, 39)));
    HttpReader many(kLimit);
    EXPECT_THROW(many.feed(chunks(100, 40)), TransportError);
    HttpReader endless(kLimit);
    EXPECT_FALSE(endless.feed(headed(kChunked, "1;x=")));
    EXPECT_THROW(
        {
            for (int i = 0; i < 100; ++i) endless.feed(std::string(1000, 'y'));
        },
        TransportError);
}

TEST(AnHttpReader, BoundsHeadersAndInterimAnswers) {
    HttpReader header(kLimit);
    EXPECT_FALSE(header.feed("HTTP/1.1 200 OK\r\nX: "));
    EXPECT_THROW(
        {
            for (int i = 0; i < 100; ++i) header.feed(std::string(1000, 'y'));
        },
        TransportError);
    HttpReader interim(kLimit);
    const std::string early = "HTTP/1.1 103 Early Hints\r\n\r\n";
    EXPECT_FALSE(interim.feed(early + early + early + early + early));
    EXPECT_THROW(interim.feed(early), TransportError);
}

TEST(AnHttpReader, RefusesWhatIsNoHttp) {
    for (const char* wire :
         {"SSH-2.0-OpenSSH_9.2p1\r\n\r\n", "<html></html>\r\n\r\n", "HTTP/1.1 abc\r\n\r\n"}) {
        HttpReader reader(kLimit);
        EXPECT_THROW(reader.feed(wire), TransportError) << wire;
    }
}

} // namespace
} // namespace nightscout
