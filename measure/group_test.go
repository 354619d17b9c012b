package measure

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// checkouts are three runs of a group of two steps: a good one, a slow one and one
// whose second step failed.
func checkouts() (Config, []Outcome) {
	c := Config{
		Steps: []string{"log in", "pay"}, Groups: []string{"checkout"}, Charge: time.Second,
		Limits: []Limit{{AllSteps, 50 * time.Millisecond, false}, {2, 90 * time.Millisecond, false}, {1, 50 * time.Millisecond, false}},
	}
	var all []Outcome
	add := func(step int, class Class, due, took time.Duration) {
		all = append(all, Outcome{Step: step, Class: class, Phase: Measure, Due: due, Sent: due + 1, Done: due + took})
	}
	for i, took := range []time.Duration{30, 80, 40} {
		due, took, class := time.Duration(i)*2*time.Second, took*time.Millisecond, OK
		if i == 2 {
			class = Timeout
		}
		add(0, OK, due, took)
		add(1, class, due+1500*time.Millisecond, took)
		add(2, class, due, 2*took)
	}
	return c, all
}

func TestAGroupIsInNoTotal(t *testing.T) {
	c, all := checkouts()
	r, s := NewRecorder(c), NewSummary(c)
	for i := range all {
		all[i].Err = errors.New("it was slow")
		r.Record(&all[i])
	}
	for _, i := range r.Seal() {
		s.Merge(i)
	}
	require.EqualValues(t, 6, s.Total().Planned())
	require.EqualValues(t, 1, s.Total().Failed())
	require.EqualValues(t, 6, s.Total().Lag.Count())
	require.Equal(t, []ErrorGroup{{Phase: Measure, Class: Timeout, Step: 1, Count: 1, FirstAt: 5540 * time.Millisecond, Example: "it was slow"}}, s.Errors())
	var inSeries Counts
	for _, b := range s.Series() {
		inSeries.Add(&b.Counts)
		require.Equal(t, b.Planned(), b.Response.Count())
	}
	require.Equal(t, s.Total().Counts, inSeries)

	require.Len(t, s.Groups(), 1)
	g := s.Groups()[0]
	require.Equal(t, "checkout", g.Name)
	require.Equal(t, [3]int64{3, 2, 1}, [3]int64{g.Planned(), g.OK(), g.Failed()})
	require.Equal(t, 160*time.Millisecond, g.Answered.Max())
	require.Equal(t, time.Second, g.Charged.Max(), "charged as any failure")

	for _, test := range []struct {
		name            string
		limit           Limit
		over, scheduled int64
	}{
		{"the limit of all steps knows no group", c.Limits[0], 3, 6},
		{"that of the group counts it and its failure", c.Limits[1], 2, 3},
		{"that of a step is its own", c.Limits[2], 2, 3},
	} {
		over, scheduled, known := s.Over(test.limit)
		require.True(t, known)
		require.Equal(t, [2]int64{test.over, test.scheduled}, [2]int64{over, scheduled}, test.name)
	}
}

func TestAGroupIsCountedInTheSecondInWhichItBegan(t *testing.T) {
	c, all := checkouts()
	r, s := NewRecorder(c), NewSummary(c)
	for i := range all {
		r.Record(&all[i])
	}
	for _, i := range r.Seal() {
		s.Merge(i)
	}
	var got []Row
	for row := range s.Cells().Rows(Measure, 2) {
		row.Over = []int64{row.Over[1]}
		got = append(got, row)
	}
	require.Equal(t, []Row{
		{0, 1, 1, []int64{0}}, {1, 0, 0, []int64{0}}, {2, 1, 1, []int64{1}}, {3, 0, 0, []int64{0}}, {4, 1, 0, []int64{1}}, {5, 0, 0, []int64{0}},
	}, got)
}

// What ends long after its second was sealed is an Interval of nothing but a group.
func TestAGroupThatIsSealedAloneMakesNoRequest(t *testing.T) {
	c, all := checkouts()
	r, s := NewRecorder(c), NewSummary(c)
	r.Record(&all[2])
	alone := r.Seal()
	require.Len(t, alone, 1)
	require.Empty(t, alone[0].Steps)
	require.Empty(t, alone[0].Errors)
	require.NoError(t, alone[0].Fits(&c))
	s.Merge(alone[0])
	require.Zero(t, s.Total().Planned())
	require.Empty(t, rowsOf(s.Cells(), Measure, AllSteps))
	require.Len(t, rowsOf(s.Cells(), Measure, 2), 1)
}

// A plan without groups is written as it always was.
func TestGroupsChangeNoByteWhereThereAreNone(t *testing.T) {
	one := Interval{Second: 3, Phase: Measure, Over: []int64{1}, Steps: []Part{{Step: 0}}}
	one.Steps[0].Class[OK] = 2
	data, err := one.MarshalBinary()
	require.NoError(t, err)
	require.Equal(t, byte(1), data[0])
	one.Groups = []Part{{Step: 0}}
	data, err = one.MarshalBinary()
	require.NoError(t, err)
	require.Equal(t, byte(2), data[0])

	c := Config{Steps: []string{"a"}}
	kept := func(p Phase) (figures, cells []byte) {
		r, s := NewRecorder(c), NewSummary(c)
		r.Record(&Outcome{Phase: p})
		for _, i := range r.Seal() {
			s.Merge(i)
		}
		return s.Keep()
	}
	figures, cells := kept(Measure)
	require.Equal(t, []byte{1, 1, 0, 0, 0, 1}, figures[:6])
	require.Equal(t, []byte{1, 1, 0, 1, 0, 3, byte(Measure), 1, 0}, cells)
	figures, cells = kept(Teardown)
	require.Equal(t, []byte{2, 1, 0, 0, 0, 0, 0, 0, 0, 1}, figures[:10])
	require.Equal(t, []byte{1, 1, 0, 1, 0, 3, 129, 1, 0}, cells)
}

func TestKeysOfRowsAreOfOnePlaceEach(t *testing.T) {
	seen := map[byte]bool{}
	for unit := range blockUnits {
		for p := range Phases {
			key := keyOf(unit, p)
			require.False(t, seen[key])
			seen[key] = true
			u, phase := splitKey(key)
			require.Equal(t, []any{unit, p}, []any{u, phase})
		}
	}
}
