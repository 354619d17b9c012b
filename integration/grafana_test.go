//go:build integration

package integration

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A dashboard is what the tests read of Grafana's.
type dashboard struct {
	Panels     []dashboardPanel `json:"panels"`
	Templating struct {
		List []struct {
			Name, Type string
			AllValue   string `json:"allValue"`
			IncludeAll bool   `json:"includeAll"`
			Definition string
			Current    struct{ Value any }
		} `json:"list"`
	} `json:"templating"`
}

type dashboardPanel struct {
	Title, Type, Description string
	Targets                  []struct{ Expr string }
}

func readDashboard(t *testing.T) dashboard {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "deploy", "grafana", "gonogo.json"))
	require.NoError(t, err)
	var d dashboard
	require.NoError(t, json.Unmarshal(text, &d))
	return d
}

// replaced is a query as Grafana sends it where nobody has chosen anything: every
// variable is All, and the rate's interval four times the scrape's.
func (d dashboard) replaced(t *testing.T, query string) string {
	t.Helper()
	query = strings.ReplaceAll(query, "$__rate_interval", "4s")
	for _, v := range d.Templating.List {
		if v.Type == "query" {
			require.True(t, v.IncludeAll)
			require.Equal(t, []any{"$__all"}, v.Current.Value, v.Name)
			query = strings.ReplaceAll(query, "$"+v.Name, v.AllValue)
		}
	}
	require.NotContains(t, query, "$")
	return query
}

// Every query of every panel has data of a run that a real Prometheus scrapes, with
// classic histograms as with native ones, and its p95 is the report's.
func TestTheDashboardShowsARun(t *testing.T) {
	tests := []struct {
		name  string
		flags []string
		p95   string  // of all that there was, without a rate
		near  float64 // as a share of the report's
	}{
		{
			"classic histograms", nil,
			"histogram_quantile(0.95, sum by (le) (http_client_request_duration_seconds_bucket))", -1,
		},
		{
			"native histograms",
			[]string{"--enable-feature=native-histograms"},
			"histogram_quantile(0.95, sum(http_client_request_duration_seconds))", 0.12, // 9 % of the bucket, and what came after the last scrape
		},
	}
	d := readDashboard(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			target, scraped := startTarget(t), freeAddress(t)
			p := startPrometheus(t, scraped, tt.flags...)
			from := time.Now()
			report, _ := told(t, target, "--metrics-listen", scraped)
			to := time.Now()

			asked := 0
			for _, panel := range d.Panels {
				for _, of := range panel.Targets {
					asked++
					requireData(t, panel.Title, p.rangeOf(t, d.replaced(t, of.Expr), from, to))
				}
			}
			require.Greater(t, asked, 20)

			p95 := p.last(t, tt.p95, from, to)
			if tt.near < 0 {
				low, high := classicBucket(report.Totals.Latency.P95 / 1000)
				require.True(t, low <= p95 && p95 <= high, "Prometheus' p95 is %g, the report's %gms", p95, report.Totals.Latency.P95)
			} else {
				require.InEpsilon(t, report.Totals.Latency.P95/1000, p95, tt.near)
			}
			for _, v := range d.Templating.List {
				if metric, label, ok := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(v.Definition, "label_values("), ")"), ", "); ok {
					found := p.rangeOf(t, d.replaced(t, metric), from, to)
					require.NotEmpty(t, found)
					require.NotEmpty(t, found[0].Metric[label], "the variable %s has nothing to offer", v.Name)
				}
			}
		})
	}
}

// requireData wants numbers, or histograms.
func requireData(t *testing.T, panel string, all []series) {
	t.Helper()
	numbers := 0
	for _, s := range all {
		numbers += len(s.Histograms)
		for _, v := range s.Values {
			if f, err := strconv.ParseFloat(v[1].(string), 64); err == nil && f == f {
				numbers++
			}
		}
	}
	require.Positive(t, numbers, "the panel %q is empty: %v", panel, all)
}

// classicBucket is where in the classic histogram a time lies.
func classicBucket(seconds float64) (low, high float64) {
	bounds := []float64{0, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}
	i, _ := slices.BinarySearch(bounds, seconds)
	return bounds[i-1], bounds[i]
}

// Whoever reads a response time there is told what it is.
func TestTheDashboardSaysWhatItIs(t *testing.T) {
	text := ""
	for _, panel := range readDashboard(t).Panels {
		for _, of := range panel.Targets {
			if strings.Contains(of.Expr, "http_client_request_duration_seconds") {
				require.Contains(t, panel.Description, "Approximate: ", panel.Title)
			}
		}
		text += panel.Title
	}
	require.Contains(t, text, "the verdict uses HDR")
}
