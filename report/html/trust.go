package html

import (
	"fmt"

	"gonogo/report"
	"gonogo/report/chart"
	"gonogo/report/show"
)

// trustPart is whether the instrument did what it was asked to.
func trustPart(r *report.Report) part {
	p := part{ID: "trust", Title: "Can this be trusted?", Short: "Trust"}
	p.Lead = "An instrument that did not keep up says nothing about the target. These are the proofs that it did."
	var pair []block
	if len(r.Validity.Checks) > 0 {
		pair = append(pair, block{Table: checks(r)})
	}
	if a := axisOf(r); len(a.rows) > 0 {
		l := a.lines("c-lag", "The generator's own part: p99", chart.Milliseconds,
			a.of("start lag", chart.Main, func(m *report.Moment) *float64 { return m.Lag }),
			a.of("client delay", chart.Auto, func(m *report.Moment) *float64 {
				if r.Generator.Unstamped() {
					return nil
				}
				return m.ClientDelay
			}))
		if len(l.Series) > 0 {
			pair = append(pair, overTime(l.Figure()))
		}
	}
	if len(pair) > 0 {
		p.Blocks = append(p.Blocks, block{Pair: pair})
	}
	if facts := generator(r); len(facts) > 0 {
		p.Blocks = append(p.Blocks, block{Facts: facts})
	}
	if c := r.Calibration; c != nil {
		var notes []note
		for _, line := range c.Lines() {
			notes = append(notes, note{Text: show.Inert(line, 200)})
		}
		p.Blocks = append(p.Blocks, block{Text: "Calibration on loopback, before the run:"}, block{Notes: notes})
	}
	if len(p.Blocks) == 0 {
		p.Blocks = []block{{Text: "Nothing is known of the generator."}}
	}
	return p
}

// checks lists every proof, those that failed first.
func checks(r *report.Report) *table {
	t := &table{ID: "t-checks", Quiet: true, Caption: "Checks of the instrument", Head: heads("check", "measured", "limit", "result")}
	for i := range t.Head {
		t.Head[i].Left = true
	}
	for _, ok := range []bool{false, true} {
		for _, c := range r.Validity.Checks {
			if c.OK != ok {
				continue
			}
			result := cell{Text: "✔ holds", Class: "l v go"}
			switch {
			case !ok && c.Warning:
				result = cell{Text: "▲ warning", Class: "l v warn"}
			case !ok:
				result = cell{Text: "✖ does not hold", Class: "l v stop"}
			}
			t.Rows = append(t.Rows, []cell{
				said(c.Name).with(c.Reason, c.Remedy), wordy(c.Measured), wordy(c.Limit), result,
			})
		}
	}
	return t
}

// wordy makes a cell of a longer text, which may wrap.
func wordy(text string) cell { return cell{Text: show.Inert(text, 300), Class: "l w"} }

// generator are the figures of the program that made the load.
func generator(r *report.Report) []fact {
	facts := []fact{}
	host := r.Run.Host
	if host.OS != "" {
		name := fmt.Sprintf("%s/%s, %s", host.OS, host.Arch, show.Counted(int64(host.CPUs), "processor"))
		if host.Memory > 0 {
			name += ", " + show.Size(host.Memory)
		}
		facts = append(facts, fact{Name: "host", Value: show.Inert(name, 80)})
	}
	g := r.Generator
	if g == nil {
		return facts
	}
	percent := func(name string, v *float64) {
		if v != nil {
			facts = append(facts, fact{Name: name, Value: fmt.Sprintf("%.0f%%", *v)})
		}
	}
	times := func(name string, v *float64) {
		if v != nil {
			facts = append(facts, fact{Name: name, Value: show.Milliseconds(v)})
		}
	}
	percent("processor, mean", g.CPU)
	percent("processor, busiest second", g.PeakCPU)
	times("waited for a processor, p99", g.SchedP99)
	times("pauses for garbage, p99", g.GCP99)
	if g.RSSMax != nil {
		facts = append(facts, fact{Name: "memory, most", Value: show.Size(*g.RSSMax)})
	}
	if g.PortsFree != nil {
		facts = append(facts, fact{Name: "ports free, least", Value: show.Count(*g.PortsFree)})
	}
	percent("answers stamped by the kernel", g.KernelStamps)
	facts = append(facts, fact{Name: "timer", Value: show.Inert(g.Timer, 60)})
	facts = counted(facts, "stalls", int64(g.Stalls))
	facts = counted(facts, "sleeps of the machine", int64(g.Sleeps))
	facts = counted(facts, "clock steps", int64(g.ClockSteps))
	return facts
}
