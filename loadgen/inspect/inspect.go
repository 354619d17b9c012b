// Package inspect owns what looks into answers: it takes values out of them and
// checks them.
//
// Rules are data (rule.go); New compiles them into an Inspector (compile.go, this
// file). A rule reads one thing of an answer: a part of it as it is (source.go), of
// its JSON (json.go, with path.go for how people write paths), what a jq program
// makes of it (jq.go), or a part of its HTML (html.go, xpath.go). The value then goes
// into a variable, or is held against what is wanted (want.go, quantity.go).
//
// Answers are not to be trusted: what they can make us do is bounded in time, in
// depth and in the number of trees that are in memory at once.
package inspect

import (
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"gonogo/loadgen"
	"gonogo/loadgen/session"
)

// DefaultBodyLimit is how much of a body is kept where nothing is said.
const DefaultBodyLimit = 1e6

// patience is how long an answer is looked into before it is given up.
const patience = time.Second

// Options are what rules are compiled with.
type Options struct {
	BodyLimit int // the most that is kept of a body; below 1: DefaultBodyLimit
	// Cookie looks into the user's cookies; nil: there are none.
	Cookie func(s *session.Session, name string) (value []byte, ok bool)
}

// An Inspector performs compiled rules: what fills variables first, in order, then
// what is checked. It implements loadgen.Inspector.
type Inspector struct {
	extractions, checks []rule
	needs               loadgen.Needs
	options             Options
	patience            time.Duration

	looks sync.Pool // of *look
	// trees has as many places as there are processors. Who makes a tree of an answer
	// takes one: more at a time would take no less time, and more memory.
	trees chan struct{}
}

var _ loadgen.Inspector = (*Inspector)(nil)

// Needs says what the rules look at.
func (i *Inspector) Needs() loadgen.Needs { return i.needs }

// Inspect performs the rules. The first that fails ends it, with a
// *loadgen.CheckError. Another error is our own: a variable that has no value.
func (i *Inspector) Inspect(a *loadgen.Answer, s *session.Session) error {
	l, _ := i.looks.Get().(*look)
	if l == nil {
		l = &look{in: i}
	}
	l.answer, l.session = a, s
	err := l.all()
	l.forget()
	i.looks.Put(l)
	return err
}

// A look is one Inspect under way, and the memory that the next one uses again.
type look struct {
	in      *Inspector
	answer  *loadgen.Answer
	session *session.Session

	value []byte // what the rule at hand read, where it is no part of the answer
	want  []byte // what it is held against

	json     jsonState
	tree     jsonTree
	page     page
	placed   bool // in Inspector.trees
	deadline time.Time
	steps    uint
}

// mostKept is the longest value whose memory is kept.
const mostKept = 64 << 10

// forget lets go of the answer and of what was made of it.
func (l *look) forget() {
	if l.placed {
		<-l.in.trees
	}
	kept := look{in: l.in}
	if cap(l.value) <= mostKept {
		kept.value = l.value[:0]
	}
	if cap(l.want) <= mostKept {
		kept.want = l.want[:0]
	}
	*l = kept
}

func (l *look) all() error {
	for i := range l.in.extractions {
		if err := l.extract(&l.in.extractions[i]); err != nil {
			return err
		}
	}
	for i := range l.in.checks {
		if err := l.check(&l.in.checks[i]); err != nil {
			return err
		}
	}
	return nil
}

func (l *look) extract(r *rule) error {
	value, found, err := l.read(r)
	switch {
	case err != nil:
		return l.answer.Wrong(r.label + ": " + err.Error())
	case found:
		l.session.Set(r.into.Var, value)
	case r.into.Default != nil:
		if err := l.session.SetText(r.into.Var, r.into.Default); err != nil {
			return fmt.Errorf("%s: default: %w", r.label, err)
		}
	case r.into.Optional:
		l.session.Set(r.into.Var, nil)
	default:
		return l.answer.Wrong(r.label + ": got " + shown(value, false))
	}
	return nil
}

