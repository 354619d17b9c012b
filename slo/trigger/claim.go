package trigger

import (
	"fmt"

	"gonogo/slo"
)

// A claim is the comparison that has to hold for an objective to have failed, and
// nothing less: between the bands a run is not stopped.
type claim struct {
	name   string
	target slo.Target
	condition
}

// failure returns the claim of an objective, or why it has none that could be
// shown while a run goes on.
func failure(o slo.Objective) (c claim, problem string, err error) {
	c.name = o.Name
	if c.name == "" {
		c.name = o.Go.String()
	}
	if err := o.Lint(); err != nil {
		return c, "", fmt.Errorf("watch objectives: %w", err)
	}
	switch {
	case o.NoGo != nil:
		c.target = *o.NoGo
	case o.Conditional != nil:
		c.target = opposite(*o.Conditional) // the wider band, or Lint had refused it
	default:
		c.target = opposite(o.Go)
	}
	if _, err := slo.ParseTarget(c.target.String()); err != nil {
		return c, "", fmt.Errorf("watch objective %q: %w", c.name, err)
	}
	switch {
	case !isShare(c.target.Metric):
		return c, fmt.Sprintf("%s is no share of the requests", o.Go.Subject()), nil
	case !tooBad(c.target) || !mayHold(c.target):
		return c, fmt.Sprintf("it is no one limit that decides whether %s failed", o.Go.Subject()), nil
	}
	c.condition = resolve(c.target, c.target.LimitText())
	return c, "", nil
}

// opposite returns the comparison that holds when t does not.
func opposite(t slo.Target) slo.Target {
	switch t.Op {
	case slo.Less:
		t.Op = slo.GreaterEqual
	case slo.LessEqual:
		t.Op = slo.Greater
	case slo.Greater:
		t.Op = slo.LessEqual
	case slo.GreaterEqual:
		t.Op = slo.Less
	case slo.Equal:
		t.Op = unequal(t)
	default:
		t.Op = slo.Equal
	}
	return t
}

// unequal returns how a share can only miss a limit at its end.
func unequal(t slo.Target) slo.Op {
	switch {
	case t.Metric == slo.Success && t.Limit == slo.NewDecimal(100, 0):
		return slo.Less
	case t.Metric == slo.ErrorRate && t.Limit == slo.Decimal{}:
		return slo.Greater
	}
	return slo.NotEqual
}
