package journal

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
)

var errKilled = errors.New("killed")

// A story is a run that is stopped and resumed, with everything that a journal
// does to a disk. It tells of what is sealed.
type story struct {
	seals  [][]measure.Interval
	header Header
	sealed []measure.Interval
	trying []measure.Interval // what is sealed or not

	durable []measure.Interval
}

func newStory() *story {
	w := newWorld(1, 1, 2)
	w.warmUp = 0
	s := &story{header: w.header()}
	for n := range 14 { // a segment each, the last far behind the others
		second := n * 61
		if n > 6 {
			second += 5000
		}
		r := measure.NewRecorder(w.config)
		for range w.rate {
			o := w.outcome(second)
			if n == 3 || n == 9 { // late, of a second that may be merged already
				o = w.outcome(61)
			}
			r.Record(&o)
		}
		s.seals = append(s.seals, r.Seal())
	}
	return s
}

// tell goes on until something fails, and leaves the journal as if it had died.
func (s *story) tell(t testing.TB, d *disk) {
	j, err := create(d, s.header)
	if err != nil {
		return
	}
	if s.add(t, j, s.seals[:8]) != nil || j.Note(Event{Kind: Gap}) != nil || j.Close() != nil {
		abandon(j)
		return
	}
	s.durable = s.sealed
	if j, _, err = open(d, s.header); err != nil {
		return
	}
	if s.add(t, j, s.seals[8:]) == nil && j.Note(Event{Kind: Ended}) == nil {
		_ = j.Close()
	}
	abandon(j)
}

func (s *story) add(t testing.TB, j *Writer, seals [][]measure.Interval) error {
	j.hurry()
	for n, seal := range seals {
		s.trying = seal
		if err := j.Add(seal); err != nil {
			return err
		}
		s.sealed, s.trying = append(s.sealed, seal...), nil
		if n%2 == 0 {
			if err := j.Sync(); err != nil {
				return err
			}
			s.durable = s.sealed
		}
		if err := j.mergeDue(t.Context()); err != nil {
			return err
		}
	}
	return nil
}

// Between any two system calls, and in the middle of any write, a process may be
// killed: nothing that was sealed is lost or comes twice, the journal is readable,
// and it is resumed.
func TestAKillBetweenAnyTwoCallsLosesNothing(t *testing.T) {
	calls := countCalls(t)
	require.Greater(t, calls, 100)
	random := rand.New(rand.NewPCG(4, 4))
	for at := 1; at <= calls; at++ {
		s, d := newStory(), &disk{dir: path(t)}
		n, what := 0, ""
		d.fault = func(c call) (int, error) {
			if n++; n < at {
				return c.bytes, nil
			}
			if what == "" {
				what = c.what
				return random.IntN(c.bytes + 1), errKilled
			}
			return 0, errKilled
		}
		s.tell(t, d)
		require.NotEmpty(t, what)
		s.requireWhole(t, d.dir, fmt.Sprintf("killed at call %d, %s", at, what))
	}
}

func countCalls(t *testing.T) (n int) {
	s, d := newStory(), &disk{dir: path(t)}
	d.fault = func(c call) (int, error) { n++; return c.bytes, nil }
	s.tell(t, d)
	require.Equal(t, s.sealed, slices.Concat(s.seals...))
	s.requireWhole(t, d.dir, "not killed")
	return n
}

// requireWhole tells whether a journal that a process left has all that was
// sealed, before and after it is resumed.
func (s *story) requireWhole(t *testing.T, dir, when string) {
	w := newWorld(1, 1, 2)
	if len(s.sealed) == 0 {
		if j, err := create(quick(dir), s.header); err == nil { // or it was killed after it was there
			require.NoError(t, j.Close())
			return
		}
	}
	s.requireSealed(t, dir, when)
	more := w.seals(1)[0]
	again(t, dir, s.header, when, func(j *Writer) { require.NoError(t, j.Add(more), when) })
	s.requireSealed(t, dir, when, more...)
	require.Empty(t, leftOver(t, dir), when)
}

func (s *story) requireSealed(t *testing.T, dir, when string, more ...measure.Interval) {
	c := readAll(t, dir)
	for _, d := range c.damage {
		require.True(t, d.Lossless, "%s: %s", when, d)
	}
	var planned int64
	for _, r := range c.records {
		planned += r.Interval.Total().Planned()
	}
	all := slices.Concat(s.sealed, more)
	if expected := int64(2 * len(all)); planned != expected {
		require.Equal(t, expected+2, planned, when)
		all = append(all, s.trying...)
	}
	requireSame(t, all, c.records)
}

