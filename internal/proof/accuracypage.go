package main

import (
	"fmt"
	"math"
	"strings"

	"gonogo/internal/proof/peers"
)

// truth is what a row is held against.
func (o Outcome) truth(r Row) peers.Figures {
	if o.Fixed {
		return *o.Construction
	}
	return r.Truth.Figures
}

// worldTable has a line for each row, and the truth: by construction in the first,
// and below each tool that of its run where the two are not much the same.
func worldTable(o Outcome) string {
	t := table{texts: 2, head: []string{"tool", "mode", "requests", "success", "p50", "p90", "p95", "p99"}}
	if o.Construction != nil {
		t.add(truthCells("*truth by construction*", "", "", o.Construction)...)
	}
	for i, r := range o.Rows {
		t.add(readingCells(o, r)...)
		last := i+1 == len(o.Rows) || o.Rows[i+1].Tool != r.Tool
		if last && (o.Construction == nil || o.Fixed) {
			t.add(metCells(r)...)
		}
	}
	return t.String()
}

func truthCells(name, requests, success string, f *peers.Figures) []string {
	cells := []string{name, "", requests, success}
	for _, v := range f {
		cells = append(cells, milliseconds(v.MS))
	}
	return cells
}

// metCells are what the users of an open tool waited, or what the requests of
// another one met.
func metCells(r Row) []string {
	name, f := "*what it met*", &r.Truth.Figures
	if r.Truth.Due != nil {
		name, f = "*what its users waited*", r.Truth.Due
	}
	return truthCells(name, grouped(r.Truth.Requests), percent(r.Truth.Success), f)
}

func readingCells(o Outcome, r Row) []string {
	name := r.Tool
	if r.View != "" {
		name += ", " + r.View
	}
	success := percent(r.Success)
	if math.Abs(r.Success-r.Truth.Success) > 0.0005 {
		success += " (truth " + percent(r.Truth.Success) + ")"
	}
	cells := []string{name, r.Mode, grouped(r.Requests), success}
	truth := o.truth(r)
	for i, v := range r.Figures {
		cells = append(cells, cell(v, truth[i].MS))
	}
	return cells
}

// remarks are what tools said of their own runs.
func remarks(o Outcome) string {
	var b strings.Builder
	for _, r := range o.Rows {
		for _, text := range r.Remarks {
			fmt.Fprintf(&b, "- %s %s\n", r.Tool, text)
		}
	}
	return b.String()
}

// promised is the table of what gonogo has to hold in these worlds.
func promised(a Accuracy) string {
	t := table{texts: 1, head: []string{"what", "limit", "measured", ""}}
	for _, o := range a.Worlds {
		for _, r := range o.Rows {
			if r.Tool != "gonogo" {
				continue
			}
			switch {
			case o.Name == "stall":
				promiseStall(&t, r)
			case o.Name == "saturated client" && r.View == peers.Service:
				ratio := r.Figures[2].MS / r.Truth.Figures[2].MS
				t.add("saturated client: p95 of the service time against the kernel's", "≤ 1.1 ×", fmt.Sprintf("%.2f ×", ratio), verdict(ratio <= 1.1))
			}
		}
	}
	return t.String()
}

// promiseStall judges by what its users waited in this very run, from when they were
// due to the answer, by the kernel's clock. That is the truth by construction and
// what the target took to get going again.
func promiseStall(t *table, r Row) {
	if r.Truth.Due == nil {
		return
	}
	for i, name := range []string{"p50", "p90", "p95", "p99"} {
		truth, told := r.Truth.Due[i].MS, r.Figures[i]
		if name == "p50" {
			continue // it says nothing of the stall
		}
		measured := told.Word
		if measured == "" {
			measured = fmt.Sprintf("%+.2f ms", told.MS-truth)
		}
		t.add("stall: error of "+name, fmt.Sprintf("± %.1f ms (1 %% + 2 ms)", truth/100+2), measured, verdict(told.Word == "" && near(told.MS, truth)))
	}
}

func verdict(held bool) string {
	if held {
		return "held"
	}
	return "**missed**"
}
