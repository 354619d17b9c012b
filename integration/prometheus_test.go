//go:build integration

package integration

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A prometheus is one of our own on loopback.
type prometheus struct{ url string }

// startPrometheus scrapes the addresses each second.
func startPrometheus(t *testing.T, scraped string, flags ...string) prometheus {
	t.Helper()
	address, dir := freeAddress(t), t.TempDir()
	config := filepath.Join(dir, "prometheus.yml")
	text := fmt.Sprintf("global: {scrape_interval: 1s}\nscrape_configs: [{job_name: gonogo, static_configs: [{targets: [%q]}]}]\n", scraped)
	require.NoError(t, os.WriteFile(config, []byte(text), 0o600))
	args := append([]string{"--config.file=" + config, "--storage.tsdb.path=" + filepath.Join(dir, "data"), "--web.listen-address=" + address}, flags...)
	startProcess(t, "http://"+address+"/-/ready", "prometheus", args...)
	p := prometheus{"http://" + address}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	until(ctx, t, func() string { // it answers before it is ready, and scrapes some seconds later
		if text, err := got(ctx, p.url+"/-/ready"); err != nil || !strings.HasSuffix(text, " is Ready.\n") {
			return fmt.Sprint(text, err)
		}
		if math.IsNaN(p.now(t, "up")) {
			return "it does not scrape"
		}
		return ""
	})
	return p
}

// A series is what a query is answered with. Points are pairs of an instant and a
// number as text.
type series struct {
	Metric     map[string]string    `json:"metric"`
	Value      [2]any               `json:"value"`
	Values     [][2]any             `json:"values"`
	Histogram  [2]any               `json:"histogram"`
	Histograms [][2]json.RawMessage `json:"histograms"`
}

func (p prometheus) ask(t *testing.T, path string, parameters url.Values) []series {
	t.Helper()
	text, err := got(t.Context(), p.url+path+"?"+parameters.Encode())
	require.NoError(t, err)
	var answer struct {
		Status, Error string
		Data          struct{ Result []series }
	}
	require.NoError(t, json.Unmarshal([]byte(text), &answer), text)
	require.Equal(t, "success", answer.Status, "%s: %s", parameters.Get("query"), answer.Error)
	return answer.Data.Result
}

// rangeOf asks for a query over time, a second a step.
func (p prometheus) rangeOf(t *testing.T, query string, from, to time.Time) []series {
	t.Helper()
	return p.ask(t, "/api/v1/query_range", url.Values{
		"query": {query}, "step": {"1"}, "start": {strconv.FormatInt(from.Unix(), 10)}, "end": {strconv.FormatInt(to.Unix()+1, 10)},
	})
}

// now asks for one number; NaN where there is none.
func (p prometheus) now(t *testing.T, query string) float64 {
	t.Helper()
	all := p.ask(t, "/api/v1/query", url.Values{"query": {query}})
	if len(all) == 0 {
		return math.NaN()
	}
	require.Len(t, all, 1, query)
	v, err := strconv.ParseFloat(fmt.Sprint(all[0].Value[1]), 64)
	require.NoError(t, err)
	return v
}

// last is the last number of a query over time.
func (p prometheus) last(t *testing.T, query string, from, to time.Time) float64 {
	t.Helper()
	all := p.rangeOf(t, query, from, to)
	require.Len(t, all, 1, query)
	values := all[0].Values
	require.NotEmpty(t, values, query)
	v, err := strconv.ParseFloat(fmt.Sprint(values[len(values)-1][1]), 64)
	require.NoError(t, err)
	return v
}

// says waits until a query has the number as its answer.
func (p prometheus) says(t *testing.T, query string, want float64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	until(ctx, t, func() string {
		if v := p.now(t, query); v != want {
			return fmt.Sprintf("%s: want %g, got %g", query, want, v)
		}
		return ""
	})
}
