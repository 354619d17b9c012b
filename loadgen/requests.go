package loadgen

import "slices"

// Rates are how often requests are due.
type Rates struct {
	Steps []float64 // by step, a second
	Known bool      // false where it depends on the target: the rates are lower bounds then
	Exact bool      // false where flows decide on their way: the rates are estimates then
}

// Total is the rate of all steps together.
func (r Rates) Total() float64 {
	sum := 0.0
	for _, s := range r.Steps {
		sum += s
	}
	return sum
}

// MayRest are the steps that need not run: those of setups and teardowns, and those
// that a flow decides about on its way.
func (p *Plan) MayRest() []int {
	var all []int
	flows := p.mustCompile()
	for i := range p.Steps {
		sure := len(flows) == 0
		for n, f := range flows {
			sure = sure || f.actions.sure[i] > 0 && (p.Flows[n].Weight > 0 || p.Flows[n].Closed != nil || p.Flows[n].Open != nil)
		}
		if !sure {
			all = append(all, i)
		}
	}
	return all
}

// A Place is where a step stands: in which flow, and in which part of it.
type Place struct {
	Flow  int    // its number
	Part  string // "setup", "teardown", or "" of what iterations do
	N, Of int    // the Nth step of the part, of so many, from 1
}

// Places are those of the steps, by number; the zero Place where no flow has one.
func (p *Plan) Places() []Place {
	all := make([]Place, len(p.Steps))
	for n, f := range p.mustCompile() {
		for _, part := range []struct {
			name string
			*program
		}{{"setup", f.setup}, {"", f.actions}, {"teardown", f.teardown}} {
			var steps []int
			for _, o := range part.ops {
				if o.kind == opDo && !slices.Contains(steps, o.n) {
					steps = append(steps, o.n)
				}
			}
			for i, step := range steps {
				all[step] = Place{Flow: n, Part: part.name, N: i + 1, Of: len(steps)}
			}
		}
	}
	return all
}

// RatesOf are those of a plan whose loads start so many iterations a second: known
// is false for a load that does not know.
func (p *Plan) RatesOf(iterations func(Load) (rate float64, known bool)) Rates {
	r := Rates{Steps: make([]float64, len(p.Steps)), Known: true, Exact: true}
	flows := p.mustCompile()
	for _, l := range p.Loads() {
		rate, known := iterations(l)
		r.Known = r.Known && known
		weights := 0
		for _, n := range l.picks {
			weights += p.weight(n)
		}
		for _, n := range l.picks {
			share := rate
			if len(l.picks) > 1 {
				share *= float64(p.weight(n)) / float64(max(weights, 1))
			}
			if len(flows) == 0 {
				r.Steps[n] += share
				continue
			}
			for step, mean := range flows[n].actions.mean {
				r.Steps[step] += share * mean
				r.Exact = r.Exact && mean == float64(flows[n].actions.sure[step])
			}
		}
	}
	return r
}
