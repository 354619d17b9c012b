package slo

import (
	"fmt"
	"testing"
	"time"

	"gonogo/measure"
)

// BenchmarkJudgeADay judges a day of 1000 requests a second: whole, in windows of a
// minute, and as inferred.
func BenchmarkJudgeADay(b *testing.B) {
	for _, o := range []Objective{
		{Go: mustParseB(b, "p95 < 200ms")},
		{Go: mustParseB(b, "p95 < 200ms every 1m")},
		{Go: mustParseB(b, "success > 99% every 1m")},
		{Go: mustParseB(b, "p95 < 200ms"), Claim: Inferred},
	} {
		b.Run(fmt.Sprint(o.Go, " ", o.Claim), func(b *testing.B) {
			r := day([]Objective{o})
			for b.Loop() {
				_ = r.Judge([]Objective{o})
			}
		})
	}
}

func mustParseB(b *testing.B, text string) Target {
	t, err := ParseTarget(text)
	if err != nil {
		b.Fatal(err)
	}
	return t
}

func day(objectives []Objective) Run {
	c := measure.Config{Steps: []string{"only"}, Limits: Limits(objectives, []string{"only"})}
	s := measure.NewSummary(c)
	var cells []measure.Cell
	whole := measure.Interval{Phase: measure.Measure, Steps: make([]measure.Part, 1), Over: make([]int64, len(c.Limits))}
	for second := range 86_400 {
		cell := measure.Cell{Second: second, Phase: measure.Measure, Steps: make([]measure.StepCounts, 1), Over: make([]int64, len(c.Limits))}
		cell.Steps[0].Class[measure.OK] = 1000
		whole.Steps[0].Class[measure.OK] += 1000
		for k := range cell.Over {
			cell.Over[k] = int64(20 + second*second%30)
			whole.Over[k] += cell.Over[k]
		}
		cells = append(cells, cell)
	}
	s.MergeStretch(whole, cells)
	return RunOf(s, 24*time.Hour)
}
