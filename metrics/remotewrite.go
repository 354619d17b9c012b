package metrics

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/klauspost/compress/s2"
)

// RemoteWrite returns what takes Prometheus' remote write at the URL, of which
// /api/v1/write is the path where it has none. The instance tells this generator from
// others.
//
// Histograms go there in both forms, in two requests: there are receivers that take no
// exponential buckets and refuse a whole request for them. They get the fixed ones
// alone from then on.
func RemoteWrite(name string, to *url.URL, instance string) *Receiver {
	r := newReceiver(name, writeEvery)
	where, fixedOnly := at(to, "/api/v1/write"), false
	ours := []Label{{"instance", labelled(instance)}, {"job", "gonogo"}}
	headers := http.Header{
		"Content-Type": {"application/x-protobuf"}, "Content-Encoding": {"snappy"},
		"X-Prometheus-Remote-Write-Version": {"0.1.0"}, "User-Agent": {"gonogo"},
	}
	write := func(ctx context.Context, m message) error {
		_, err := r.ask(ctx, http.MethodPost, where, headers, s2.EncodeSnappy(nil, m))
		return err
	}
	r.send = func(ctx context.Context, s *Snapshot) error {
		if err := write(ctx, s.samples(ours)); err != nil || fixedOnly {
			return err
		}
		err := write(ctx, s.natives(ours))
		if refused := (*refusal)(nil); errors.As(err, &refused) && refused.isFinal() {
			fixedOnly = true
			return &concession{fmt.Errorf("exponential buckets are not taken there, and left out: %w", err)}
		}
		return err
	}
	return r
}

// samples writes all but the exponential buckets.
func (s *Snapshot) samples(ours []Label) (m message) {
	for _, f := range s.Families {
		m.about(f.Metric)
		for _, series := range f.Series {
			if f.Kind == Distribution {
				m.fixed(f.Name, series, ours, s.At.UnixMilli())
				continue
			}
			m.sample(named(f.Name, series.Labels, ours), series.Value, s.At.UnixMilli())
		}
	}
	return m
}

// natives writes the exponential buckets.
func (s *Snapshot) natives(ours []Label) (m message) {
	for _, f := range s.Families {
		for _, series := range f.Series {
			if f.Kind == Distribution {
				m.native(named(f.Name, series.Labels, ours), series.Histogram, s.At.UnixMilli())
			}
		}
	}
	return m
}

// fixed writes the series that a histogram in fixed buckets is made of.
func (m *message) fixed(name string, of Series, ours []Label, millis int64) {
	h := of.Histogram
	bucket := func(le string, count uint64) {
		m.sample(named(name+"_bucket", of.Labels, ours, Label{"le", le}), float64(count), millis)
	}
	for i, bound := range h.Bounds {
		bucket(strconv.FormatFloat(bound, 'g', -1, 64), h.Cumulative[i])
	}
	bucket("+Inf", h.Count)
	m.sample(named(name+"_sum", of.Labels, ours), h.Sum, millis)
	m.sample(named(name+"_count", of.Labels, ours), float64(h.Count), millis)
}

// named returns the labels of a series with its name among them, in order.
func named(name string, labels, ours []Label, more ...Label) []Label {
	all := slices.Concat([]Label{{"__name__", name}}, labels, ours, more)
	slices.SortFunc(all, func(a, b Label) int { return cmp.Compare(a.Name, b.Name) })
	return all
}
