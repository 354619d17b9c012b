package html

import (
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/report/reporttest"
)

// BenchmarkWrite is the page of a day with 20 steps: it has to take less than a second,
// and less than 100 MB.
func BenchmarkWrite(b *testing.B) {
	r, err := reporttest.World{Length: 24 * time.Hour, Steps: 20, Rate: 20, Errors: 0.001, Sustain: true}.Report()
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		require.NoError(b, Write(io.Discard, r))
	}
}
