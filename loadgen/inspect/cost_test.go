package inspect

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

type costed struct {
	name   string
	rules  []Rule
	allocs float64
}

// costs are rules with what a request pays for them in allocations.
func costs(t testing.TB, w *world) []costed {
	return []costed{
		{"status", []Rule{w.check(t, Rule{Source: Status}, Is, "201")}, 0},
		{"header", []Rule{w.extract(Rule{Source: Header, Of: "Location"}), w.check(t, Rule{Source: Header, Of: "Content-Type"}, Contains, "json")}, 0},
		{"time and size", []Rule{w.check(t, Rule{Source: Time}, AtMost, "1s"), w.check(t, Rule{Source: Size}, AtMost, "10KB")}, 0},
		{"body", []Rule{w.check(t, Rule{Source: Body}, Contains, "${known}"), w.check(t, Rule{Source: Body}, Matches, "sold")}, 0},
		{"digest", []Rule{w.check(t, Rule{Source: SHA256}, IsNot, strings.Repeat("0", 64))}, 0},
		{"json", []Rule{w.extract(Rule{Source: JSON, Of: "$.items[0].id"})}, 0},
		{"json and a check", []Rule{w.extract(Rule{Source: JSON, Of: "next"}), w.check(t, Rule{Source: JSON, Of: "items.0.state"}, Is, "${known}")}, 0},
		{"json with escapes", []Rule{w.extract(Rule{Source: JSON, Of: "items.1.state"})}, 1},
		{"regex", []Rule{w.extract(Rule{Source: Regex, Of: `"next":"/page/\d+"`})}, 0},
		{"regex group", []Rule{w.extract(Rule{Source: Regex, Of: `"next":"/page/(\d+)"`, Group: 1})}, 1},
	}
}

func TestAllocations(t *testing.T) {
	w := newWorld()
	for _, test := range costs(t, w) {
		i := compiled(t, test.rules...)
		a := answer(shop)
		require.NoError(t, i.Inspect(a, w.session), test.name)
		allocs := testing.AllocsPerRun(200, func() { _ = i.Inspect(a, w.session) })
		if !raced { // the race detector makes pools forget
			require.LessOrEqual(t, allocs, test.allocs, test.name)
		}
	}
}

func BenchmarkInspect(b *testing.B) {
	w := newWorld()
	run := func(name, body string, rules ...Rule) {
		b.Run(name, func(b *testing.B) {
			i := compiled(b, rules...)
			a := answer(body)
			require.NoError(b, i.Inspect(a, w.session))
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				_ = i.Inspect(a, w.session)
			}
		})
	}
	for _, test := range costs(b, w) {
		run(test.name, shop, test.rules...)
	}
	long := `{"items":[` + strings.Repeat(`{"id":7,"state":"ready","price":12.50},`, 2500) + `1],"a":"b"}`
	run("json 100 kB", long, w.extract(Rule{Source: JSON, Of: "a"}))
	run("jq 100 kB", long, w.extract(Rule{Source: JQ, Of: ".a"}))
	run("jq", shop, w.extract(Rule{Source: JQ, Of: ".items | length"}))
	run("css", page1, w.extract(Rule{Source: CSS, Of: "input[name=csrf]", Attribute: "value"}))
	run("xpath", page1, w.extract(Rule{Source: XPath, Of: "//input[@name='csrf']/@value"}))
	b.Run("for comparison, a tree of 100 kB", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(long)))
		for b.Loop() {
			var tree any
			require.NoError(b, json.Unmarshal([]byte(long), &tree))
		}
	})
}
