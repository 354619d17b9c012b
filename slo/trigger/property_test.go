package trigger

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A world is a rule, its options and what happens, all of it drawn.
type world struct {
	rule    Rule
	options Options
	cells   []*Cell // by second; nil is missing
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

func draw(t *testing.T, seed int) world {
	r := rand.New(rand.NewPCG(uint64(seed), 3))
	rule, err := Parse(fmt.Sprintf("error_rate > 5%% for %ds", 1+r.IntN(90)))
	require.NoError(t, err)
	seconds := func(most int) time.Duration { return time.Duration(r.IntN(most)) * time.Second }
	w := world{rule: rule, options: Options{
		Reading: pick(r, Sustained, Windowed, Both), Every: time.Second, Window: time.Second + seconds(40), Start: seconds(30),
		MinSamples: pick[int64](r, 1, 20, 100), MinBad: pick[int64](r, 1, 5, 10),
		Hysteresis: pick(r, 0.5, 0.8, 1), ClearFor: seconds(30),
		Patience: r.IntN(4), NoDataAfter: seconds(20), OnNoData: pick(r, OnNoDataPause, OnNoDataNoGo, OnNoDataIgnore),
		Cooldown: seconds(100), MaxReturns: r.IntN(6),
	}}
	for len(w.cells) < 600 {
		missing, due, share := r.IntN(5) == 0, pick[int64](r, 0, 1, 5, 50), pick(r, 0, 0, 0.02, 0.05, 0.06, 0.2, 1)
		for range 1 + r.IntN(pick(r, 4, 60)) {
			if missing {
				w.cells = append(w.cells, nil)
				continue
			}
			c := Cell{Second: len(w.cells), Due: due}
			for range due {
				if r.Float64() < share {
					c.Bad++
				}
			}
			w.cells = append(w.cells, &c)
		}
	}
	return w
}

// run plays a world second by second.
func (w world) run(t *testing.T) []Transition {
	tr, err := New(w.rule, w.options)
	require.NoError(t, err)
	var all []Transition
	for second, c := range w.cells {
		if c != nil {
			require.NoError(t, tr.Add(*c))
		}
		all = append(all, tr.Decide(time.Duration(second+1)*time.Second)...)
	}
	return all
}

// sum is what the cells of [from, to) hold, from the start on.
func (w world) sum(from, to int) (due, bad int64, known, length int) {
	for s := max(from, w.start()); s < to; s++ {
		length++
		if c := w.cells[s]; c != nil {
			known++
			due, bad = due+c.Due, bad+c.Bad
		}
	}
	return due, bad, known, length
}

func (w world) start() int  { return int(w.options.Start / time.Second) }
func (w world) hold() int   { return int(w.rule.For / time.Second) }
func (w world) window() int { return min(int(w.options.Window/time.Second), w.hold()) }

// tells is look, made plainly: whether the second before to can tell, and whether
// the condition holds in the window that ends there.
func (w world) tells(to int) (tells, above bool) {
	due, _, known, length := w.sum(to-w.window(), to)
	if w.cells[to-1] == nil || length < w.window() || due == 0 || 2*known < length {
		return false, false
	}
	n := w.widen(to, w.window(), func(due, _ int64) bool { return due >= w.options.MinSamples })
	due, bad, known, length := w.sum(to-n, to)
	if n > w.hold() || 2*known < length {
		return false, false
	}
	if 20*bad <= due {
		return true, false
	}
	n = w.widen(to, n, func(_, bad int64) bool { return bad >= w.options.MinBad })
	due, bad, _, _ = w.sum(to-n, to)
	return true, n <= w.hold() && 20*bad > due
}

// widen returns the first length at which a window will do, or one that is too long.
func (w world) widen(to, n int, will func(due, bad int64) bool) int {
	for ; n <= w.hold(); n++ {
		if due, bad, _, _ := w.sum(to-n, to); will(due, bad) {
			break
		}
	}
	return n
}

// told are the seconds of (from, to] that could tell, and of those whether the
// condition held.
func (w world) told(from, to time.Duration) (above []bool) {
	for s := int(from/time.Second) + 1; s <= int(to/time.Second); s++ {
		if tells, is := w.tells(s); tells {
			above = append(above, is)
		}
	}
	return above
}

func eachWorld(t *testing.T, check func(t *testing.T, w world, all []Transition)) {
	for seed := range 150 {
		w := draw(t, seed)
		t.Run(fmt.Sprint(seed), func(t *testing.T) { check(t, w, w.run(t)) })
	}
}

// Cells of equal seconds in any order and in parts, and decisions in any strides,
// come to the same.
func TestOrderDoesNotMatter(t *testing.T) {
	eachWorld(t, func(t *testing.T, w world, all []Transition) {
		r := rand.New(rand.NewPCG(uint64(len(all)), 4))
		tr, err := New(w.rule, w.options)
		require.NoError(t, err)
		var again []Transition
		for from := 0; from < len(w.cells); {
			to := min(len(w.cells), from+1+r.IntN(50))
			parts := w.parts(r, from, to)
			require.NoError(t, tr.Add(parts...))
			again = append(again, tr.Decide(time.Duration(to)*time.Second+time.Millisecond)...)
			from = to
		}
		require.Equal(t, all, again)
	})
}

// parts cuts the cells of some seconds and shuffles them.
func (w world) parts(r *rand.Rand, from, to int) (parts []Cell) {
	for _, c := range w.cells[from:to] {
		if c == nil {
			continue
		}
		due := r.Int64N(c.Due + 1)
		bad := min(c.Bad, due)
		parts = append(parts, Cell{c.Second, due, bad}, Cell{c.Second, c.Due - due, c.Bad - bad})
	}
	r.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	return parts
}

// Each transition goes on from the one before, along an edge that there is, and
// says why; acts are where they belong.
func TestTransitionsAreWellFormed(t *testing.T) {
	edges := map[[2]State]bool{
		{OK, Pending}: true, {Pending, OK}: true, {Pending, Fired}: true,
		{Fired, Clearing}: true, {Clearing, Fired}: true, {Clearing, OK}: true,
	}
	seen := map[Act]int{}
	eachWorld(t, func(t *testing.T, w world, all []Transition) {
		now, at, episode := Status{State: OK}, time.Duration(0), 0
		for _, tr := range all {
			require.Equal(t, now, tr.From)
			require.GreaterOrEqual(t, tr.At, at)
			require.NotEmpty(t, tr.Why)
			require.Contains(t, tr.Why, " ")
			moved := tr.From.State != tr.To.State
			require.True(t, moved == edges[[2]State{tr.From.State, tr.To.State}], tr.String())
			require.False(t, moved && (tr.From.Unknown || tr.To.Unknown), "what is not known moves nothing")
			require.True(t, tr.From != tr.To || tr.Act != Nothing, "a transition of nothing")
			require.Equal(t, tr.From.State == Pending && tr.To.State == Fired, tr.Act == Fire)
			require.True(t, tr.Act != Pause && tr.Act != NoGo || tr.To.Unknown && tr.Act == Act(w.options.OnNoData))
			if moved && tr.To.State == OK {
				episode = 0
			}
			if tr.Act == Fire {
				episode++
			}
			require.LessOrEqual(t, episode, 1, "one FIRED an episode")
			seen[tr.Act]++
			now, at = tr.To, tr.At
		}
	})
	for _, act := range []Act{Nothing, Fire, Pause, NoGo, Summon} {
		require.Positive(t, seen[act], "the worlds show everything: %q", act)
	}
}

// What fires was pending for the hold, in seconds that were seen and could tell;
// and the condition held in the windows that the reading asks for.
func TestNothingFiresWithoutTheHold(t *testing.T) {
	fired := map[Reading]int{}
	eachWorld(t, func(t *testing.T, w world, all []Transition) {
		var since time.Duration
		for _, tr := range all {
			if tr.From.State == OK && tr.To.State == Pending {
				since = tr.At
			}
			if tr.Act != Fire {
				continue
			}
			fired[w.options.Reading]++
			held := w.told(since, tr.At)
			due, bad, known, length := w.sum(int(tr.At/time.Second)-w.hold(), int(tr.At/time.Second))
			over := due >= w.options.MinSamples && bad >= w.options.MinBad && 20*bad > due && 2*known >= length && length == w.hold()
			if w.options.Reading != Sustained {
				require.True(t, over, "the hold as one window")
			}
			if w.options.Reading == Windowed {
				continue
			}
			require.GreaterOrEqual(t, len(held), w.hold())
			missed := 0
			for i := range held {
				if n := i + 1; (n%w.window() == 0 || n == w.hold()) && n > len(held)-w.hold() && !held[i] {
					missed++
				}
			}
			windows := (w.hold() + w.window() - 1) / w.window()
			require.LessOrEqual(t, missed, map[Reading]int{Sustained: 0, Both: windows / 5}[w.options.Reading])
		}
	})
	for _, r := range []Reading{Sustained, Windowed, Both} {
		require.Greater(t, fired[r], 20, "the worlds show everything: %s", r)
	}
}

// A gap is neither violation nor health: no state changes in a second that cannot
// tell, and clearing takes its time in seconds that could.
func TestGapsMoveNothing(t *testing.T) {
	cleared := 0
	eachWorld(t, func(t *testing.T, w world, all []Transition) {
		var since time.Duration
		for _, tr := range all {
			if tr.From.State == tr.To.State {
				continue
			}
			tells, _ := w.tells(int(tr.At / time.Second))
			require.True(t, tells, tr.String())
			if tr.To.State == Clearing {
				since = tr.At
			}
			if tr.From.State == Clearing && tr.To.State == OK {
				cleared++
				require.GreaterOrEqual(t, len(w.told(since, tr.At)), int(w.options.ClearFor/time.Second))
				require.NotContains(t, w.told(since, tr.At), true)
			}
		}
	})
	require.Greater(t, cleared, 20)
}

// The status is unknown after Patience evaluations that could not tell, and known
// with the first that can.
func TestUnknownIsWhatCannotBeTold(t *testing.T) {
	eachWorld(t, func(t *testing.T, w world, all []Transition) {
		unknown, blind := false, 0
		for second := w.start() + w.hold() + 1; second <= len(w.cells); second++ {
			for _, tr := range all {
				if tr.At <= time.Duration(second)*time.Second {
					unknown = tr.To.Unknown
				}
			}
			if tells, _ := w.tells(second); tells {
				blind = 0
				require.False(t, unknown, "%ds", second)
			} else if blind++; blind > w.options.Patience {
				require.True(t, unknown, "%ds", second)
			}
		}
	})
}

// With every second seen and requests enough, all parts of the hold being above
// means that the hold is: to ask for both would be to ask for the one.
func TestWhatIsSustainedIsWindowed(t *testing.T) {
	fired := 0
	for seed := range 150 {
		w := draw(t, seed)
		r := rand.New(rand.NewPCG(uint64(seed), 5))
		w.options.Reading, w.options.MinSamples, w.options.MinBad, w.options.Start, w.options.Cooldown = Sustained, 1, 1, 0, 0
		w.options.Window = w.rule.For / pick[time.Duration](r, 1, 2, 3, 5)
		w.options.Window -= w.options.Window % time.Second
		w.options.Window = max(w.options.Window, time.Second)
		w.rule.For = w.options.Window * time.Duration(max(1, w.rule.For/w.options.Window))
		for second, c := range w.cells {
			if c == nil || c.Due == 0 {
				w.cells[second] = &Cell{Second: second, Due: 20}
			}
		}
		for _, tr := range w.run(t) {
			if tr.Act == Fire {
				fired++
				to := int(tr.At / time.Second)
				due, bad, _, _ := w.sum(to-w.hold(), to)
				require.Greater(t, 20*bad, due)
			}
		}
	}
	require.Greater(t, fired, 50)
}

// A ledger's windows are what the cells in them say.
func TestLedger(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	for range 50 {
		start, longest := r.IntN(20), 1+r.IntN(40)
		l := newLedger(time.Second, time.Duration(start)*time.Second, longest)
		cells := map[int]Cell{}
		for second := range 200 {
			if r.IntN(3) > 0 {
				c := Cell{Second: second, Due: r.Int64N(5)}
				c.Bad = r.Int64N(c.Due + 1)
				cells[second] = c
				require.NoError(t, l.add(c))
			}
		}
		for second := start; second < 200; second++ {
			_, known := cells[second]
			require.Equal(t, known, l.decide())
			n := 1 + r.IntN(longest)
			want := window{}
			for s := max(start, second+1-n); s <= second; s++ {
				want.ticks++
				if c, known := cells[s]; known {
					want.add(c)
				}
			}
			got := l.last(n)
			require.InDelta(t, want.shares, got.shares, 1e-9)
			got.shares = want.shares
			require.Equal(t, want, got)
		}
		require.Empty(t, l.waiting)
		require.ErrorContains(t, l.add(Cell{Second: 150}), "not decided yet")
	}
}
