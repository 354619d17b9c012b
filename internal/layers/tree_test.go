package layers

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// module is our import path; a package's name is what follows it.
const module = "gonogo"

// A pkg is one of our packages with every Go file of its folder, whatever
// platform or build tag it is for: go list alone would show this platform's.
type pkg struct {
	name  string
	files []file
}

// A file is one parsed source.
type file struct {
	path   string // from the root of the repository
	test   bool
	lines  int
	set    *token.FileSet
	syntax *ast.File
}

func (f file) line(n ast.Node) int { return f.set.Position(n.Pos()).Line }

// span is how many lines n takes, without its comment.
func (f file) span(fn *ast.FuncDecl) int {
	return f.set.Position(fn.End()).Line - f.set.Position(fn.Type.Pos()).Line + 1
}

func (f file) imports() []string {
	var out []string
	for _, spec := range f.syntax.Imports {
		if name, err := strconv.Unquote(spec.Path.Value); err == nil {
			out = append(out, name)
		}
	}
	return out
}

// root is the folder of go.mod.
func root(t *testing.T) string {
	return strings.TrimSpace(goCommand(t, "list", "-m", "-f", "{{.Dir}}"))
}

// tree reads all of our packages.
func tree(t *testing.T) []pkg {
	top := root(t)
	listing := goCommand(t, "list", "-e", "-tags", "integration", "-f", "{{.ImportPath}}\t{{.Dir}}", module+"/...")
	var out []pkg
	for line := range strings.Lines(listing) {
		name, dir, _ := strings.Cut(strings.TrimSpace(line), "\t")
		out = append(out, pkg{name: strings.TrimPrefix(name, module+"/"), files: folder(t, top, dir)})
	}
	return out
}

func folder(t *testing.T, top, dir string) []file {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	var out []file
	for _, name := range names {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		short, err := filepath.Rel(top, name)
		require.NoError(t, err)
		out = append(out, parse(t, filepath.ToSlash(short), text))
	}
	return out
}

func parse(t *testing.T, name string, text []byte) file {
	set := token.NewFileSet()
	syntax, err := parser.ParseFile(set, name, text, parser.ParseComments)
	require.NoError(t, err)
	return file{
		path:   name,
		test:   strings.HasSuffix(name, "_test.go"),
		lines:  bytes.Count(text, []byte("\n")),
		set:    set,
		syntax: syntax,
	}
}

func goCommand(t *testing.T, args ...string) string {
	cmd := exec.Command("go", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "go %s: %s", strings.Join(args, " "), &stderr)
	return string(out)
}
