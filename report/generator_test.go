package report

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
	"gonogo/slo/validity"
)

// Without a stamp of the kernel, an answer ends when our own code sees it.
func TestKernelStampsAreCounted(t *testing.T) {
	tests := []struct {
		name   string
		delays []time.Duration
		want   *float64
	}{
		{"no answer", nil, nil},
		{"none", []time.Duration{0, 0}, ptr(0.0)},
		{"all, however soon they were seen", []time.Duration{1, 900, time.Second}, ptr(100.0)},
		{"some", []time.Duration{0, 1, 0, 5}, ptr(50.0)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			config := measure.Config{Steps: []string{"a"}}
			r, s := measure.NewRecorder(config), measure.NewSummary(config)
			for _, d := range test.delays {
				r.Record(&measure.Outcome{Phase: measure.Measure, Done: 5, Read: 5 + d})
			}
			for _, i := range r.Seal() {
				s.Merge(i)
			}
			given := &Generator{Timer: "a thread"}
			built, err := Build(Input{Summary: s, Validity: validity.Validity{Valid: true}, Generator: given})
			require.NoError(t, err)
			require.Equal(t, test.want, built.Generator.KernelStamps)
			require.Nil(t, given.KernelStamps, "what was given stays as it is")
			require.NotNil(t, built.Generator.Jolts)
		})
	}
}

func TestAReportWithoutAGenerator(t *testing.T) {
	built, err := Build(Input{Summary: measure.NewSummary(measure.Config{Steps: []string{"a"}})})
	require.NoError(t, err)
	require.Nil(t, built.Generator)
}

func TestVitalsSayWhatTheGeneratorLacked(t *testing.T) {
	tests := []struct {
		name      string
		generator *Generator
		want      string
	}{
		{"not observed", nil, "start lag p99 3.1ms, client delay p99 210µs, 0 dropped"},
		{"nothing is known", &Generator{}, "start lag p99 3.1ms, client delay p99 210µs, 0 dropped"},
		{"nothing", burst().Generator, "cpu 61%, start lag p99 3.1ms, client delay p99 210µs, 0 dropped, 8,212 ports free"},
		{
			"stamps and a better timer",
			&Generator{KernelStamps: ptr(0.0), Timer: "Go timers"},
			"start lag p99 3.1ms, 0 dropped, 0% of the answers stamped by the kernel, with Go timers",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := burst()
			r.Generator = test.generator
			require.Equal(t, test.want, strings.Join(vitals(r), ", "))
		})
	}
}
