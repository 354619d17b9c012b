package slo_test

import (
	"flag"
	"testing"

	"gonogo/slo/slotest"
)

var update = flag.Bool("update", false, "write what was judged into testdata/verdicts")

// TestVerdicts runs the cases of testdata/verdicts; its README says how to
// write one.
func TestVerdicts(t *testing.T) { slotest.Run(t, *update, nil) }
