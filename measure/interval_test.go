package measure

import (
	"cmp"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// intervals are of many kinds, for what has to work with any of them.
func intervals(seed uint64) (*world, []Interval) {
	w := newWorld(seed, 1+int(seed%7), 10)
	return w, w.record(2, w.outcomes(int(50<<(seed%6))))
}

// busiest is the merge of all that was sealed of the second with the most requests.
func busiest(sealed []Interval) Interval {
	return slices.MaxFunc(Join(sealed), func(i, j Interval) int { return cmp.Compare(i.Total().Planned(), j.Total().Planned()) })
}

func TestJoinMergesTheSameSecondAndPhase(t *testing.T) {
	w, sealed := intervals(12)
	before := imageOf(w.summary(sealed))
	joined := Join(sealed)
	require.Less(t, len(joined), len(sealed))
	for i := range joined[1:] {
		require.Negative(t, joined[i].compare(&joined[i+1]))
	}
	for i := range joined {
		require.NoError(t, joined[i].check())
	}
	require.Equal(t, before, imageOf(w.summary(joined)))
	require.Equal(t, before, imageOf(w.summary(sealed)), "joining changes nothing")
	require.Equal(t, joined, Join(joined))
}

func TestIntervalsSurviveTheirEncoding(t *testing.T) {
	for seed := range uint64(12) {
		_, sealed := intervals(seed)
		for _, i := range sealed {
			data, err := i.MarshalBinary()
			require.NoError(t, err)
			var back Interval
			require.NoError(t, back.UnmarshalBinary(data))
			require.Equal(t, i, back)
			clear(data)
			require.Equal(t, i, back, "decoding does not keep the bytes")
		}
	}
}

func TestTornIntervalsAreRefused(t *testing.T) {
	_, sealed := intervals(4)
	data, _ := sealed[0].MarshalBinary()
	var i Interval
	for n := range data {
		require.Error(t, i.UnmarshalBinary(data[:n]))
	}
	require.ErrorContains(t, i.UnmarshalBinary(append(data, 0)), "1 bytes are left")
	require.Zero(t, i)
}

func TestALongerEncodingOfANumberIsRefused(t *testing.T) {
	data, _ := new(Interval).MarshalBinary()
	longer := append([]byte{data[0] | 0x80, 0}, data[1:]...)
	require.ErrorContains(t, new(Interval).UnmarshalBinary(longer), "want a number")
}

func TestIntervalsThatContradictThemselvesAreRefused(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(*Interval)
		want  string
	}{
		{"more ok than answered", func(i *Interval) { i.Steps[0].Class[OK]++ }, "histogram 0 counts"},
		{"a failure in no group", func(i *Interval) { i.Errors = i.Errors[1:] }, "in no group"},
		{"a group too large", func(i *Interval) { i.Errors[0].Count += 5 }, "do not add up"},
		{"groups out of order", func(i *Interval) { i.Errors[0], i.Errors[1] = i.Errors[1], i.Errors[0] }, "out of order"},
		{"more beyond a limit than there are", func(i *Interval) { i.Over[0] = 1e6 }, "are beyond it"},
		{"more statuses than answers", func(i *Interval) { i.Steps[0].Statuses[0].Count = 1e6 }, "statuses do not add up"},
		{"a step twice", func(i *Interval) { i.Steps[1].Step = i.Steps[0].Step }, "out of order"},
		{"a group twice", func(i *Interval) { i.Groups = append(i.Groups, i.Groups...) }, "group 0 is out of order"},
		{"more ok than answered in a group", func(i *Interval) { i.Groups[0].Class[OK]++ }, "group 0: "},
		{"statuses of a group", func(i *Interval) { i.Groups[0].Statuses = Statuses{{Status: 200, Count: 1}} }, "group 0: a group has no statuses"},
		{"a lag of a group", func(i *Interval) { i.Groups[0].Lag = i.Groups[0].Answered }, "group 0: histogram 2 is not one of a group"},
		{"a wrong maximum", func(i *Interval) { i.Steps[0].Lag.max *= 2 }, "not in the buckets"},
		{"a wrong count", func(i *Interval) { i.Steps[0].Lag.count-- }, "the buckets count"},
		{"a phase that is none", func(i *Interval) { i.Phase = Phases }, "want a number up to 5"},
		{"a negative second", func(i *Interval) { i.Second = -1 }, "want a number up to"},
		{"a number that is too high", func(i *Interval) { i.Over[0] = math.MaxInt64 }, "want a number up to"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, sealed := intervals(11)
			i := busiest(sealed)
			test.spoil(&i)
			data, err := i.MarshalBinary()
			require.NoError(t, err)
			require.ErrorContains(t, new(Interval).UnmarshalBinary(data), test.want)
		})
	}
}

func TestFits(t *testing.T) {
	w, sealed := intervals(11)
	i := busiest(sealed)
	require.NoError(t, i.Fits(&w.config))
	fewer := w.config
	fewer.Steps = fewer.Steps[:1]
	require.ErrorContains(t, i.Fits(&fewer), "want 1 steps")
	fewer = w.config
	fewer.Limits = fewer.Limits[1:]
	require.ErrorContains(t, i.Fits(&fewer), "limits, got")
}

func FuzzUnmarshalInterval(f *testing.F) {
	for seed := range uint64(6) {
		_, sealed := intervals(seed)
		data, _ := sealed[0].MarshalBinary()
		f.Add(data)
	}
	empty, _ := new(Interval).MarshalBinary()
	f.Add(empty)
	f.Fuzz(func(t *testing.T, data []byte) {
		var i Interval
		if i.UnmarshalBinary(data) != nil {
			return
		}
		again, err := i.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, data, again, "what is accepted has one encoding")
		c := Config{Limits: slices.Repeat([]Limit{{Step: AllSteps}}, len(i.Over))}
		if n := len(i.Groups); n > 0 && i.Groups[n-1].Step < 1000 {
			c.Groups = make([]string, i.Groups[n-1].Step+1)
		}
		if n := len(i.Steps); n > 0 && i.Steps[n-1].Step < 1000 {
			c.Steps = make([]string, i.Steps[n-1].Step+1)
		}
		if i.Fits(&c) == nil {
			s := NewSummary(c)
			s.Merge(i)
			require.Equal(t, i.Total().Planned(), s.Phase(i.Phase).Planned())
			require.NotPanics(t, func() { s.Series() })
		}
	})
}
