package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"gonogo/scenarios"
)

// typed runs a command line, with these variables as the environment.
func typed(t *testing.T, env map[string]string, args ...string) (code int, out, err string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	lookup := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	code = run(t.Context(), args, stdio{in: strings.NewReader(""), out: &stdout, err: &stderr, env: lookup, saving: new(sync.Mutex)})
	return code, stdout.String(), stderr.String()
}

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	return string(text)
}

// fenced are the blocks of the language.
func fenced(text, language string) (blocks []string) {
	const fence = "```"
	within := ""
	for line := range strings.Lines(text) {
		switch mark, is := strings.CutPrefix(strings.TrimSpace(line), fence); {
		case is && within == "":
			within = fence + mark
			if mark == language {
				blocks = append(blocks, "")
			}
		case is:
			within = ""
		case within == fence+language:
			blocks[len(blocks)-1] += line
		}
	}
	return blocks
}

func TestScenariosInTheReadmeAreValid(t *testing.T) {
	blocks := fenced(readme(t), "yaml")
	require.NotEmpty(t, blocks)
	for _, block := range blocks {
		isValid(t, block)
	}
}

// The other pages show parts of scenarios, or whole ones, which have a target.
func TestPartsOfScenariosInTheDocumentsAreValid(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	require.NoError(t, err)
	n := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, block := range fenced(string(text), "yaml") {
			if !strings.Contains("\n"+block, "\ntarget:") {
				block = "target: http://h.test\nload: {users: 1, duration: 1h}\nsteps: [{path: /}]\n" + block
			}
			isValid(t, block)
			n++
		}
	}
	require.Positive(t, n)
}

// isValid checks a scenario as its writer would, with its secrets set.
func isValid(t *testing.T, scenario string) {
	t.Helper()
	dir := t.TempDir()
	name := filepath.Join(dir, "shown.yaml")
	require.NoError(t, os.WriteFile(name, []byte(scenario), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "accounts.csv"), []byte("email,password\n"+strings.Repeat("a@h.test,x\n", 100)), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "access.trace.ndjson"), []byte(`{"at":0,"method":"GET","path":"/"}`+"\n"+`{"at":1,"method":"GET","path":"/cart"}`+"\n"), 0o600))
	env := map[string]string{"TOKEN": "secret", "PROXY_PASSWORD": "secret"}
	code, out, err := typed(t, env, "validate", name)
	require.Zero(t, code, err)
	require.Equal(t, name+": ok\n", out)
}

// words parts a command line as a shell does.
func words(line string) (all []string) {
	for _, w := range regexp.MustCompile(`(?:'[^']*'|[^\s'])+`).FindAllString(line, -1) {
		if strings.HasPrefix(w, "#") {
			break
		}
		all = append(all, strings.ReplaceAll(w, "'", ""))
	}
	return all
}

// commandsIn are the lines of a text that call gonogo, without that word.
func commandsIn(text string) (all [][]string) {
	text = regexp.MustCompile(`\\\n\s*`).ReplaceAllString(text, " ")
	for line := range strings.Lines(text) {
		if w := words(line); len(w) > 1 && w[0] == "gonogo" {
			all = append(all, w[1:])
		}
	}
	return all
}

// follows checks that a command line can be followed. Nothing is sent.
func follows(t *testing.T, args []string) {
	t.Helper()
	root := newRoot(stdio{in: strings.NewReader(""), out: &bytes.Buffer{}, err: &bytes.Buffer{}})
	cmd, rest, err := root.Find(args)
	require.NoError(t, err, "gonogo %q", args)
	require.NotSame(t, root, cmd, "gonogo %q", args)
	require.NoError(t, cmd.ParseFlags(rest), "gonogo %q", args)
	require.NoError(t, cmd.ValidateArgs(cmd.Flags().Args()), "gonogo %q", args)
	if cmd.Name() == "load" && args[1] != "…" && !strings.HasSuffix(args[1], ".yaml") {
		code, _, text := typed(t, nil, append(args, "--dry-run", "--connect-to", "::127.0.0.1:1")...)
		require.Zero(t, code, "gonogo %q: %s", args, text)
	}
}

func TestCommandsInTheReadmeCanBeFollowed(t *testing.T) {
	var all [][]string
	for _, block := range fenced(readme(t), "") {
		all = append(all, commandsIn(block)...)
	}
	require.Greater(t, len(all), 3)
	for _, args := range all {
		follows(t, args)
	}
}

func TestExamplesInTheHelpCanBeFollowed(t *testing.T) {
	n := 0
	var visit func(*cobra.Command)
	visit = func(cmd *cobra.Command) {
		for _, args := range commandsIn(cmd.Example) {
			follows(t, args)
			n++
		}
		for _, c := range cmd.Commands() {
			visit(c)
		}
	}
	visit(newRoot(stdio{in: strings.NewReader(""), out: &bytes.Buffer{}, err: &bytes.Buffer{}}))
	require.Greater(t, n, 5)
}

func TestReadyMadeScenariosCanBeFollowed(t *testing.T) {
	for _, r := range scenarios.AllReadyMade() {
		code, _, err := typed(t, nil, "load", r.Name, "--target", "http://h.test", "--dry-run", "--connect-to", "::127.0.0.1:1")
		require.Zero(t, code, err)
	}
}

// A link to a page that nobody wrote, and a page of decisions that the code names and
// that is not there.
func TestLinksAndNamedPagesLeadSomewhere(t *testing.T) {
	pages := []string{"../../README.md", "../../CHANGELOG.md"}
	for _, pattern := range []string{"../../docs/*.md", "../../docs/decisions/*.md"} {
		found, err := filepath.Glob(pattern)
		require.NoError(t, err)
		pages = append(pages, found...)
	}
	n := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, link := range regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`).FindAllStringSubmatch(string(text), -1) {
			_, err := os.Stat(filepath.Join(filepath.Dir(page), link[1]))
			require.NoError(t, err, "%s links to %s", page, link[1])
			n++
		}
	}
	require.Greater(t, n, 10)
	err := filepath.WalkDir("../..", func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(name) != ".go" {
			return err
		}
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		for _, page := range regexp.MustCompile(`docs/[a-z]+/\d{4}-[a-z0-9-]+\.md`).FindAllString(string(text), -1) {
			_, err := os.Stat(filepath.Join("../..", page))
			require.NoError(t, err, "%s names it", name)
		}
		return nil
	})
	require.NoError(t, err)
}
