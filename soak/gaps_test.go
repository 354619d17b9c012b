package soak

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
)

func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }

func span(from, to float64) Span { return Span{seconds(from), seconds(to)} }

func TestExcluded(t *testing.T) {
	gap := func(why Why, start, length float64) Gap {
		return Gap{Why: why, Start: seconds(start), Length: seconds(length)}
	}
	tests := []struct {
		name string
		gaps []Gap
		want []Span
	}{
		{"no gap, nothing excluded", nil, nil},
		{"a timeout before, and one after", []Gap{gap(Slept, 100, 60)}, []Span{span(95, 165)}},
		{"in whole seconds, outwards", []Gap{gap(Stalled, 100.2, 1.5)}, []Span{span(95, 107)}},
		{"a clock that was set is an instant", []Gap{gap(ClockSet, 100, 0)}, []Span{span(95, 105)}},
		{"not before the run", []Gap{gap(Slept, 2, 1)}, []Span{span(0, 8)}},
		{"two that touch are one", []Gap{gap(Slept, 120, 10), gap(Slept, 100, 10)}, []Span{span(95, 135)}},
		{"two that do not are two", []Gap{gap(Slept, 100, 10), gap(Slept, 121, 1)}, []Span{span(95, 115), span(116, 127)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, Excluded(tt.gaps, 5*time.Second))
		})
	}
}

func TestWithin(t *testing.T) {
	spans := []Span{span(10, 20), span(30, 40)}
	for second, want := range map[int]bool{9: false, 10: true, 19: true, 20: false, 29: false, 39: true, 40: false} {
		require.Equal(t, want, within(spans, second, 1), second)
	}
	require.True(t, within(spans, 0, 60), "a stretch that holds one")
	require.True(t, within(spans, 19, 10))
	require.False(t, within(spans, 20, 10))
}

// The engine's clock stands still while the machine sleeps, the run's does not.
func TestTheTimelineGoesOnThroughSleep(t *testing.T) {
	line := NewTimeline(100 * time.Second)
	require.Equal(t, 130*time.Second, line.At(30*time.Second))
	require.Equal(t, seconds(140.5), line.Sleep(seconds(40.5), seconds(59.8)), "when it fell asleep")
	require.Equal(t, seconds(140.4), line.At(seconds(40.4)))
	require.Equal(t, seconds(200.5), line.At(seconds(40.5)), "a minute later, to the second")
	line.Sleep(50*time.Second, time.Minute)
	require.Equal(t, 280*time.Second, line.At(time.Minute))

	group := measure.ErrorGroup{Phase: measure.Measure, Class: measure.Timeout, Count: 1, FirstAt: seconds(41.5)}
	i := measure.Interval{Second: 41, Phase: measure.Measure, Errors: []measure.ErrorGroup{group}}
	moved := line.Interval(i)
	require.Equal(t, 201, moved.Second)
	require.Equal(t, seconds(201.5), moved.Errors[0].FirstAt)
	require.Equal(t, 41, i.Second, "an interval never changes")
	require.Equal(t, seconds(41.5), i.Errors[0].FirstAt)
	require.Equal(t, 103, line.Interval(measure.Interval{Second: 3}).Second)
	require.Equal(t, i, NewTimeline(0).Interval(i))
}
