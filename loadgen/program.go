package loadgen

import (
	"fmt"
	"slices"

	"gonogo/loadgen/session"
)

// A program is a list of actions, written out flat: a user's place in it is a
// number, and a user that waits keeps no deep stack.
type program struct {
	ops    []op
	loops  int       // counters that a user needs
	groups int       // that can be open at a time
	sure   []int64   // by step: how often it runs in each iteration that does not fail, whatever is decided
	owed   []int64   // by step: how often it counts as dropped in an iteration that is given up
	mean   []float64 // by step: how often it runs on average, each branch of an If taken half of the time and each While once
}

// An op is one instruction.
type op struct {
	kind       opKind
	n          int // of opDo: the step; of loops: the counter; of groups: the group
	most       int // of loops; 0: no bound
	depth      int // how many groups are open around it, or where it leads
	to         int // where it may lead
	condition  *session.Condition
	pause      Distribution
	upTo       []int // of opPick: sums of the weights
	targets    []int // likewise: where the choices begin
	rendezvous *rendezvous
	variable   session.Var
	text       *session.Text
	feeder     Feeder
	code       func(*session.Session)
}

// leads tells whether a step comes before anything that waits or decides.
func (p *program) leads() bool {
	for i := range p.ops {
		switch p.ops[i].kind {
		case opDo:
			return true
		case opEnter, opSet, opFeed, opBegin:
		default:
			return false
		}
	}
	return false
}

type opKind uint8

const (
	opDo opKind = iota
	opPause
	opBegin  // of a loop: its counter is 0
	opLoop   // counts; leads to the end of the loop once it is through, or its condition does not hold
	opUnless // leads on unless the condition holds
	opJump
	opGoto // leaves the groups that are not open at its mark
	opPick
	opEnter // a group
	opLeave
	opRendezvous
	opSet
	opFeed
	opCode
)

// A writer writes programs.
type writer struct {
	*program
	depth  int // of groups
	nested int // of loops
	unsure int // how many decisions are around
	times  int64
	share  float64 // how often what is written runs on average
	marks  []marks // of the lists of actions around
	gotos  []unresolved
	steps  int
	err    error
}

// marks are those of a list of actions, by name.
type marks map[string]place

// A place is where a mark is, and how many groups are open there.
type place struct{ op, depth int }

// unresolved is a Goto whose mark may come later.
type unresolved struct {
	op    int
	mark  string
	marks []marks // of the lists around it
}

// write compiles actions of a plan with so many steps.
func write(actions []Action, steps int) (*program, error) {
	w := &writer{program: &program{sure: make([]int64, steps), mean: make([]float64, steps)}, times: 1, share: 1, steps: steps}
	w.list(actions)
	for _, g := range w.gotos {
		var to place
		ok := false
		for i := len(g.marks) - 1; i >= 0 && !ok; i-- {
			to, ok = g.marks[i][g.mark]
		}
		if !ok {
			w.fail("goto %q: there is no such mark around it", g.mark)
		}
		w.ops[g.op].to, w.ops[g.op].depth = to.op, to.depth
	}
	w.owed = w.sure
	if first := w.firstStep(); first >= 0 && !slices.ContainsFunc(w.sure, func(n int64) bool { return n > 0 }) {
		w.owed = make([]int64, steps)
		w.owed[first] = 1
	}
	return w.program, w.err
}

// firstStep is the number of the step that is written first, -1 without any. Where no
// step is sure it stands for an iteration that is given up, which would be in no
// book else.
func (p *program) firstStep() int {
	for i := range p.ops {
		if p.ops[i].kind == opDo {
			return p.ops[i].n
		}
	}
	return -1
}

func (w *writer) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf(format, args...)
	}
}

func (w *writer) emit(o op) int {
	w.ops = append(w.ops, o)
	return len(w.ops) - 1
}

func (w *writer) here() int { return len(w.ops) }

func (w *writer) list(actions []Action) {
	w.marks = append(w.marks, marks{})
	for _, a := range actions {
		a.write(w)
	}
	w.marks = w.marks[:len(w.marks)-1]
}

