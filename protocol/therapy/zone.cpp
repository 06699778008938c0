// SPDX-License-Identifier: MIT
#include "therapy/zone.hpp"

#include <date/tz.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <stdexcept>

namespace therapy {

using std::chrono::seconds;

struct Zone::Impl {
    const date::time_zone* zone = nullptr;
    std::string name;
};

std::optional<Zone> Zone::find(std::string_view name) {
    try {
        const auto* zone = date::locate_zone(std::string{name});
        return Zone{std::make_shared<const Impl>(Impl{zone, std::string{name}})};
    } catch (const std::runtime_error&) {
        return std::nullopt;
    }
}

const std::string& Zone::name() const {
    return impl_->name;
}

seconds Zone::offsetAt(std::chrono::sys_seconds time) const {
    return impl_->zone->get_info(time).offset;
}

seconds Zone::offsetFor(protocol::LocalSeconds local, Pass pass) const {
    // The date library has a local clock of its own.
    const auto info = impl_->zone->get_info(date::local_seconds{local.time_since_epoch()});
    const bool twice = info.result == date::local_info::ambiguous;
    return twice && pass == Pass::Second ? info.second.offset : info.first.offset;
}

std::pair<seconds, seconds> Zone::offsetsOfYear(std::chrono::sys_seconds time) const {
    using std::chrono::January;
    using std::chrono::July;
    const std::chrono::year year =
        std::chrono::year_month_day{std::chrono::floor<std::chrono::days>(time)}.year();
    const seconds winter = offsetAt(std::chrono::sys_days{year / January / 15});
    const seconds summer = offsetAt(std::chrono::sys_days{year / July / 15});
    return {std::min(winter, summer), std::max(winter, summer)};
}

} // namespace therapy
