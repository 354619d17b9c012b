package loadgen

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen/session"
	"gonogo/measure"
)

// A diary is a Protocol whose answers take ten milliseconds each, and which writes
// down what every user asked.
type diary struct {
	names  []string
	answer func(step string, s *session.Session) measure.Class // nil: all is well

	mu    sync.Mutex
	pages map[int][]string
}

func (d *diary) NewSender(u User) Sender { return &diarist{d, u} }

type diarist struct {
	*diary
	user User
}

func (d *diarist) Send(call *Call) {
	o := &call.Outcome
	name := d.names[o.Step]
	d.mu.Lock()
	d.pages[d.user.Number] = append(d.pages[d.user.Number], fmt.Sprintf("%s %d", name, o.Due.Milliseconds()))
	d.mu.Unlock()
	o.Sent = max(d.user.Clock.Now(), 1)
	time.Sleep(10 * time.Millisecond)
	if d.answer != nil {
		o.Class = d.answer(name, d.user.Session)
	}
	o.Read = d.user.Clock.Now()
	o.Done, o.FirstByte = o.Read, o.Read
}

func (d *diarist) Interrupt() {}
func (d *diarist) Close()     {}

// travel runs a plan of flows whose steps are a, b, c and d, and returns what each user asked
// and when that was due, in milliseconds.
func travel(t *testing.T, p Plan, answer func(string, *session.Session) measure.Class) (map[int]string, *Result) {
	t.Helper()
	names := []string{"a", "b", "c", "d"}
	for _, n := range names {
		p.Steps = append(p.Steps, Step{Name: n})
	}
	p.Timeout, p.Grace = time.Second, time.Second
	if p.Measure == 0 {
		p.Measure = time.Hour
	}
	require.NoError(t, p.Check())
	d := &diary{names: names, answer: answer, pages: map[int][]string{}}
	var r *Result
	synctest.Test(t, func(t *testing.T) {
		r = (&Engine{Plan: &p, Protocol: d, GoTimers: true}).Run(t.Context())
	})
	require.Equal(t, r.Issued, allPlanned(r))
	all := map[int]string{}
	for user, page := range d.pages {
		all[user] = strings.Join(page, ", ")
	}
	return all, r
}

// allPlanned is how many requests were recorded, whatever their phase.
func allPlanned(r *Result) int64 {
	n := int64(0)
	for p := range measure.Phases {
		n += r.Summary.Phase(p).Planned()
	}
	return n
}

func once(actions ...Action) Plan {
	return Plan{
		Closed: &Closed{Users: 1, Iterations: 1},
		Flows:  []Flow{{Name: "flow", Weight: 1, Actions: actions}},
	}
}

func ms(n int) Distribution { return Distribution{A: time.Duration(n) * time.Millisecond} }

