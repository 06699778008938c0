// SPDX-License-Identifier: MIT
// The words of the therapy library that documents are written in.
#pragma once

#include "therapy/amount.hpp"
#include "therapy/basal_timeline.hpp"
#include "therapy/bolus.hpp"
#include "therapy/dated_history.hpp"
#include "therapy/glucose_trend.hpp"
#include "therapy/pump_status.hpp"
#include "therapy/record_links.hpp"

namespace nightscout {

using therapy::Amount;
using therapy::amountOf;
using therapy::BasalChange;
using therapy::BasalState;
using therapy::BasalTimeline;
using therapy::BolusOrigin;
using therapy::BolusOutcome;
using therapy::BolusPart;
using therapy::BolusShape;
using therapy::DatedRecord;
using therapy::GlucoseTrend;
using therapy::HistoryRun;
using therapy::kContext;
using therapy::Partner;
using therapy::partOf;
using therapy::PumpStatus;
using therapy::RecordLinks;
using therapy::shapeOf;
using therapy::Stop;
using therapy::Suspension;
using therapy::UtcSeconds;

} // namespace nightscout
