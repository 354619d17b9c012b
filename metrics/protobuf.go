package metrics

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// The messages of remote write 1.0, by hand: they are few, have not changed for years,
// and generated code would bring its own copy of all of protobuf's reflection. Numbers
// of fields are those of prometheus/prompb.

// A message is one that is being written.
type message []byte

func (m *message) text(field protowire.Number, value string) {
	*m = protowire.AppendTag(*m, field, protowire.BytesType)
	*m = protowire.AppendString(*m, value)
}

func (m *message) integer(field protowire.Number, value uint64) {
	*m = protowire.AppendTag(*m, field, protowire.VarintType)
	*m = protowire.AppendVarint(*m, value)
}

func (m *message) float(field protowire.Number, value float64) {
	*m = protowire.AppendTag(*m, field, protowire.Fixed64Type)
	*m = protowire.AppendFixed64(*m, math.Float64bits(value))
}

func (m *message) embed(field protowire.Number, write func(*message)) {
	var inner message
	write(&inner)
	*m = protowire.AppendTag(*m, field, protowire.BytesType)
	*m = protowire.AppendBytes(*m, inner)
}

// labels writes those of a series, which are in order of their names. What is empty is
// no label.
func (m *message) labels(all []Label) {
	for _, l := range all {
		if l.Value != "" {
			m.embed(1, func(m *message) {
				m.text(1, l.Name)
				m.text(2, l.Value)
			})
		}
	}
}

// sample writes a series with one value.
func (m *message) sample(labels []Label, value float64, millis int64) {
	m.embed(1, func(m *message) {
		m.labels(labels)
		m.embed(2, func(m *message) {
			m.float(1, value)
			m.integer(2, uint64(millis))
		})
	})
}

// native writes a series with one histogram in exponential buckets.
func (m *message) native(labels []Label, h *Histogram, millis int64) {
	m.embed(1, func(m *message) {
		m.labels(labels)
		m.embed(4, func(m *message) {
			m.integer(1, h.Count)
			m.float(3, h.Sum)
			m.integer(4, protowire.EncodeZigZag(int64(h.Schema)))
			m.float(5, h.Threshold)
			m.integer(6, h.Zero)
			spans, deltas := h.spans()
			for _, s := range spans {
				m.embed(11, func(m *message) {
					m.integer(1, protowire.EncodeZigZag(int64(s.offset)))
					m.integer(2, uint64(s.length))
				})
			}
			m.packed(12, deltas)
			m.integer(15, uint64(millis))
		})
	})
}

func (m *message) packed(field protowire.Number, values []int64) {
	if len(values) == 0 {
		return
	}
	var inner []byte
	for _, v := range values {
		inner = protowire.AppendVarint(inner, protowire.EncodeZigZag(v))
	}
	*m = protowire.AppendTag(*m, field, protowire.BytesType)
	*m = protowire.AppendBytes(*m, inner)
}

// about writes what a metric is.
func (m *message) about(of Metric) {
	m.embed(3, func(m *message) {
		m.integer(1, [...]uint64{Counter: 1, Gauge: 2, Distribution: 3}[of.Kind])
		m.text(2, of.Name)
		m.text(4, of.Help)
	})
}