func TestWhatAFlowDoes(t *testing.T) {
	a, b, c, d := Do{0}, Do{1}, Do{2}, Do{3}
	scope := &session.Scope{}
	n := scope.Declare("n")
	is := func(text string) *session.Condition {
		condition, err := scope.Condition(text)
		require.NoError(t, err)
		return condition
	}
	set := func(text string) Set {
		made, err := scope.Compile(text, session.Raw)
		require.NoError(t, err)
		return Set{n, made}
	}
	tests := []struct {
		name string
		does []Action
		want string
	}{
		{"a step is due when the one before ended", []Action{a, b}, "a 0, b 10"},
		{"a pause is waited for, and the next step is due at its end", []Action{a, Pause{ms(50)}, b}, "a 0, b 60"},
		{"a pause comes first", []Action{Pause{ms(50)}, a}, "a 50"},
		{"pauses add up", []Action{a, Pause{ms(5)}, Pause{ms(6)}, b}, "a 0, b 21"},
		{"steps are repeated", []Action{Repeat{2, []Action{a, b}}, c}, "a 0, b 10, a 20, b 30, c 40"},
		{"loops are nested, and count anew", []Action{Repeat{2, []Action{a, Repeat{2, []Action{b}}}}}, "a 0, b 10, b 20, a 30, b 40, b 50"},
		{"nothing is repeated no times", []Action{Repeat{0, []Action{a}}, b}, "b 0"},
		{"a while ends at its bound", []Action{While{is("1 == 1"), 3, []Action{a}}, b}, "a 0, a 10, a 20, b 30"},
		{"a while ends when its condition does not hold", []Action{set("x"), While{is("${n} == x"), 9, []Action{a, set("y")}}, b}, "a 0, b 10"},
		{"a while may not begin", []Action{While{is("1 == 2"), 9, []Action{a}}, b}, "b 0"},
		{"an if holds", []Action{set("x"), If{is("${n} == x"), []Action{a}, []Action{b}}, c}, "a 0, c 10"},
		{"an if does not hold", []Action{set("y"), If{is("${n} == x"), []Action{a}, []Action{b}}, c}, "b 0, c 10"},
		{"an if has nothing else", []Action{If{is("${n} == x"), []Action{a}, nil}, c}, "c 0"},
		{"a choice without weight is never picked", []Action{Pick{[]Choice{{0, []Action{a}}, {1, []Action{b}}}}, c}, "b 0, c 10"},
		{"a choice may be nothing", []Action{Pick{[]Choice{{1, nil}}}, c}, "c 0"},
		{"a goto goes on", []Action{a, Goto{"end"}, b, Mark{"end"}, c}, "a 0, c 10"},
		{"a goto goes back", []Action{set(""), Mark{"again"}, a, If{is("${n} != xx"), []Action{set("${n}x"), Goto{"again"}}, nil}, d}, "a 0, a 10, a 20, d 30"},
		{"a goto leaves a loop", []Action{Repeat{5, []Action{a, Goto{"out"}}}, b, Mark{"out"}, c}, "a 0, c 10"},
		{"a rendezvous of one is none", []Action{a, Rendezvous{1, 0}, b}, "a 0, b 10"},
		{"a rendezvous ends at its timeout", []Action{a, Rendezvous{2, time.Second}, b}, "a 0, b 1010"},
		{"code sets what is decided by", []Action{Code{func(s *session.Session) { s.Set(n, []byte("7")) }}, If{is("${n} > 6"), []Action{a}, []Action{b}}}, "a 0"},
		{"a group changes nothing", []Action{Group{0, []Action{a, Pause{ms(5)}, b}}, c}, "a 0, b 15, c 25"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := once(tt.does...)
			p.Scope, p.Groups = scope, []string{"group"}
			said, _ := travel(t, p, nil)
			require.Equal(t, tt.want, said[0])
		})
	}
}

func TestUsersMeetAtARendezvous(t *testing.T) {
	p := once(Do{0}, Rendezvous{Users: 3}, Do{1})
	p.Closed.Users, p.Ramp = 3, 300*time.Millisecond
	said, _ := travel(t, p, nil)
	require.Equal(t, map[int]string{0: "a 0, b 210", 1: "a 100, b 210", 2: "a 200, b 210"}, said)
}

// Nobody waits for ever for users that are gone: the end of the run ends a rendezvous.
func TestTheEndOfTheRunEndsARendezvous(t *testing.T) {
	p := once(Do{0}, Rendezvous{Users: 2}, Do{1})
	p.Measure = time.Second
	said, r := travel(t, p, nil)
	require.Equal(t, "a 0", said[0])
	require.Less(t, r.Length, 1100*time.Millisecond)
}

func TestEveryIterationBeginsAsSetupLeftIt(t *testing.T) {
	scope := &session.Scope{}
	token, seen := scope.Declare("token"), scope.Declare("seen")
	var known []string
	answer := func(step string, s *session.Session) measure.Class {
		value := func(v session.Var) string {
			text, set := s.Get(v)
			if !set {
				return "-"
			}
			return string(text)
		}
		known = append(known, step+" "+value(token)+" "+value(seen))
		switch step {
		case "a":
			s.Set(token, []byte("t1"))
		case "b":
			s.Set(seen, []byte("yes"))
			s.Set(token, []byte("t2"))
		}
		return measure.OK
	}
	p := once(Do{1}, Do{2})
	p.Closed.Iterations, p.Scope = 2, scope
	p.Flows[0].Setup, p.Flows[0].Teardown = []Action{Do{0}}, []Action{Do{3}}
	said, r := travel(t, p, answer)
	require.Equal(t, "a 0, b 0, c 20, b 30, c 40, d 50", said[0])
	require.Equal(t, []string{"a - -", "b t1 -", "c t2 yes", "b t1 -", "c t2 yes", "d t1 -"}, known)
	require.EqualValues(t, 4, r.Summary.Total().OK(), "setup and teardown are not measured")
	require.EqualValues(t, 1, r.Summary.Phase(measure.Setup).OK())
	require.EqualValues(t, 1, r.Summary.Phase(measure.Teardown).OK())
}

