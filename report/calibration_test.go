package report

import (
	"testing"

	"github.com/stretchr/testify/require"

	"gonogo/report/show"
)

func TestCalibrationFitsATerminal(t *testing.T) {
	slow := spreadOf(100, 1234, 2345, 3456, 4567, 5678)
	c := &Calibration{
		Load: "1000 users, hold 3s; floor and lateness with 1 user", Floor: slow, Lateness: slow,
		Ceiling: 1234567, Delay: "lognormal:20ms,0.5", Truth: spreadOf(100, 200, 300, 400, 500, 600), Reported: spreadOf(100, 220, 330, 440, 550, 660),
	}
	for _, line := range c.Lines() {
		require.LessOrEqual(t, show.Columns(line), 80, line)
	}
}
