package site

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonogo/report/history"
)

// mostQuery is the most bytes of a query.
const mostQuery = 4096

// perPage is how many runs a page of the table has.
const perPage = 100

// A query is what is asked of the table. What is asked in no form that makes sense is left
// out, and Wrong says so.
type query struct {
	Scenario, Verdict, Text string
	From, To                string // days, in UTC
	Sort                    string
	Up                      bool // the lowest first
	Page                    int  // from 1

	Wrong string

	from, to time.Time
}

// A column is one that the table can be sorted by.
type column struct {
	name, title string
	up          bool // whether it starts from the lowest
	compare     func(a, b *history.Row) int
}

// columns are those of the table, in order.
func columns() []column {
	return []column{
		{"verdict", "Verdict", false, func(a, b *history.Row) int { return cmp.Compare(gravity(a.Verdict), gravity(b.Verdict)) }},
		{"started", "Started (UTC)", false, func(a, b *history.Row) int { return a.StartedAt.Compare(b.StartedAt) }},
		{"scenario", "Scenario", true, func(a, b *history.Row) int { return cmp.Compare(a.Scenario, b.Scenario) }},
		{"target", "Target", true, func(a, b *history.Row) int { return cmp.Compare(a.Target, b.Target) }},
		{"load", "Load", true, func(a, b *history.Row) int { return cmp.Compare(a.Load, b.Load) }},
		{"requests", "Requests", false, func(a, b *history.Row) int { return cmp.Compare(a.Requests, b.Requests) }},
		{"p95", "p95", false, func(a, b *history.Row) int { return known(a.P95, b.P95) }},
		{"success", "Success", true, func(a, b *history.Row) int { return known(a.SuccessRate, b.SuccessRate) }},
		{"worst", "Worst objective", true, func(a, b *history.Row) int { return cmp.Compare(a.Worst, b.Worst) }},
	}
}

// usualSort is the column that the table is sorted by unless told.
const usualSort = "started"

// gravity orders verdicts from the best.
func gravity(verdict string) int { return slices.Index(verdicts(), verdict) }

func verdicts() []string {
	return []string{"GO", "CONDITIONAL-GO", "INCONCLUSIVE", "INVALID", "NO-GO"}
}

// known compares figures; one that is not known is below all others.
func known(a, b *float64) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return cmp.Compare(*a, *b)
}

// parseQuery reads a query.
func parseQuery(values url.Values) query {
	q := query{
		Scenario: values.Get("scenario"), Verdict: values.Get("verdict"), Text: strings.TrimSpace(values.Get("q")),
		From: values.Get("from"), To: values.Get("to"), Sort: values.Get("sort"), Up: values.Get("dir") == "up", Page: 1,
	}
	var wrong []string
	if q.Verdict != "" && gravity(q.Verdict) < 0 {
		wrong = append(wrong, "the verdict is one of "+strings.Join(verdicts(), ", "))
		q.Verdict = ""
	}
	day := func(name string, text *string) (at time.Time) {
		at, err := time.Parse(time.DateOnly, *text)
		if err != nil && *text != "" {
			wrong = append(wrong, name+" is a day such as 2025-12-14")
			*text = ""
		}
		return at
	}
	q.from, q.to = day("from", &q.From), day("to", &q.To)
	if !slices.ContainsFunc(columns(), func(c column) bool { return c.name == q.Sort }) {
		if q.Sort != "" {
			wrong = append(wrong, "there is no such column to sort by")
		}
		q.Sort, q.Up = usualSort, false
	}
	if text := values.Get("page"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			wrong = append(wrong, "the page is a number from 1")
			n = 1
		}
		q.Page = n
	}
	if len(wrong) > 0 {
		q.Wrong = "Left out: " + strings.Join(wrong, "; ") + "."
	}
	return q
}

// Any tells whether anything is left out of the table.
func (q *query) Any() bool {
	return q.Scenario != "" || q.Verdict != "" || q.Text != "" || q.From != "" || q.To != ""
}

// URL is the address of the table that the query asks for.
func (q query) URL() string {
	v := url.Values{}
	for name, value := range map[string]string{"scenario": q.Scenario, "verdict": q.Verdict, "q": q.Text, "from": q.From, "to": q.To} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if q.Sort != usualSort || q.Up {
		v.Set("sort", q.Sort)
		if q.Up {
			v.Set("dir", "up")
		}
	}
	if q.Page > 1 {
		v.Set("page", strconv.Itoa(q.Page))
	}
	if len(v) == 0 {
		return "/"
	}
	return "/?" + v.Encode()
}

// sortedBy is the query with another column, or the other way round.
func (q query) sortedBy(c column) query {
	q.Page = 1
	if q.Sort == c.name {
		q.Up = !q.Up
		return q
	}
	q.Sort, q.Up = c.name, c.up
	return q
}

// at is the query at another page.
func (q query) at(page int) query {
	q.Page = page
	return q
}

// of is the query for another verdict.
func (q query) of(verdict string) query {
	q.Verdict, q.Page = verdict, 1
	return q
}

// takes tells whether a run is asked for, by all but its verdict.
func (q *query) takes(r *history.Row) bool {
	switch {
	case q.Scenario != "" && r.Scenario != q.Scenario:
	case !q.from.IsZero() && r.StartedAt.Before(q.from):
	case !q.to.IsZero() && !r.StartedAt.Before(q.to.AddDate(0, 0, 1)):
	case q.Text != "" && !mentions(r, strings.ToLower(q.Text)):
	default:
		return true
	}
	return false
}

// mentions tells whether a run has each word of a text somewhere.
func mentions(r *history.Row, text string) bool {
	all := strings.ToLower(strings.Join([]string{r.Run, r.Scenario, r.Target, r.Load, r.Worst, r.Verdict, r.Kind, r.File}, "\n"))
	for word := range strings.FieldsSeq(text) {
		if !strings.Contains(all, word) {
			return false
		}
	}
	return true
}

// sort sorts rows, which are newest first and stay so where they are equal.
func (q *query) sort(rows []*history.Row) {
	for _, c := range columns() {
		if c.name == q.Sort {
			slices.SortStableFunc(rows, func(a, b *history.Row) int {
				if q.Up {
					return c.compare(a, b)
				}
				return c.compare(b, a)
			})
		}
	}
}