// A user whose setup failed tries again at its next iteration. What it could not do
// meanwhile is dropped, and not forgotten.
func TestAFailedSetupDropsIterations(t *testing.T) {
	left := 2
	answer := func(step string, _ *session.Session) measure.Class {
		if step == "a" && left > 0 {
			left--
			return measure.Status
		}
		return measure.OK
	}
	p := once(Do{1}, Do{2})
	p.Closed.Iterations = 3
	p.Flows[0].Setup = []Action{Do{0}}
	_, r := travel(t, p, answer)
	total := r.Summary.Total()
	require.EqualValues(t, 2, total.OK())
	require.EqualValues(t, 4, total.Dropped())
	require.EqualValues(t, 2, r.Summary.Phase(measure.Setup).Failed())
}

func TestFlowsHaveLoadsOfTheirOwn(t *testing.T) {
	p := Plan{
		Measure: time.Second,
		Closed:  &Closed{Users: 1, Pacing: 500 * time.Millisecond},
		Flows: []Flow{
			{Name: "own", Weight: 1, Actions: []Action{Do{0}}},
			{Name: "rate", Open: &Open{MaxInFlight: 5, Stages: []Stage{{time.Second, 4, 4}}}, Actions: []Action{Do{1}}},
			{Name: "users", Closed: &Closed{Users: 2, Iterations: 1}, Actions: []Action{Do{2}}},
		},
	}
	_, r := travel(t, p, nil)
	var counts []int64
	for _, s := range r.Summary.Steps() {
		counts = append(counts, s.OK())
	}
	require.Equal(t, []int64{2, 4, 2, 0}, counts)
}

func TestFlowsArePickedByWeight(t *testing.T) {
	p := Plan{
		Measure: 100 * time.Second, Seed: 1, Closed: &Closed{Users: 1},
		Flows: []Flow{InOrder("one", 1), InOrder("never", 2), InOrder("most", 3)},
	}
	p.Flows[1].Weight, p.Flows[2].Weight = 0, 3
	_, r := travel(t, p, nil)
	steps := r.Summary.Steps()
	require.Equal(t, steps[1].OK(), steps[2].OK(), "the last flow alone has them")
	require.InDelta(t, 0.25, float64(steps[0].OK()-steps[1].OK())/float64(steps[0].OK()), 0.03)
}

// rows is a Feeder of so many rows.
type rows struct {
	v    session.Var
	left int
}

func (r *rows) Feed(s *session.Session) bool {
	if r.left--; r.left < 0 {
		return false
	}
	s.Set(r.v, fmt.Append(nil, r.left))
	return true
}

func TestAUserEndsWithItsData(t *testing.T) {
	for _, model := range []string{"closed", "open"} {
		t.Run(model, func(t *testing.T) {
			scope := &session.Scope{}
			p := once(Feed{&rows{scope.Declare("row"), 3}}, Do{0})
			p.Closed.Iterations, p.Scope, p.Measure = 0, scope, time.Second
			if model == "open" {
				p.Closed, p.Open = nil, &Open{MaxInFlight: 1, Stages: []Stage{{time.Second, 10, 10}}}
			}
			_, r := travel(t, p, nil)
			require.EqualValues(t, 3, r.Summary.Total().OK())
			require.EqualValues(t, map[string]int64{"closed": 0, "open": 7}[model], r.Summary.Total().Dropped(), "arrivals were wanted")
		})
	}
}

