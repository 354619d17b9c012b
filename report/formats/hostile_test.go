package formats

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// Any text in every place of a report prints in every format to what a strict reader
// takes, of bounded length.
func hostile(f *testing.F, name string) {
	format, known := formatNamed(name)
	require.True(f, known)
	for _, seed := range []string{
		harm(), "", " ", "=1+1", "＝cmd|' /C calc'!A0", "a\"b", "a,b;c", "]]>", "::set-output name=a::b", "x\n::error::y", "##[error]x", "a<<b\nb", "{0}", "[a](0)",
		"`", "``a``", "a\\|b", "| --- |", "<!--", "&#124;", "@team", "http://evil.example", "# TODO", "\\# skip", "...", "'", "a=b", "C:/x y", "/etc/passwd",
		"../../x", ":", "%0A", "\x00", "\ufffe", "a\u0300\u0300\u0300\u0300", "ms", "GO", "pass", "deadbeef", "/close", "www.evil.example",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, evil string) {
		var out bytes.Buffer
		require.NoError(t, format.Write(&out, hostileRun(evil), Where{Dir: evil, Report: evil}))
		require.NoError(t, wrong(format.Name, out.String()))
	})
}

func FuzzMarkdown(f *testing.F)    { hostile(f, "md") }
func FuzzJUnit(f *testing.F)       { hostile(f, "junit") }
func FuzzSARIF(f *testing.F)       { hostile(f, "sarif") }
func FuzzTAP(f *testing.F)         { hostile(f, "tap") }
func FuzzCSV(f *testing.F)         { hostile(f, "csv") }
func FuzzOpenMetrics(f *testing.F) { hostile(f, "openmetrics") }
func FuzzNagios(f *testing.F)      { hostile(f, "nagios") }
func FuzzGitHub(f *testing.F)      { hostile(f, "github") }
func FuzzGitLabLoad(f *testing.F)  { hostile(f, "gitlab-load") }

func FuzzGitHubOutput(f *testing.F) {
	for _, seed := range []string{harm(), "", "a\nverdict=GO", "\r", "x<<y\ny", "="} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, evil string) {
		r := hostileRun(evil)
		r.Verdict = evil
		var out bytes.Buffer
		require.NoError(t, GitHubOutput(&out, r, Where{Report: evil}))
		outputs, err := readOutputs(out.String())
		require.NoError(t, err)
		require.Len(t, outputs, 11)
		require.Equal(t, "12", outputs["exit_code"])
	})
}

// Every report prints in every format to what a strict reader takes, without texts that
// were chosen to do harm as well.
func TestEveryReportIsReadable(t *testing.T) {
	for _, f := range All() {
		for name, r := range cases() {
			t.Run(f.Name+" "+name, func(t *testing.T) {
				text := print(t, f, r)
				if name == "many-steps" {
					require.NoError(t, readers()[f.Name](text)) // 500 objectives are longer than texts alone are
					require.Less(t, len(text), 4<<20)
					return
				}
				require.NoError(t, wrong(f.Name, text))
			})
		}
	}
}
