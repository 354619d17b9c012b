package report

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// A run of more than ten minutes keeps its first response times coarsely. It can be
// compared all the same.
func TestSideOfALongRunIsRead(t *testing.T) {
	for _, seconds := range []int{20, 700, 9000} {
		f := newFleet(t, 2, 0, seconds, 3000)
		r, err := Read(bytes.NewReader(encoded(t, f.report(t, 0, 10, f.outcomes))))
		require.NoError(t, err)
		side, err := r.Side()
		require.NoError(t, err)
		var due int64
		for _, s := range side.Stretches {
			require.Equal(t, s.Due, s.Response.Count())
			due += s.Due
		}
		require.Equal(t, r.Totals.Requests, due)
	}
}
