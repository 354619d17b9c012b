package measure

import (
	"errors"
	"fmt"
)

// check finds what cannot be true of an Interval that comes from outside.
func (i *Interval) check() error {
	var all, notOK int64
	for p := range i.Steps {
		f := &i.Steps[p].Figures
		if err := f.check(); err != nil {
			return fmt.Errorf("step %d: %w", i.Steps[p].Step, err)
		}
		all, notOK = all+f.Planned(), notOK+f.Planned()-f.OK()
		if all > most {
			return errors.New("the counts are too high")
		}
	}
	beyond := all
	for p := range i.Groups {
		f := &i.Groups[p].Figures
		if err := f.checkGroup(); err != nil {
			return fmt.Errorf("group %d: %w", i.Groups[p].Step, err)
		}
		beyond = max(beyond, f.Planned())
	}
	for k, n := range i.Over {
		if n > beyond {
			return fmt.Errorf("limit %d: %d of %d requests are beyond it", k, n, beyond)
		}
	}
	for g := range i.Errors {
		if notOK -= i.Errors[g].Count; notOK < 0 || g > 0 && i.Errors[g-1].compare(&i.Errors[g]) >= 0 {
			return errors.New("the groups of errors do not add up or are out of order")
		}
	}
	if notOK != 0 {
		return fmt.Errorf("%d failed requests are in no group", notOK)
	}
	return nil
}

func (f *Figures) check() error {
	planned, ok := f.Planned(), f.OK()
	if planned == 0 || planned > most {
		return fmt.Errorf("%d requests", planned)
	}
	if err := f.Statuses.check(planned); err != nil {
		return err
	}
	for c, h := range f.histograms() {
		exact := clock(c) == answered || clock(c) == service || clock(c) == charged
		highest := ok
		switch clock(c) {
		case charged:
			highest = planned - ok
		case lag, late:
			highest = planned
		}
		if h.count > highest || exact && h.count < highest {
			return fmt.Errorf("histogram %d counts %d, want up to %d", c, h.count, highest)
		}
	}
	return nil
}

// checkGroup is check for those of a group.
func (f *Figures) checkGroup() error {
	responses := Figures{Counts: f.Counts, Answered: f.Answered, Charged: f.Charged}
	planned, ok := f.Planned(), f.OK()
	if planned == 0 || planned > most || f.Answered.count != ok || f.Charged.count != planned-ok {
		return fmt.Errorf("%d requests and their response times do not add up", planned)
	}
	for c, h := range f.histograms() {
		if h.count != responses.histograms()[c].count {
			return fmt.Errorf("histogram %d is not one of a group", c)
		}
	}
	if len(f.Statuses) > 0 {
		return errors.New("a group has no statuses")
	}
	return nil
}

// check finds what cannot be true of the statuses of so many requests.
func (s Statuses) check(planned int64) error {
	var answers int64
	for i, of := range s {
		if answers += of.Count; of.Count == 0 || answers > planned || i > 0 && s[i-1].Status >= of.Status {
			return errors.New("the statuses do not add up or are out of order")
		}
	}
	return nil
}