// What is given up is in the books, also where its flow decides about every step.
func TestAnIterationThatIsGivenUpIsDropped(t *testing.T) {
	scope := &session.Scope{}
	fed := Feed{&rows{scope.Declare("row"), 0}}
	holds, err := scope.Condition("1 == 1")
	require.NoError(t, err)
	decides := []Action{Pick{[]Choice{{1, []Action{Do{1}, Do{2}}}, {1, []Action{Do{2}}}}}}
	tests := []struct {
		name string
		flow Flow
	}{
		{"its setup fails", Flow{Setup: []Action{Do{0}}, Actions: decides}},
		{"its setup has no data", Flow{Setup: []Action{fed}, Actions: decides}},
		{"it has no data", Flow{Actions: append([]Action{fed}, decides...)}},
		{"it is one if", Flow{Setup: []Action{Do{0}}, Actions: []Action{If{holds, []Action{Do{1}}, nil}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.flow.Name, tt.flow.Weight = "flow", 1
			p := Plan{Flows: []Flow{tt.flow}, Scope: scope, Measure: time.Second, Open: &Open{MaxInFlight: 1, Stages: []Stage{{time.Second, 10, 10}}}}
			_, r := travel(t, p, func(step string, _ *session.Session) measure.Class {
				if step == "a" {
					return measure.Status
				}
				return measure.OK
			})
			require.EqualValues(t, 10, r.Summary.Total().Dropped())
			require.EqualValues(t, 10, r.Summary.Total().Planned())
			require.EqualValues(t, 10, r.Summary.Steps()[1].Dropped())
		})
	}
}

func TestLoopsInEachOtherOweNoMoreThanANumberHolds(t *testing.T) {
	actions := []Action{Do{0}}
	for range 6 {
		actions = []Action{Repeat{1_000_000, actions}}
	}
	p, err := write(actions, 1)
	require.NoError(t, err)
	require.Equal(t, []int64{mostSure}, p.owed)
}

func TestStepsHaveTimeoutsOfTheirOwn(t *testing.T) {
	p := closedPlan(Closed{Users: 1, Iterations: 1})
	p.Timeout = time.Second
	p.Flows, p.Steps = []Flow{InOrder("flow", 1)}, []Step{{Name: "a", Timeout: 100 * time.Millisecond}}
	w := &witness{answer: replies(-1)}
	under(t, p, w, 0, func(r *Result) {
		require.Equal(t, 100*time.Millisecond, w.asked[0].ended)
		require.EqualValues(t, 1, r.Summary.Total().Class[measure.Timeout])
	})
}

func TestWrongFlowsAreRefused(t *testing.T) {
	tests := []struct {
		name   string
		action Action
		want   string
	}{
		{"a step that is not there", Do{7}, `flow "f": do: there is no step 7`},
		{"a mark that is not there", Goto{"x"}, `flow "f": goto "x": there is no such mark around it`},
		{"a mark in another list", If{Then: []Action{Mark{"x"}}, Else: []Action{Goto{"x"}}}, `flow "f": goto "x": there is no such mark around it`},
		{"nothing to pick", Pick{[]Choice{{0, nil}}}, `flow "f": pick: no choice has a weight`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := Plan{Steps: []Step{{}}, Flows: []Flow{{Name: "f", Actions: []Action{tt.action}}}}
			require.EqualError(t, p.Check(), tt.want)
		})
	}
}

func TestRatesOfFlows(t *testing.T) {
	p := Plan{
		Closed: &Closed{Users: 1},
		Steps:  []Step{{Name: "a"}, {Name: "b"}, {Name: "c"}},
		Flows: []Flow{{Weight: 1, Actions: []Action{
			Do{0}, Repeat{3, []Action{Do{1}}}, Pick{[]Choice{{1, []Action{Do{2}}}, {3, nil}}},
		}}},
	}
	r := p.RatesOf(func(Load) (float64, bool) { return 8, true })
	require.Equal(t, Rates{Steps: []float64{8, 24, 2}, Known: true}, r)
	require.Equal(t, 34.0, r.Total())
}

// The measure phase is over when every user is through, and only then.
func TestTheMeasurePhaseEndsWhenEveryUserIsThrough(t *testing.T) {
	p := once(Do{0})
	p.Closed.Iterations = 5
	_, r := travel(t, p, nil)
	require.Equal(t, 50*time.Millisecond, r.Measured)
	require.False(t, r.StoppedEarly)
	require.True(t, r.Through)

	p = once(Do{0})
	p.Closed.Iterations, p.Closed.ThinkTime, p.Measure = 0, ms(300), time.Second
	_, r = travel(t, p, nil)
	require.Equal(t, time.Second, r.Measured, "users that would come back too late are not through")
	require.False(t, r.Through)
}

