package trigger

import (
	"errors"
	"fmt"
	"time"
)

// A Reading says what "for" means in "error_rate > 5% for 5m".
type Reading string

// The readings. The hold is looked at as one window, and as windows of
// Options.Window that follow one another from where the condition began to hold;
// and it fires only while that holds.
// A total outage of 20 s is windowed (6.7 % of five minutes), and neither of the others.
//
// Both is not sustained and windowed: if every part of the hold is above, so is
// the hold, and it would be sustained again. docs/decisions/0005-what-for-means.md
// has how often each fires, rightly and wrongly.
const (
	Sustained Reading = "sustained" // above in every window
	Windowed  Reading = "windowed"  // above over the hold as one window
	Both      Reading = "both"      // above over the hold, and in four of five windows
)

// NoData says what is to be done when nothing could be told for too long.
type NoData string

// What may be done. A canary pauses; for a verdict, what was not seen is no go.
const (
	OnNoDataPause  NoData = "pause"
	OnNoDataNoGo   NoData = "no-go"
	OnNoDataIgnore NoData = "ignore"
)

// Options say how a rule is evaluated. Defaults returns them complete.
type Options struct {
	Reading    Reading
	Start      time.Duration // seconds before it do not count: ramp and warm-up
	Every      time.Duration // how often it is evaluated, and the length of a cell
	Window     time.Duration // the shortest window that is looked at; never longer than the hold
	MinSamples int64         // requests that a window needs; it is widened up to the hold to have them
	MinBad     int64         // bad requests that a violation needs, and likewise

	Hysteresis float64       // it clears below this part of the limit, to a thousandth
	ClearFor   time.Duration // and for so long

	Patience    int           // evaluations in a row that could not tell and are passed over
	NoDataAfter time.Duration // more of them make it unknown; after so long OnNoData is due
	OnNoData    NoData

	Cooldown   time.Duration // after an episode, in which it does not fire again
	MaxReturns int           // to FIRED, after which it stays there until a person releases it
}

// Defaults returns the options of a verdict on a run; a canary sets OnNoData to
// OnNoDataPause. The cooldown is the time in which a rollback has to be done.
func Defaults() Options {
	return Options{
		Reading: Both, Every: time.Second, Window: 30 * time.Second, MinSamples: 100, MinBad: 10,
		Hysteresis: 0.8, ClearFor: time.Minute,
		Patience: 2, NoDataAfter: time.Minute, OnNoData: OnNoDataNoGo,
		Cooldown: 5 * time.Minute, MaxReturns: 5,
	}
}

// Check returns all that is wrong with the options.
func (o Options) Check() error {
	return errors.Join(
		want(o.Reading == Sustained || o.Reading == Windowed || o.Reading == Both, "reading", "sustained, windowed or both", o.Reading),
		want(o.OnNoData == OnNoDataPause || o.OnNoData == OnNoDataNoGo || o.OnNoData == OnNoDataIgnore, "on_no_data", "pause, no-go or ignore", o.OnNoData),
		want(o.Start >= 0, "start", "0s or more", o.Start),
		want(o.Every >= time.Second && o.Every%time.Second == 0, "every", "whole seconds, at least 1s", o.Every),
		want(o.Window > 0, "window", "more than 0s", o.Window),
		want(o.MinSamples >= 1, "min_samples", "1 or more", o.MinSamples),
		want(o.MinBad >= 1, "min_bad", "1 or more", o.MinBad),
		want(o.Hysteresis >= 0.001 && o.Hysteresis <= 1, "hysteresis", "a part of the limit from 0.001 to 1", o.Hysteresis),
		want(o.ClearFor >= 0, "clear_for", "0s or more", o.ClearFor),
		want(o.Patience >= 0, "patience", "0 or more evaluations", o.Patience),
		want(o.NoDataAfter >= 0, "no_data_after", "0s or more", o.NoDataAfter),
		want(o.Cooldown >= 0, "cooldown", "0s or more", o.Cooldown),
		want(o.MaxReturns >= 0, "max_returns", "0 or more", o.MaxReturns))
}

// want returns an error unless an option is as it should be.
func want(ok bool, name, wanted string, got any) error {
	if ok {
		return nil
	}
	return fmt.Errorf("read option %s: want %s, got %v", name, wanted, got)
}
