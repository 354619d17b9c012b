package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"gonogo/report/show"
)

// Connections is what became of the connections of a run, all phases together.
type Connections struct {
	Opened           int64            `json:"opened"` // through the proxy, where there is one
	Failed           int64            `json:"failed"`
	Handshakes       int64            `json:"handshakes"`
	HandshakesFailed int64            `json:"handshakes_failed"`
	Resumed          int64            `json:"resumed"`      // of Handshakes
	Versions         map[string]int64 `json:"tls_versions"` // handshakes by version, such as "1.3"
	Ciphers          map[string]int64 `json:"tls_ciphers"`  // handshakes by cipher suite
	Lookups          int64            `json:"lookups"`      // of names
	LookupsFailed    int64            `json:"lookups_failed"`
	Changes          int64            `json:"address_changes"` // a name had other addresses than before
	Addresses        []Address        `json:"addresses"`
}

// An Address is one place that connections went to.
type Address struct {
	Address  string `json:"address"` // "other" for all that are too many to be listed
	Opened   int64  `json:"opened"`
	Failed   int64  `json:"failed"`
	Requests int64  `json:"requests"` // of the measure phase that ended here
	Errors   int64  `json:"errors"`   // of those
	Service  Spread `json:"service_ms"`
	LeftOut  string `json:"left_out"` // why no connection went there, "" when they did
}

// connections prints how connections came about.
func (p *page) connections(r *Report) {
	c := r.Connections
	if c == nil {
		return
	}
	opened := show.Count(c.Opened) + " opened"
	if c.Failed > 0 {
		opened += ", " + show.Count(c.Failed) + " failed"
	}
	parts := []string{opened}
	if c.Handshakes+c.HandshakesFailed > 0 {
		parts = append(parts, c.handshakes())
	}
	if c.Changes > 0 {
		parts = append(parts, show.Counted(c.Changes, "change")+" of address")
	}
	p.flow(own("CONNECTIONS ").in(bold), parts...)
}

func (c *Connections) handshakes() string {
	words := show.Counted(c.Handshakes, "handshake")
	if versions := slices.Sorted(maps.Keys(c.Versions)); len(versions) > 0 {
		words = "TLS " + strings.Join(versions, " and ") + ": " + words
	}
	if c.Resumed > 0 {
		words += ", " + show.Count(c.Resumed) + " resumed"
	}
	if c.HandshakesFailed > 0 {
		words += ", " + show.Count(c.HandshakesFailed) + " failed"
	}
	return words
}

// WorstFirst are the addresses, those with the most errors first.
func (c *Connections) WorstFirst() []Address {
	all := slices.Clone(c.Addresses)
	slices.SortStableFunc(all, func(a, b Address) int {
		return cmp.Or(cmp.Compare(b.Errors+b.Failed, a.Errors+a.Failed), cmp.Compare(b.Requests, a.Requests))
	})
	return all
}

// addresses prints a row for each, where there are several; those with the most
// errors come first.
func (p *page) addresses(r *Report) {
	const most = 8
	if r.Connections == nil || len(r.Connections.Addresses) < 2 {
		return
	}
	all := r.Connections.WorstFirst()
	t := &table{
		right:  []bool{false, true, true, true, true, true},
		least:  []int{15, 0, 0, 0, 0, 0},
		expend: []int{1, 3, 4},
	}
	t.add(heads("address", "connections", "requests", "p50", "p95", "errors")...)
	for _, a := range all[:min(most, len(all))] {
		opened := own(show.Count(a.Opened))
		if a.LeftOut != "" {
			opened = own("left out").in(yellow)
		}
		t.add(said(a.Address), opened, own(show.Count(a.Requests)), own(show.Milliseconds(a.Service.P50)), own(show.Milliseconds(a.Service.P95)), own(show.Share(a.Errors, a.Requests)))
	}
	p.title("ADDRESSES", "service time, from when a request was sent")
	t.print(p)
	if more := len(all) - most; more > 0 {
		p.line("  and " + show.Count(int64(more)) + " more, in the report file")
	}
}
