// Package metrics owns what a run tells other programs while it goes on: its figures so
// far, asked for by Prometheus or sent to a Pushgateway, by Prometheus remote write or
// by OTLP.
//
// A Collector adds up the seconds of a run (collector.go) and makes a Snapshot of them
// when somebody wants one (compose.go): pure data (snapshot.go), whose metrics are listed
// in families.go. Durations are counted in the buckets that others know, from those of
// our own (buckets.go). prometheus.go serves a Snapshot; a Sender (sender.go) sends the
// newest one now and then to a Receiver: pushgateway.go, remotewrite.go with
// protobuf.go, or otlp.go with otlpjson.go. receiver.go is what those have in common.
//
// Requests pay nothing for it: all is made from the intervals of each second. And no
// receiver can disturb the run, whatever it does: nothing waits for one but its Sender.
//
// The figures are approximate, because the buckets are wide. A verdict is never made of
// them: it uses the histograms of package measure.
package metrics

import "time"

// A Kind is how the values of a family behave.
type Kind uint8

// The kinds.
const (
	Gauge        Kind = iota // a state, which goes up and down
	Counter                  // only grows
	Distribution             // a histogram, whose counts only grow
)

// String returns the word that Prometheus has for it.
func (k Kind) String() string { return [...]string{"gauge", "counter", "histogram"}[k] }

// A Snapshot is all that there is to tell about a run at one instant. It never changes.
type Snapshot struct {
	Started  time.Time // the run
	At       time.Time // later in each Snapshot whose figures differ
	Run      string    // which one; it is no label but that of gonogo_run_info
	Version  string    // of gonogo
	Families []Family  // in order of their names, without those that have no series
}

// A Family are the series of one metric.
type Family struct {
	Metric
	Series []Series
}

// A Metric is one by its names.
type Metric struct {
	Name   string // Prometheus'
	OTel   string // OpenTelemetry's
	Unit   string // in UCUM, as OpenTelemetry wants it
	Kind   Kind
	Help   string
	Labels []string // that its series have
}

// A Series is one value of a metric, or one Histogram.
type Series struct {
	Labels    []Label // in order of their names
	Value     float64
	Histogram *Histogram // of a Distribution; nil elsewhere
}

// A Label is a name with its value, which is safe to print and not long.
type Label struct{ Name, Value string }

// A Histogram counts durations twice: in few fixed buckets, and in many exponential
// ones. Both count the same.
type Histogram struct {
	Count uint64
	Sum   float64 // seconds

	Bounds     []float64 // of the fixed ones, in seconds, ascending
	Cumulative []uint64  // for each bound, how many were not longer

	Schema    int32    // 2^Schema exponential buckets to a doubling
	Threshold float64  // seconds; what is not longer is in Zero
	Zero      uint64   //
	Buckets   []Bucket // that count something, ascending
}

// A Bucket counts what is longer than 2^((Index-1)/2^Schema) seconds, and not longer
// than 2^(Index/2^Schema).
type Bucket struct {
	Index int
	Count uint64
}