func (l *look) check(r *rule) error {
	value, found, err := l.read(r)
	if err != nil {
		return l.answer.Wrong(r.label + ": " + err.Error())
	}
	for i := range r.wants {
		w := &r.wants[i]
		expected, err := l.expected(w)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", r.label, w.op, err)
		}
		ok, err := w.holds(value, found, expected)
		if err == nil && ok {
			continue
		}
		what := r.label + ": want " + w.wanted(expected) + ", got " + shown(value, found)
		if err != nil {
			what += ": " + err.Error()
		}
		return l.answer.Wrong(what)
	}
	return nil
}

// expected is the text that a value is held against, until the next.
func (l *look) expected(w *want) ([]byte, error) {
	if w.constant {
		return w.fixed, nil
	}
	made, err := w.text.Append(l.want[:0], l.session)
	l.want = made
	return made, err
}

// read reads what a rule is about. The value holds until the next read. Where there
// is none, it is empty or says null.
//
// Libraries that panic over an answer do so in here: that is the answer's failure and
// must not be the end of a run.
func (l *look) read(r *rule) (value []byte, found bool, err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case error:
			err = giveUp(p)
		default:
			err = giveUp(fmt.Errorf("%v", p))
		}
	}()
	if r.body {
		if err := l.whole(); err != nil {
			return nil, false, err
		}
	}
	return r.source.read(l)
}

// errTooLong is what ends the work on an answer that takes too much of it.
var errTooLong = errors.New("too much work")

func giveUp(err error) error {
	if errors.Is(err, errTooLong) {
		return fmt.Errorf("gave up after %v", patience)
	}
	return errors.New("cannot be read: " + cut(err.Error()))
}

// whole fails when there is more of the body than was kept.
func (l *look) whole() error {
	if l.answer.Length <= int64(len(l.answer.Body)) {
		return nil
	}
	return fmt.Errorf("the body is %s, only %s was kept: raise http.body_limit", size(l.answer.Length), size(int64(len(l.answer.Body))))
}

// place waits until a tree may be made of the answer. From then on the time counts.
func (l *look) place() {
	if !l.placed {
		l.in.trees <- struct{}{}
		l.placed, l.deadline = true, time.Now().Add(l.in.patience)
	}
}

// step counts a small piece of work on a tree. It panics with errTooLong when there
// was too much of it: libraries leave no other way out.
func (l *look) step() {
	if l.steps++; l.steps%1024 == 1 && l.late() {
		panic(errTooLong)
	}
}

// late tells whether the time for the answer's trees is up.
func (l *look) late() bool { return !time.Now().Before(l.deadline) }

// New compiles rules. It reports all their mistakes at once, each a *RuleError.
func New(rules []Rule, o Options) (*Inspector, error) {
	if o.BodyLimit < 1 {
		o.BodyLimit = DefaultBodyLimit
	}
	i := &Inspector{options: o, patience: patience, trees: make(chan struct{}, runtime.GOMAXPROCS(0))}
	var all []error
	for at := range rules {
		made, mistakes := compile(&rules[at], o)
		for _, m := range mistakes {
			m.Rule = at
			all = append(all, m)
		}
		if made.into != nil {
			i.extractions = append(i.extractions, made)
		} else {
			i.checks = append(i.checks, made)
		}
		i.needs.Head = i.needs.Head || rules[at].Source == Header
		if made.body {
			i.needs.Body = o.BodyLimit
		}
	}
	if len(all) > 0 {
		return nil, errors.Join(all...)
	}
	return i, nil
}

// mostShown is how much of a value an error shows.
const mostShown = 100

// shown is a value in an error.
func shown(value []byte, found bool) string {
	switch {
	case !found && len(value) > 0:
		return string(value) + ", which counts as nothing"
	case !found:
		return "nothing"
	}
	return quote(value)
}

func quote(value []byte) string {
	if len(value) <= mostShown {
		return strconv.Quote(string(value))
	}
	return fmt.Sprintf("%q... (%d bytes)", value[:mostShown], len(value))
}

// cut is the start of somebody else's error, on one line.
func cut(text string) string {
	if len(text) > 2*mostShown {
		text = text[:2*mostShown] + "..."
	}
	return strings.Join(strings.Fields(strings.ToValidUTF8(text, "?")), " ")
}