// A group takes what its steps make a user wait, without the pauses between them.
func TestAGroupIsMeasuredAsAWhole(t *testing.T) {
	failing := func(step string, _ *session.Session) measure.Class {
		if step == "d" {
			return measure.Timeout
		}
		return measure.OK
	}
	p := once(Group{0, []Action{Do{0}, Pause{ms(500)}, Group{1, []Action{Do{1}, Do{2}}}}}, Group{1, []Action{Do{3}}})
	p.Groups = []string{"outer", "inner"}
	_, r := travel(t, p, failing)
	outer, inner := r.Summary.Groups()[0], r.Summary.Groups()[1]
	require.EqualValues(t, 1, outer.OK())
	require.Equal(t, 30*time.Millisecond, outer.Answered.Max())
	require.EqualValues(t, 1, inner.OK())
	require.EqualValues(t, 1, inner.Class[measure.Timeout], "a group ends like its last step")
	require.Equal(t, 20*time.Millisecond, inner.Answered.Max())
	require.EqualValues(t, 4, r.Summary.Total().Planned(), "groups are no requests")
}

func TestAGroupThatIsLeftIsNotCounted(t *testing.T) {
	p := once(Group{0, []Action{Do{0}, Goto{"out"}}}, Do{1}, Mark{"out"}, Do{2})
	p.Groups = []string{"group"}
	_, r := travel(t, p, nil)
	require.Zero(t, r.Summary.Groups()[0].Planned())
}

// Whoever judges while a run goes on has to wait for the groups that are open.
func TestASecondIsNotSettledWhileAGroupOfItIsOpen(t *testing.T) {
	p := Plan{
		Timeout: time.Second, Grace: time.Second, Measure: 20 * time.Second, Groups: []string{"group"},
		Closed: &Closed{Users: 1}, Steps: []Step{{Name: "a"}},
		Flows: []Flow{{Weight: 1, Actions: []Action{Group{0, []Action{Do{0}, Pause{ms(4000)}, Do{0}}}}}},
	}
	synctest.Test(t, func(t *testing.T) {
		settled, behind := time.Duration(0), time.Duration(0)
		e := &Engine{Plan: &p, GoTimers: true, Protocol: &diary{names: []string{"a"}, pages: map[int][]string{}}, Each: func(tick Tick) {
			for _, i := range tick.Intervals {
				require.Greater(t, time.Duration(i.Second+1)*time.Second, settled)
			}
			settled = tick.Settled
			behind = max(behind, tick.At-settled)
		}}
		r := e.Run(t.Context())
		require.Equal(t, int64(4), r.Summary.Groups()[0].OK())
		require.GreaterOrEqual(t, behind, 3*time.Second)
	})
}

func TestStepsThatMayRest(t *testing.T) {
	p := Plan{Steps: []Step{{}, {}, {}, {}, {}}, Closed: &Closed{Users: 1}, Flows: []Flow{{
		Weight: 1, Setup: []Action{Do{0}},
		Actions: []Action{Do{1}, If{Then: []Action{Do{2}}}, Repeat{2, []Action{Do{3}}}, Pick{[]Choice{{1, []Action{Do{4}}}}}},
	}}}
	require.Equal(t, []int{0, 2, 4}, p.MayRest())
	require.Empty(t, (&Plan{Steps: []Step{{}}, Closed: &Closed{Users: 1}}).MayRest())
}

// A teardown that asks again and again keeps its pauses when the run is over, and ends
// with the grace period.
func TestATeardownKeepsItsPauses(t *testing.T) {
	p := once(Do{0})
	p.Closed.Iterations, p.Measure = 0, 100*time.Millisecond
	p.Flows[0].Teardown = []Action{Mark{"again"}, Do{1}, Pause{ms(290)}, Goto{"again"}}
	said, r := travel(t, p, nil)
	require.True(t, strings.HasSuffix(said[0], "a 90, b 100, b 400, b 700, b 1000"), said[0])
	require.Less(t, r.Length, 1200*time.Millisecond)
}

// What our own limits end at once is not tried again at once.
func TestAUserDoesNotSpin(t *testing.T) {
	p := once(Do{0})
	p.Closed.Iterations, p.Measure = 0, 100*time.Millisecond
	p.Timeout, p.Grace, p.Steps = time.Second, time.Second, []Step{{Name: "a"}}
	w := &witness{answer: func(asked) reply { return reply{class: measure.Local} }}
	under(t, &p, w, 0, func(*Result) { require.LessOrEqual(t, len(w.asked), 101) })
}
