package metrics

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// docs/metrics.md describes each metric with its type and labels, and no other.
func TestTheDocumentedMetricsAreThese(t *testing.T) {
	text, err := os.ReadFile("../docs/metrics.md")
	require.NoError(t, err)
	type row struct {
		name, kind string
		labels     []string
	}
	var documented, own []row
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 5 || !strings.HasPrefix(cells[0], " `") {
			continue
		}
		r := row{name: strings.Trim(cells[0], " `"), kind: strings.TrimSpace(cells[1]), labels: []string{scenarioLabel}}
		for label := range strings.SplitSeq(cells[3], ",") {
			if label = strings.Trim(label, " `"); label != "" {
				r.labels = append(r.labels, label)
			}
		}
		slices.Sort(r.labels)
		require.NotEmpty(t, strings.TrimSpace(cells[4]), r.name)
		documented = append(documented, r)
	}
	for _, m := range Metrics() {
		own = append(own, row{m.Name, m.Kind.String(), m.Labels})
	}
	require.Equal(t, own, documented)
}

// What a run exposes is among them, with the labels that they say.
func TestExposedMetricsAreListed(t *testing.T) {
	all := map[string]Metric{}
	for _, m := range Metrics() {
		all[m.Name] = m
	}
	for _, f := range ran().Snapshot().Families {
		require.Equal(t, all[f.Name], f.Metric)
		for _, s := range f.Series {
			var names []string
			for _, l := range s.Labels {
				names = append(names, l.Name)
			}
			require.Equal(t, f.Labels, names)
		}
	}
	require.Len(t, all, len(ran().Snapshot().Families)+1, "all but the workers: it has users")
}