func TestARunGoesOnWhenTheDiskIsFull(t *testing.T) {
	w := newWorld(1, 1, 3)
	seals := w.seals(150)
	d := &disk{dir: path(t)}
	j, err := create(d, w.header())
	require.NoError(t, err)
	full := false
	d.fault = func(c call) (int, error) {
		if full && (c.what == "write" || c.what == "create") {
			return c.bytes / 2, syscall.ENOSPC
		}
		return c.bytes, nil
	}
	for n, s := range seals {
		full = n >= 40 && n < 130
		err := j.Add(s)
		require.Equal(t, full, errors.Is(err, syscall.ENOSPC))
		if full {
			require.ErrorContains(t, err, "bytes wait in memory")
			require.ErrorContains(t, j.Note(Event{Kind: Gap}), "write journal")
		}
		if n == 100 {
			c := readAll(t, d.dir)
			require.Empty(t, c.damage)
			requireSame(t, slices.Concat(seals[:40]...), c.records)
		}
	}
	require.NoError(t, j.Close())
	c := readAll(t, d.dir)
	requireSame(t, slices.Concat(seals...), c.records)
	require.Empty(t, c.damage)
	require.Equal(t, Full, c.events[0].Kind)
	require.Contains(t, c.events[0].Text, "no space left on device")
	require.Len(t, c.events, 1+90+1+1, "and Gap as often as it was noted")
	require.Equal(t, Room, c.events[91].Kind)
}

func TestWhatIsLostOnAFullDiskIsTold(t *testing.T) {
	w := newWorld(1, 1, 3)
	seals := w.seals(150)
	d := &disk{dir: path(t)}
	j, err := create(d, w.header())
	require.NoError(t, err)
	full := false
	d.fault = func(c call) (int, error) {
		if full && c.what == "write" {
			return 0, syscall.ENOSPC
		}
		return c.bytes, nil
	}
	for n, s := range seals {
		full = n >= 40 && n < 130
		if n == 90 {
			j.waiting.size += maxWaiting // as if a day had passed
		}
		require.Equal(t, full, j.Add(s) != nil)
	}
	require.NoError(t, j.Close())
	c := readAll(t, d.dir)
	requireSame(t, slices.Concat(append(slices.Clone(seals[:90]), seals[130:]...)...), c.records)
	lost := c.events[1]
	var requests int64
	for _, i := range slices.Concat(seals[90:130]...) {
		requests += i.Total().Planned()
	}
	require.Equal(t, Lost, lost.Kind)
	require.Equal(t, requests, lost.Requests)
	require.Contains(t, lost.Text, "requests are not in the journal")
}

func TestCloseSaysWhatIsLost(t *testing.T) {
	w := newWorld(1, 1, 3)
	d := &disk{dir: path(t)}
	j, err := create(d, w.header())
	require.NoError(t, err)
	d.fault = func(c call) (int, error) {
		if c.what == "write" {
			return 0, syscall.ENOSPC
		}
		return c.bytes, nil
	}
	j.start()
	require.Error(t, j.Add(w.seals(1)[0]))
	err = j.Close()
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.ErrorContains(t, err, "bytes wait in memory")
	require.False(t, descriptorsOf(t, d.dir), "all files are closed")
}

func TestMergingWaitsForRoom(t *testing.T) {
	w := newWorld(1, 1, 1)
	seals := w.seals(400)
	d := &disk{dir: path(t)}
	j, err := create(d, w.header())
	require.NoError(t, err)
	j.hurry()
	for _, s := range seals {
		require.NoError(t, j.Add(s))
	}
	j.newest = 10_000
	d.fault = func(c call) (int, error) {
		if c.what == "write" {
			return 10, syscall.ENOSPC
		}
		return c.bytes, nil
	}
	require.ErrorIs(t, j.mergeDue(t.Context()), syscall.ENOSPC)
	require.Empty(t, leftOver(t, d.dir), "what was begun is removed")
	d.fault = nil
	require.NoError(t, j.mergeDue(t.Context()))
	require.NoError(t, j.Close())
	requireSame(t, slices.Concat(seals...), readAll(t, d.dir).records)
}

func TestWhatCannotBeMadeDurableIsTold(t *testing.T) {
	w := newWorld(1, 1, 3)
	seals := w.seals(9)
	d := &disk{dir: path(t)}
	j, err := create(d, w.header())
	require.NoError(t, err)
	d.fault = func(c call) (int, error) {
		if c.what == "sync" {
			return 0, syscall.EIO
		}
		return c.bytes, nil
	}
	require.NoError(t, j.Add(seals[0]))
	require.ErrorIs(t, j.Sync(), syscall.EIO)
	require.ErrorIs(t, j.Problem(), syscall.EIO)
	require.NoError(t, j.Add(seals[1]))
	require.ErrorIs(t, j.Sync(), syscall.EIO)
	d.fault = nil
	require.NoError(t, j.Add(seals[2]))
	require.NoError(t, j.Sync())
	require.NoError(t, j.Problem())
	require.NoError(t, j.Close())
	c := readAll(t, d.dir)
	require.Len(t, c.events, 2, "it is told once, not every second")
	require.Equal(t, Damaged, c.events[0].Kind)
	requireSame(t, slices.Concat(seals[:3]...), c.records)
}
