package wsload

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/measure"
)

// What is counted is the whole process, the server's part included, which is of the
// same library.
func TestAMessageAllocatesNothing(t *testing.T) {
	w := newWorld(t, serving(t, frugal), Options{},
		&Step{Kind: RoundTrip, Text: textOf(t, strings.Repeat("x", 4<<10)), Inspector: holding("x")})
	w.ok(0)
	call := loadgen.NewCall(measure.Outcome{}, 0)
	got := testing.AllocsPerRun(1000, func() {
		call.Outcome = measure.Outcome{Step: 1, Due: w.clock.Now()}
		w.sender.Send(call)
	})
	require.Equal(t, measure.OK, call.Outcome.Class, "%v", call.Outcome.Err)
	require.LessOrEqual(t, got, slack)
}