func (a Do) write(w *writer) {
	if a.Step < 0 || a.Step >= w.steps {
		w.fail("do: there is no step %d", a.Step)
		return
	}
	if w.unsure == 0 {
		w.sure[a.Step] += w.times
	}
	w.mean[a.Step] += w.share
	w.emit(op{kind: opDo, n: a.Step})
}

func (a Pause) write(w *writer) { w.emit(op{kind: opPause, pause: a.Distribution}) }

// mostSure bounds what an iteration counts for: loops in each other overflow, and so
// would a backlog of such iterations.
const mostSure = 1_000_000_000

func (a Repeat) write(w *writer) {
	if a.Times < 1 {
		return
	}
	times, share := w.times, w.share
	w.times, w.share = min(times*int64(min(a.Times, mostSure)), mostSure), share*float64(a.Times)
	w.loop(nil, a.Times, a.Actions)
	w.times, w.share = times, share
}

func (a While) write(w *writer) {
	w.unsure++
	w.loop(a.Condition, a.Most, a.Actions)
	w.unsure--
}

func (w *writer) loop(c *session.Condition, most int, actions []Action) {
	counter := w.nested
	w.nested++
	w.loops = max(w.loops, w.nested)
	w.emit(op{kind: opBegin, n: counter})
	head := w.emit(op{kind: opLoop, n: counter, most: most, condition: c})
	w.list(actions)
	w.emit(op{kind: opJump, to: head})
	w.ops[head].to = w.here()
	w.nested--
}

func (a If) write(w *writer) {
	share := w.share
	w.share /= 2
	w.unsure++
	unless := w.emit(op{kind: opUnless, condition: a.Condition})
	w.list(a.Then)
	if len(a.Else) > 0 {
		over := w.emit(op{kind: opJump})
		w.ops[unless].to = w.here()
		w.list(a.Else)
		w.ops[over].to = w.here()
	} else {
		w.ops[unless].to = w.here()
	}
	w.unsure--
	w.share = share
}

func (a Pick) write(w *writer) {
	sum := 0
	for _, c := range a.Choices {
		sum += max(c.Weight, 0)
	}
	if sum == 0 {
		w.fail("pick: no choice has a weight")
		return
	}
	w.unsure++
	at := w.emit(op{kind: opPick})
	var ends []int
	all, share := float64(sum), w.share
	sum = 0
	for _, c := range a.Choices {
		sum += max(c.Weight, 0)
		w.share = share * float64(max(c.Weight, 0)) / all
		w.ops[at].upTo = append(w.ops[at].upTo, sum)
		w.ops[at].targets = append(w.ops[at].targets, w.here())
		w.list(c.Actions)
		ends = append(ends, w.emit(op{kind: opJump}))
	}
	for _, e := range ends {
		w.ops[e].to = w.here()
	}
	w.unsure--
	w.share = share
}

func (a Group) write(w *writer) {
	w.emit(op{kind: opEnter, n: a.Group, depth: w.depth})
	w.depth++
	w.groups = max(w.groups, w.depth)
	w.list(a.Actions)
	w.depth--
	w.emit(op{kind: opLeave, n: a.Group, depth: w.depth})
}

func (a Rendezvous) write(w *writer) {
	w.emit(op{kind: opRendezvous, rendezvous: newRendezvous(a.Users, a.Timeout)})
}

func (a Set) write(w *writer) { w.emit(op{kind: opSet, variable: a.Var, text: a.Text}) }

func (a Feed) write(w *writer) { w.emit(op{kind: opFeed, feeder: a.Feeder}) }

func (a Code) write(w *writer) { w.emit(op{kind: opCode, code: a.Run}) }

func (a Mark) write(w *writer) { w.marks[len(w.marks)-1][a.Name] = place{w.here(), w.depth} }

// write takes nothing behind a Goto for sure: it may lead past it.
func (a Goto) write(w *writer) {
	w.unsure++
	w.gotos = append(w.gotos, unresolved{w.emit(op{kind: opGoto}), a.Mark, slices.Clone(w.marks)})
}
