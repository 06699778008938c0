// SPDX-License-Identifier: MIT
// A small HTTP(S) server in the test's own io_context that answers as the test says, and remembers what it
// was asked: for the faults that a real Nightscout does not give.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace nightscout::testing {

struct SeenRequest {
    std::string method;
    std::string target;
    std::map<std::string, std::string> headers; ///< names in lower case
    std::string body;
    int connection = 0; ///< counted from 1
};

struct ScriptedAnswer {
    unsigned status = 200;
    std::string body = "[]";
    std::string contentType = "application/json";
    std::map<std::string, std::string> headers;
    std::chrono::milliseconds delay{0};
    enum class Fault : std::uint8_t {
        None,
        CutBeforeAnswer, ///< the connection ends although the request was read
        CutInsideBody,
        CloseAfterwards, ///< ends after the answer, which did not announce it
        NoAnswer,        ///< until the client goes
        NoLength,        ///< the body ends with the connection
        Reset,           ///< the connection is reset although the request was read
        Trickle,         ///< one byte every 5 ms
    } fault = Fault::None;
    int interimAnswers = 0; ///< 103 Early Hints before the answer
};

/// PEM texts of a self-signed certificate for DNS:localhost and IP:127.0.0.1, or for the given name only.
struct Certificate {
    std::string certificate;
    std::string key;
    int newestVersion = 0; ///< that its server speaks, as TLS1_1_VERSION of OpenSSL; 0: any
};
/// When it is valid, from now.
struct Validity {
    std::chrono::hours from{-24};
    std::chrono::hours to{24};
};
Certificate makeCertificate(const std::string& subjectAltName = "DNS:localhost,IP:127.0.0.1",
                            Validity validity = {});

class ScriptedServer {
public:
    using Script = std::function<boost::asio::awaitable<ScriptedAnswer>(SeenRequest)>;

    ScriptedServer(boost::asio::io_context& io, Script script,
                   const std::optional<Certificate>& certificate = std::nullopt);
    ~ScriptedServer();
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;

    [[nodiscard]] std::uint16_t port() const;
    [[nodiscard]] const std::vector<SeenRequest>& requests() const;
    /// A long test would else fill the memory.
    void forgetRequests();
    [[nodiscard]] int connections() const;

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

/// A script that gives the answers in turn, the last one again and again.
ScriptedServer::Script inTurn(std::vector<ScriptedAnswer> answers);

} // namespace nightscout::testing
