package formats

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gonogo/report"
)

var update = flag.Bool("update", false, "write the golden files")

// here is where the tests say that things are.
func here() Where {
	return Where{Dir: "/work/repo", Report: "/work/repo/perf/load_test_report_20251214_090212.json"}
}

func print(t *testing.T, f Format, r *report.Report) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, f.Write(&out, r, here()))
	return out.String()
}

// Whole outputs, from fixed reports. Of 500 steps the sizes are what matters.
func TestGolden(t *testing.T) {
	for _, f := range All() {
		for name, r := range cases() {
			if name == "many-steps" {
				continue
			}
			t.Run(f.Name+" "+name, func(t *testing.T) {
				golden(t, name+"."+f.Name, strings.Replace(print(t, f, r), summaryOf(t, r), "the text summary\n", 1))
			})
		}
	}
}

// summaryOf is the report as text, which is not the matter of these tests.
func summaryOf(t *testing.T, r *report.Report) string {
	t.Helper()
	var text strings.Builder
	require.NoError(t, report.Text(&text, r, report.Style{}))
	return text.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}
