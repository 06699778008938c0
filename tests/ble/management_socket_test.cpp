// SPDX-License-Identifier: MIT
#include "ble/mgmt/socket.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "ble/mgmt/controller.hpp"
#include "loop.hpp"
#include "management_double.hpp"

namespace ble {
namespace {

using namespace std::chrono_literals;
using management::Opcode;
using management::Setting;
using management::Status;
using test::eventPacket;
using test::runUntil;

class AManagementSocket : public testing::Test {
protected:
    asio::io_context io_{1};
    test::ManagementDouble kernel_{io_.get_executor()};
    ManagementLimits limits_{.reply = 20s, .attempts = 3, .pause = 1ms};
    std::optional<ManagementSocket> socket_;

    void connect() { socket_.emplace(kernel_.connect(), limits_); }

    /// Runs an operation to its end; the name and text of the LinkError, empty for success.
    template <typename T>
    std::string outcome(asio::awaitable<T> operation, T* result = nullptr) {
        std::optional<std::string> text;
        asio::co_spawn(io_, std::move(operation), [&](const std::exception_ptr& error, T value) {
            try {
                if (error) std::rethrow_exception(error);
                if (result != nullptr) *result = std::move(value);
                text = "";
            } catch (const LinkError& e) {
                text = fmt::format("{}: {}", name(e.kind()), e.what());
            }
        });
        EXPECT_TRUE(runUntil(io_, [&] { return text.has_value(); }));
        return text.value_or("no end");
    }
};

TEST_F(AManagementSocket, GivesTheParametersOfTheAnswer) {
    connect();
    protocol::Bytes answer;
    EXPECT_EQ(outcome(socket_->request(management::readVersion()), &answer), "");
    EXPECT_EQ(answer, (protocol::Bytes{1, 22, 0}));
}

TEST_F(AManagementSocket, PassesOverWhatIsNoAnswerToItsRequest) {
    connect();
    kernel_.send(eventPacket(0x0001, 0, {0x04, 0x00, 0x00}));             // of another command
    kernel_.send(eventPacket(0x0001, 1, {0x01, 0x00, 0x00, 0x09, 0, 0})); // of another controller
    kernel_.send(eventPacket(0x0006, 0, {0, 0, 0, 0}));                   // New Settings
    kernel_.send({0x01});                                                 // no event at all
    protocol::Bytes answer;
    EXPECT_EQ(outcome(socket_->request(management::readVersion()), &answer), "");
    EXPECT_EQ(answer, (protocol::Bytes{1, 22, 0}));
}

TEST_F(AManagementSocket, TellsItsListenerOfEvents) {
    connect();
    std::vector<std::uint16_t> heard;
    socket_->setListener([&](const management::Event& event) { heard.push_back(event.code); });
    kernel_.send(eventPacket(0x0006, 0, {0, 0, 0, 0}));
    kernel_.send(eventPacket(0x0024, 0, {1}));
    EXPECT_TRUE(runUntil(io_, [&] { return heard.size() == 2; }));
    EXPECT_THAT(heard, testing::ElementsAre(0x0006, 0x0024));
}

TEST_F(AManagementSocket, ReportsARefusal) {
    connect();
    kernel_.refusals[Opcode::RemoveAdvertising] = {Status::NotPowered};
    EXPECT_EQ(outcome(socket_->request(management::removeAdvertising(0, 1))),
              "management-refused: Remove Advertising: not powered");
}

TEST_F(AManagementSocket, NamesTheMissingCapability) {
    kernel_.privileged = false;
    connect();
    EXPECT_EQ(outcome(socket_->request(management::removeAdvertising(0, 1))),
              "management-denied: Remove Advertising: permission denied (CAP_NET_ADMIN is missing)");
}

TEST_F(AManagementSocket, AsksAgainWhileTheControllerIsBusyOrNotThereYet) {
    connect();
    kernel_.refusals[Opcode::ReadControllerInfo] = {Status::InvalidIndex, Status::Busy};
    EXPECT_EQ(outcome(socket_->request(management::readControllerInfo(0))), "");
    EXPECT_EQ(kernel_.count(Opcode::ReadControllerInfo), 3U);
}

TEST_F(AManagementSocket, GivesUpOnAControllerThatDoesNotCome) {
    connect();
    kernel_.refusals[Opcode::ReadControllerInfo] = std::deque(4, Status::InvalidIndex);
    EXPECT_EQ(outcome(socket_->request(management::readControllerInfo(0))),
              "management-refused: Read Controller Information: no such controller");
    EXPECT_EQ(kernel_.count(Opcode::ReadControllerInfo), 3U);
}

TEST_F(AManagementSocket, WaitsNoLongerThanItsLimit) {
    kernel_.silent = true;
    connect();
    EXPECT_EQ(outcome(socket_->request(management::readVersion(), 1ms)),
              "timeout: Read Management Version: no answer");
    kernel_.silent = false;
    EXPECT_EQ(outcome(socket_->request(management::readVersion())), "");
}

TEST_F(AManagementSocket, SaysWhenItIsLost) {
    kernel_.silent = true;
    connect();
    std::optional<std::string> text;
    asio::co_spawn(io_, socket_->request(management::readVersion()),
                   [&](const std::exception_ptr& error, const protocol::Bytes&) {
                       try {
                           std::rethrow_exception(error);
                       } catch (const LinkError& e) {
                           text = name(e.kind());
                       }
                   });
    ASSERT_TRUE(runUntil(io_, [&] { return !kernel_.commands.empty(); }));
    kernel_.closeAll();
    EXPECT_TRUE(runUntil(io_, [&] { return text.has_value(); }));
    EXPECT_EQ(text, "disconnected");
    EXPECT_EQ(outcome(socket_->request(management::readVersion())),
              "disconnected: the management socket is lost");
}

TEST_F(AManagementSocket, LeavesTheExecutorIdleWhenItGoes) {
    connect();
    EXPECT_EQ(outcome(socket_->request(management::readVersion())), "");
    socket_.reset();
    kernel_.closeAll();
    io_.restart();
    io_.run_for(10s); // ends by itself, long before
    EXPECT_TRUE(io_.stopped()) << "a wait keeps the executor busy";
}

TEST_F(AManagementSocket, ShowsAndSetsAController) {
    kernel_.settings = 0x00002a91;
    connect();
    ManagementController controller(*socket_, 0);
    management::Version version{};
    EXPECT_EQ(outcome(controller.version(), &version), "");
    EXPECT_EQ(version, (management::Version{1, 22}));
    management::ControllerInfo info;
    EXPECT_EQ(outcome(controller.info(), &info), "");
    EXPECT_EQ(info.address, kernel_.address);
    EXPECT_TRUE(info.current.has(Setting::Privacy));
    management::Settings settings;
    EXPECT_EQ(outcome(controller.setSecureConnections(false), &settings), "");
    EXPECT_FALSE(settings.has(Setting::SecureConnections));
    management::DefaultConfiguration defaults;
    EXPECT_EQ(outcome(controller.defaultConfiguration(), &defaults), "");
    EXPECT_EQ(defaults, (management::DefaultConfiguration{50, 60}));
}

// Whatever machine this runs on; nothing is sent.
TEST(TheManagementChannel, OpensOrSaysWhyNot) {
    asio::io_context io;
    std::string why = "opened";
    try {
        EXPECT_TRUE(openManagementChannel(io.get_executor()).is_open());
    } catch (const LinkError& error) {
        why = name(error.kind());
        EXPECT_THAT(error.what(), testing::HasSubstr("management socket"));
    }
    EXPECT_THAT(why, testing::AnyOf("opened", "management-missing", "management-denied"));
}

TEST(ControllerIndex, IsTheNumberAtTheEndOfTheAdaptersPath) {
    EXPECT_EQ(controllerIndex("/org/bluez/hci0"), 0);
    EXPECT_EQ(controllerIndex("hci12"), 12);
    for (const char* wrong : {"", "hci", "hci1x", "/org/bluez", "hci65535", "hci-1"})
        EXPECT_FALSE(controllerIndex(wrong)) << wrong;
}

} // namespace
} // namespace ble
