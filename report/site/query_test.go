package site

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/report/history"
)

// viewOf is a view of n runs, a day apart, the newest first.
func viewOf(n int) *history.View {
	v := &history.View{}
	for i := range n {
		at := time.Date(2025, 12, 31, 9, 0, 0, 0, time.UTC).AddDate(0, 0, -i)
		r := history.Row{
			File: at.Format("load_test_report_20060102_150405.json"), Run: at.Format("20060102_150405"), StartedAt: at, Scenario: fmt.Sprintf("s%d", i%3),
			Kind: "load", Verdict: verdicts()[i%5], Requests: int64(1000 + i*7919%n), P95: new(float64(i * 31 % n)), Worst: fmt.Sprintf("p95 %dms, want < 200ms", i),
		}
		if i%4 == 0 {
			r.P95 = nil
		}
		v.Rows = append(v.Rows, r)
	}
	return v
}

func TestWhatIsAskedOfTheTable(t *testing.T) {
	v := viewOf(250)
	tests := []struct {
		name, query string
		all, rows   int
		first       string // its run
		wrong       string
	}{
		{"nothing", "", 250, 100, "20251231_090000", ""},
		{"the last page", "page=3", 250, 50, "20250614_090000", ""},
		{"a page beyond it", "page=999", 250, 50, "20250614_090000", ""},
		{"a page that is none", "page=x", 250, 100, "20251231_090000", "the page is a number from 1"},
		{"a verdict", "verdict=NO-GO", 50, 50, "20251227_090000", ""},
		{"a verdict that is none", "verdict=maybe", 250, 100, "20251231_090000", "the verdict is one of"},
		{"a scenario", "scenario=s1", 83, 83, "20251230_090000", ""},
		{"a scenario that is not there", "scenario=s9", 0, 0, "", ""},
		{"a day", "from=2025-12-24&to=2025-12-24", 1, 1, "20251224_090000", ""},
		{"days that are none", "from=tomorrow&to=13", 250, 100, "20251231_090000", "from is a day such as 2025-12-14; to is a day"},
		{"words in any order", "q=200MS+s2+20251229", 1, 1, "20251229_090000", ""},
		{"words that are nowhere", "q=zzz", 0, 0, "", ""},
		{"the oldest first", "sort=started&dir=up", 250, 100, "20250426_090000", ""},
		{"the most requests", "sort=requests", 250, 100, "", ""},
		{"a column that is none", "sort=colour", 250, 100, "20251231_090000", "no such column"},
		{"the worst verdict first", "sort=verdict", 250, 100, "20251227_090000", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			values, err := url.ParseQuery(test.query)
			require.NoError(t, err)
			p := tableOf(v, parseQuery(values))
			require.Equal(t, [2]int{test.all, test.rows}, [2]int{p.All, len(p.Rows)})
			if test.first != "" {
				require.Equal(t, test.first, p.Rows[0].Run)
			}
			if test.wrong == "" {
				require.Empty(t, p.Query.Wrong)
			} else {
				require.Contains(t, p.Query.Wrong, test.wrong)
			}
		})
	}
}

func TestSortingByAnyColumnBothWays(t *testing.T) {
	for _, c := range columns() {
		for _, up := range []bool{true, false} {
			p := tableOf(viewOf(90), query{Sort: c.name, Up: up, Page: 1})
			for i := 1; i < len(p.Rows); i++ {
				order := c.compare(p.Rows[i-1], p.Rows[i])
				require.True(t, order == 0 || (order < 0) == up, c.name)
			}
			for _, h := range p.Heads {
				if h.Name == c.name {
					require.Equal(t, map[bool]string{true: "ascending", false: "descending"}[up], h.Sorted)
				}
			}
		}
	}
}

func TestPagesLeadToEachOther(t *testing.T) {
	v := viewOf(250)
	p := tableOf(v, query{Sort: "p95", Text: "want", Page: 2})
	require.Equal(t, "/?q=want&sort=p95", p.Back)
	require.Equal(t, "/?page=3&q=want&sort=p95", p.On)
	require.Equal(t, [3]int{101, 200, 250}, [3]int{p.First, p.Last(), p.All})
	require.Equal(t, "/?dir=up&q=want&sort=p95", p.Heads[5].Links[0].URL)
	require.Equal(t, "/?q=want&sort=p95&verdict=GO", p.Tallies[0].URL)
	only := tableOf(v, query{Sort: usualSort, Verdict: "GO", Page: 1})
	require.Equal(t, tally{Verdict: "GO", Runs: 50, URL: "/", On: true}, only.Tallies[0])
	require.Len(t, only.Tallies, 5) // the others can still be chosen
}

func TestManyScenariosAreBounded(t *testing.T) {
	v := viewOf(5000)
	for i := range v.Rows {
		v.Rows[i].Scenario = fmt.Sprint(i)
	}
	p := tableOf(v, parseQuery(nil))
	require.Len(t, p.Names, mostNames)
	require.Len(t, p.Scenarios, mostSummaries)
	require.Equal(t, mostNames-mostSummaries, p.Others)
}

func FuzzQuery(f *testing.F) {
	for _, seed := range []string{"", "q=a+b&page=2&sort=p95&dir=up", "verdict=GO&from=2025-12-01&to=2025-12-31", "scenario=%00%ff&page=-1", "page=99999999999999999999", "from=0000-01-01&to=9999-12-31"} {
		f.Add(seed)
	}
	v := viewOf(250)
	f.Fuzz(func(t *testing.T, text string) {
		values, err := url.ParseQuery(text)
		if err != nil {
			return
		}
		p := tableOf(v, parseQuery(values))
		require.LessOrEqual(t, len(p.Rows), perPage)
		require.LessOrEqual(t, p.Last(), p.All)
		at := p.Query.URL()
		require.True(t, strings.HasPrefix(at, "/?") || at == "/", at)
		u, err := url.Parse(at)
		require.NoError(t, err)
		again := tableOf(v, parseQuery(u.Query())) // the address of a page is that page
		require.Equal(t, p.Rows, again.Rows)
		require.Empty(t, again.Query.Wrong)
	})
}
