package slo

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
)

// Lint refuses objectives that cannot mean what they say, all at once: a name
// given twice, and whatever Objective.Lint finds.
func Lint(objectives []Objective) error {
	var all []error
	first := map[string]Objective{}
	for _, o := range objectives {
		if other, twice := first[o.Name]; twice && o.Name != "" {
			all = append(all, o.located(o.wrong("name: want one of its own, it is that of %s already", other.Go)))
		} else {
			first[o.Name] = o
		}
		if err := o.Lint(); err != nil {
			all = append(all, o.located(err))
		}
	}
	return errors.Join(all...)
}

// LintSteps refuses objectives about steps and groups that a plan does not have, given
// the names of all it has.
func LintSteps(objectives []Objective, names []string) error {
	var all []error
	for _, o := range objectives {
		if step := o.Go.Step; step != "" && !slices.Contains(names, step) {
			hint := ""
			if meant := nearest(step, names); meant != "" {
				hint = fmt.Sprintf(" (did you mean %q?)", meant)
			}
			all = append(all, o.located(o.wrong("%s: want the name of a step or group, found %q%s", o.Go, step, hint)))
		}
	}
	return errors.Join(all...)
}

// Lint reads the bands as a decision table: it tries every limit, and one value
// of every stretch between two of them, and refuses the objective with the
// values that show what is wrong. Judge never passes what Lint refuses.
func (o Objective) Lint() error {
	if err := o.sameSubject(); err != nil {
		return err
	}
	if err := o.sameScope(); err != nil {
		return err
	}
	if reason := o.inferable(); reason != "" && o.Claim == Inferred {
		return o.wrong("claim: want observed, as %s", reason)
	}
	if o.Claim != "" && o.Claim != Inferred && o.Claim != Observed {
		return o.wrong("claim: want observed or inferred, found %q", o.Claim)
	}
	values := o.witnesses()
	for _, find := range []func([]*big.Rat) error{o.unreachable, o.wrongWay, o.overlapping, o.shadowed} {
		if err := find(values); err != nil {
			return err
		}
	}
	return nil
}

func (o Objective) wrong(format string, args ...any) error {
	name := o.Name
	if name == "" {
		name = o.Go.String()
	}
	return fmt.Errorf("objective %q: %w", name, fmt.Errorf(format, args...))
}

// located puts where an objective was written before an error about it.
func (o Objective) located(err error) error {
	if o.Source == "" {
		return err
	}
	return fmt.Errorf("%s: %w", o.Source, err)
}

// A band is one target of an objective under the name that files give it.
type band struct {
	name string
	Target
}

// The names of the bands, and of what is in none.
const (
	bandGo          = "go"
	bandConditional = "conditional"
	bandNoGo        = "no_go"
	bandGap         = "gap"
	bandNone        = "none"
)

// bands returns the bands that an objective has, in the order in which they are
// judged: the first that holds decides.
func (o Objective) bands() []band {
	var all []band
	if o.NoGo != nil {
		all = append(all, band{bandNoGo, *o.NoGo})
	}
	all = append(all, band{bandGo, o.Go})
	if o.Conditional != nil {
		all = append(all, band{bandConditional, *o.Conditional})
	}
	return all
}

func (o Objective) sameSubject() error {
	if o.Go.Metric == "" {
		return o.wrong("go: want a target such as p95 < 200ms, found none")
	}
	for _, b := range o.bands() {
		if b.Subject() != o.Go.Subject() {
			return o.wrong("%s: want a limit for %s, which go is about, found %s", b.name, o.Go.Subject(), b)
		}
	}
	return nil
}

