// SPDX-License-Identifier: MIT
#include "bridge/session/stored_bonds.hpp"

#include <gtest/gtest.h>

#include "temporary_directory.hpp"

namespace bridge {
namespace {

constexpr const char* kAddress = "00:23:F7:12:34:56";
constexpr const char* kOther = "00:23:F7:00:00:01";

class TheStoredBonds : public ::testing::Test {
protected:
    test::TemporaryDirectory directory_;
    std::filesystem::path file_ = directory_ / "history.db";
};

TEST_F(TheStoredBonds, OutliveTheProcess) {
    {
        Store store{file_};
        StoredBonds bonds{store};
        EXPECT_FALSE(bonds.isProven(kAddress, "Pump 1234567H"));
        bonds.addCandidate(kAddress);
        bonds.addCandidate(kOther);
        bonds.setProven(kAddress);
    }
    Store store{file_};
    StoredBonds bonds{store};
    EXPECT_TRUE(bonds.isProven(kAddress, ""));
    EXPECT_FALSE(bonds.isCandidate(kAddress));
    EXPECT_TRUE(bonds.isCandidate(kOther));
    bonds.forget(kAddress);
    bonds.forget(kOther);
    StoredBonds again{store};
    EXPECT_FALSE(again.isProven(kAddress, "Pump 1234567H"));
    EXPECT_FALSE(again.isCandidate(kOther));
}

TEST_F(TheStoredBonds, OfAnOlderVersionAreThoseOfThePumpsInTheStore) {
    Store store{file_};
    store.pump("NG1234567H");
    StoredBonds bonds{store};
    EXPECT_TRUE(bonds.isProven(kAddress, "Pump 1234567H"));
    EXPECT_FALSE(bonds.isProven(kOther, "Pump 7654321H"));
    EXPECT_FALSE(bonds.isProven(kOther, ""));
    bonds.addCandidate(kOther); // another device comes to nothing
    bonds.forget(kOther);
    EXPECT_TRUE(StoredBonds{store}.isProven(kAddress, "Pump 1234567H"));
    bonds.setProven(kAddress);
    EXPECT_FALSE(bonds.isProven(kOther, "Pump 1234567H")) << "known by its address from now on";
}

} // namespace
} // namespace bridge
