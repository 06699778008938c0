// SPDX-License-Identifier: MIT
// The pass behind BasalTimeline: what each record tells about mode, suspension and rate, in order.
#pragma once

#include <optional>

#include "therapy/basal_timeline.hpp"

namespace therapy {

inline bool saysStopped(const protocol::history::TherapyContext& context) {
    return (context.flags & protocol::history::TherapyContext::DeliveryStopped) != 0;
}

class BasalTimelineBuilder {
public:
    /// Therapy contexts come every hour; older evidence does not count.
    static constexpr std::chrono::hours kEvidence{2};

    BasalTimelineBuilder(const RecordLinks& view, BasalTimeline& timeline)
        : view_(view), timeline_(timeline) {}
    void build();

private:
    template <typename T>
    struct Reported {
        std::optional<T> value;
        UtcSeconds when{};
    };
    /// What is known about something at an instant.
    enum class Knowledge : std::uint8_t {
        Known,
        Nothing, ///< no record within two hours tells it
        NotYet,  ///< an older record may tell it
    };
    struct TemporaryRate {
        protocol::history::TbrType type{}; ///< Undetermined: none is running
        Amount adjustment;
    };
    struct ManualRate {
        Knowledge knowledge{}; ///< Nothing: not manual, or suspended, or without a rate
        Amount rate;
        bool temporary = false;
    };
    enum class Answer : std::uint8_t { No, Yes, Undecided };

    template <typename T>
    [[nodiscard]] Knowledge knowledge(const Reported<T>& told, UtcSeconds time) const {
        if (told.value && told.when >= time - kEvidence) return Knowledge::Known;
        return view_.reachesBack(time - kEvidence) ? Knowledge::Nothing : Knowledge::NotYet;
    }
    [[nodiscard]] Answer automatic(UtcSeconds time) const;
    [[nodiscard]] Answer suspended(UtcSeconds time) const;
    [[nodiscard]] ManualRate manualRate(UtcSeconds time) const;

    void onStopped(const protocol::history::InsulinDeliveryStopped& event);
    void onRestarted();
    void onAutoBasal();
    void onProgrammedBolus();
    void onTransition(const protocol::history::Cl1Transition& event);
    void onContext(const protocol::history::TherapyContext& event);
    void onStoppedContext(Answer before);
    void onRateChanged(const protocol::history::DeliveredBasalRateChanged& event);
    void onTemporaryRate(protocol::history::TbrType type, const protocol::MedFloat& adjustment);
    void onPriming();
    /// Modes that were read live before `record` was logged; all that are left, without one.
    void onLiveModesBefore(const DatedRecord* record);
    void onLiveMode(LiveMode mode);
    void onSmartGuardLeft();

    [[nodiscard]] Answer isDocumented(protocol::history::StoppedReason reason) const;
    [[nodiscard]] bool staysStopped() const;
    [[nodiscard]] Answer isJoined() const;
    void beginSuspension(bool beginKnown, Suspension::Documented documented);
    void addStop(protocol::history::StoppedReason reason);
    void settleDocumented();
    /// Whether a document showed the suspension that ends now.
    bool endSuspension(bool restarted);
    void tellDelivering() { suspended_ = {false, time_}; }

    void change(BasalState state) { change(state, ManualRate{}); }
    void change(BasalState state, const ManualRate& rate);
    /// Nothing is claimed any more, when what is claimed is SmartGuard's, or a manual rate.
    void endAutomatic();
    void endManual();
    /// A manual document begins when the rate is not what it was, or `always`.
    void changeRate(const ManualRate& before, bool always = false);

    const RecordLinks& view_;
    BasalTimeline& timeline_;
    std::size_t index_ = 0; ///< of the present record
    UtcSeconds time_{};
    std::size_t nextLiveMode_ = 0;
    bool safeBasal_ = false;          ///< SmartGuard gives safe basal, of which no record tells
    bool stuck_ = false;              ///< the present record cannot be understood before more have come
    bool joining_ = false;            ///< between a restart and the stop that continues the suspension
    std::optional<std::size_t> open_; ///< the suspension that has not ended
    Reported<bool> automatic_, suspended_;
    Reported<Amount> pattern_; ///< U/h
    Reported<TemporaryRate> temporary_;
};

} // namespace therapy