// sameScope refuses bands about different windows or phases, and a share of the
// windows that cannot be meant: one good window is no pass, and a no_go that waits
// for the last window to be bad comes too late.
func (o Objective) sameScope() error {
	for _, b := range o.bands() {
		switch length := spanText(b.Window); {
		case b.Window != o.Go.Window || b.During != o.Go.During:
			return o.wrong("%s: want a target over %s, which go is about, found %s", b.name, o.Go.Scope.words(), b)
		case b.Window == 0:
		case b.name == bandNoGo && b.every():
			return o.wrong("no_go: %s only holds when no window is any better: want in any %s, or in a share of %s", b, length, length)
		case b.name != bandNoGo && b.any():
			return o.wrong("%s: %s holds as soon as one window is good: want every %s, or in a share of %s", b.name, b, length, length)
		}
	}
	return nil
}

// unreachable refuses bands that nothing or everything falls into.
func (o Objective) unreachable(values []*big.Rat) error {
	for _, b := range o.bands() {
		held := 0
		for _, v := range values {
			if b.holdsAt(v) {
				held++
			}
		}
		switch held {
		case 0:
			return o.wrong("%s: %s can never hold, neither at %s nor at %s", b.name, b,
				b.valueText(values[0]), b.valueText(values[len(values)-1]))
		case len(values):
			return o.wrong("%s: %s holds whatever is measured, at %s and at %s", b.name, b,
				b.valueText(values[0]), b.valueText(values[len(values)-1]))
		}
	}
	return nil
}

// wrongWay refuses a band that praises a worse value and not a better one. It is
// also what keeps a failed request, which is slower than any limit, from
// helping a go to hold.
func (o Objective) wrongWay(values []*big.Rat) error {
	better := o.better(values)
	if better == 0 {
		return nil
	}
	for _, b := range o.bands() {
		wanted := better
		if b.name == bandNoGo {
			wanted = -better
		}
		if with, without, found := b.climbs(values, wanted); found {
			return o.wrong("%s: %s points the wrong way: it holds at %s and not at %s, and %s is better when it is %s",
				b.name, b, b.valueText(with), b.valueText(without), b.Subject(), side(better))
		}
	}
	return nil
}

func side(direction int) string {
	if direction < 0 {
		return "smaller"
	}
	return "larger"
}

// better is the good side of what an objective is about: -1 for smaller values,
// 1 for larger ones, 0 where neither is, as with status_304 == 12.
func (o Objective) better(values []*big.Rat) int {
	switch o.Go.Metric {
	case Percentile, Mean, Max, Min, ErrorRate:
		return -1
	case Success, Rate:
		return 1
	}
	for _, direction := range []int{-1, 1} {
		if _, _, found := o.Go.climbs(values, direction); !found {
			return direction
		}
	}
	return 0
}

// climbs finds two neighbouring values of which the target holds at one and not
// at the other, although the other lies further in the direction.
func (t Target) climbs(values []*big.Rat, direction int) (with, without *big.Rat, found bool) {
	for i := 1; i < len(values); i++ {
		with, without = values[i-1], values[i]
		if direction < 0 {
			with, without = without, with
		}
		if t.holdsAt(with) && !t.holdsAt(without) {
			return with, without, true
		}
	}
	return nil, nil, false
}

// overlapping refuses a no_go band that shares a value with another band: which
// of the two was meant cannot be known.
func (o Objective) overlapping(values []*big.Rat) error {
	if o.NoGo == nil {
		return nil
	}
	for _, b := range o.bands()[1:] {
		for _, v := range values {
			if b.holdsAt(v) && o.NoGo.holdsAt(v) {
				return o.wrong("%s and no_go overlap: %s and %s both hold at %s", b.name, b, o.NoGo, b.valueText(v))
			}
		}
	}
	return nil
}

// shadowed refuses a conditional band that go holds all of.
func (o Objective) shadowed(values []*big.Rat) error {
	if o.Conditional == nil || o.Conditional.Share.rat().Cmp(o.Go.Share.rat()) < 0 {
		return nil
	}
	var shared *big.Rat
	for _, v := range values {
		switch {
		case !o.Conditional.holdsAt(v):
		case !o.Go.holdsAt(v):
			return nil
		default:
			shared = v
		}
	}
	return o.wrong("conditional can never be reached: wherever %s holds, %s holds as well, as at %s",
		o.Conditional, o.Go, o.Go.valueText(shared))
}
