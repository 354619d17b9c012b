package html

import (
	"maps"
	"slices"

	"gonogo/report"
	"gonogo/report/chart"
	"gonogo/report/show"
)

// networkPart is how connections came about and what the parts of a request took.
func networkPart(r *report.Report) part {
	p := part{ID: "connections", Title: "Connections"}
	t := &table{ID: "t-parts", Caption: "Parts of connecting and of a request", Head: heads("part", "count", "mean", "p50", "p75", "p90", "p95", "p99", "p99.9", "max")}
	t.spread("connect", "opening a connection", r.Totals.Connect, true)
	t.spread("TLS", "the handshake", r.Totals.TLS, true)
	t.spread("first byte", "from sent to the first byte of the answer", r.Totals.FirstByte, true)
	t.spread("whole answer", "from sent to its last byte: the service time", r.Totals.Service, true)
	if len(t.Rows) > 0 {
		p.Blocks = append(p.Blocks, block{Pair: []block{drawn(partsChart(r).Figure()), {Table: t}}})
	}
	c := r.Connections
	if c == nil {
		return p
	}
	p.Lead = "Opening, handshakes and answers, in the measure phase; counts of connections are of all phases."
	facts := []fact{{Name: "opened", Value: show.Count(c.Opened)}}
	facts = counted(facts, "failed to open", c.Failed)
	if c.Handshakes+c.HandshakesFailed > 0 {
		facts = append(facts, fact{Name: "handshakes", Value: show.Inert(c.HandshakesText(), 120)})
	}
	for _, name := range slices.Sorted(maps.Keys(c.Ciphers)) {
		facts = append(facts, fact{Name: "cipher suite", Value: show.Inert(name, 60) + " × " + show.Count(c.Ciphers[name])})
	}
	facts = counted(facts, "name look-ups", c.Lookups)
	facts = counted(facts, "look-ups failed", c.LookupsFailed)
	facts = counted(facts, "changes of address", c.Changes)
	p.Blocks = append(p.Blocks, block{Facts: facts})
	if len(c.Addresses) > 0 {
		p.Blocks = append(p.Blocks, block{Table: addresses(c)})
	}
	return p
}

// counted adds a fact unless there is none of it.
func counted(to []fact, name string, n int64) []fact {
	if n == 0 {
		return to
	}
	return append(to, fact{Name: name, Value: show.Count(n)})
}

// partsChart is the p95 of each part beside each other.
func partsChart(r *report.Report) chart.Bars {
	b := chart.Bars{ID: "c-connection", Title: "p95 of each part", Unit: chart.Milliseconds}
	for _, one := range []struct {
		name string
		of   report.Spread
		tone chart.Tone
	}{
		{"connect", r.Totals.Connect, chart.Auto},
		{"TLS", r.Totals.TLS, chart.Auto},
		{"first byte", r.Totals.FirstByte, chart.Auto},
		{"whole answer", r.Totals.Service, chart.Auto},
		{"response time", r.Totals.Latency.Spread, chart.Main},
	} {
		if one.of.P95 != nil {
			b.Bars = append(b.Bars, chart.Bar{Name: one.name, Value: *one.of.P95, Tone: one.tone})
		}
	}
	return b
}

// addresses are the places that connections went to, those with the most errors first.
func addresses(c *report.Connections) *table {
	const most = 200
	all := c.WorstFirst()
	t := &table{ID: "t-addresses", Caption: "Addresses, by service time", Sort: len(all) > 1}
	t.Head = heads("address", "connections", "failed", "requests", "p50", "p95", "p99", "errors")
	for _, a := range all[:min(most, len(all))] {
		first := said(a.Address)
		if a.LeftOut != "" {
			first = first.with("▲ left out: " + a.LeftOut)
		}
		t.Rows = append(t.Rows, []cell{
			first, count(a.Opened), count(a.Failed), count(a.Requests), ms(a.Service.P50), ms(a.Service.P95), ms(a.Service.P99),
			number(show.Share(a.Errors, a.Requests), float64(a.Errors)/float64(max(a.Requests, 1))),
		})
	}
	if n := len(all) - most; n > 0 {
		t.Note = "And " + show.Count(int64(n)) + " more in the data of this page."
	}
	return t
}
