package layers

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strings"
)

// A room is one of our packages and what it may import of ours. The table in
// docs/architecture.md says the same to people; a test compares the two.
type room struct {
	name    string
	imports []string
	planned bool // in the design, not in the tree yet
}

// anything as an entry of room.imports lifts the restriction.
const anything = "*"

// rooms is the table. A package that is not in it may not exist.
func rooms() []room {
	return []room{
		{name: "cmd/gonogo", imports: []string{anything}},
		{name: "scenarios", imports: []string{"loadgen", "loadgen/feed", "loadgen/grpcload", "loadgen/inspect", "loadgen/replay", "loadgen/session", "loadgen/sign", "loadgen/sseload", "loadgen/token", "loadgen/wsload", "slo", "slo/trigger", "internal/yamlfile"}},
		{name: "scenarios/importer", imports: []string{"internal/yamlfile"}},
		{name: "scenarios/recorder"},
		{name: "loadgen", imports: []string{"measure", "loadgen/session", "internal/machine"}},
		{name: "loadgen/session", imports: []string{"loadgen/cookie"}},
		{name: "loadgen/inspect", imports: []string{"loadgen", "loadgen/session"}},
		{name: "loadgen/dial", imports: []string{"loadgen", "measure"}},
		{name: "loadgen/coding"},
		{name: "loadgen/cookie"},
		{name: "loadgen/feed", imports: []string{"loadgen/session"}},
		{name: "loadgen/replay", imports: []string{"loadgen"}},
		{name: "loadgen/httpload", imports: []string{"loadgen", "loadgen/coding", "loadgen/dial", "loadgen/session", "measure"}},
		{name: "loadgen/h2load", imports: []string{"loadgen", "loadgen/coding", "loadgen/dial", "loadgen/httpload", "loadgen/session", "measure", "internal/hpack"}},
		{name: "loadgen/sign", imports: []string{"loadgen"}},
		{name: "loadgen/token"},
		{name: "loadgen/opening", imports: []string{"loadgen", "loadgen/dial", "loadgen/httpload", "loadgen/session", "measure"}},
		{name: "loadgen/wsload", imports: []string{"loadgen", "loadgen/dial", "loadgen/httpload", "loadgen/opening", "loadgen/session", "measure"}},
		{name: "loadgen/sseload", imports: []string{"loadgen", "loadgen/dial", "loadgen/httpload", "loadgen/opening", "loadgen/session", "measure"}},
		{name: "loadgen/mixed", imports: []string{"loadgen", "loadgen/httpload", "loadgen/session", "loadgen/sseload", "loadgen/wsload", "measure"}},
		{name: "loadgen/grpcload", imports: []string{"loadgen", "loadgen/dial", "loadgen/httpload", "loadgen/session", "measure"}},
		{name: "loadgen/h3load", imports: []string{"loadgen", "loadgen/coding", "loadgen/dial", "loadgen/httpload", "loadgen/session", "measure"}},
		{name: "loadgen/cluster", imports: []string{"loadgen", "measure"}, planned: true},
		{name: "capacity"},
		{name: "measure"},
		{name: "measure/journal", imports: []string{"measure"}},
		{name: "slo", imports: []string{"measure", "slo/stats"}},
		{name: "slo/validity", imports: []string{"measure", "slo"}},
		{name: "slo/slotest", imports: []string{"measure", "slo"}},
		{name: "slo/stats"},
		{name: "slo/drift", imports: []string{"slo/stats"}},
		{name: "slo/trigger", imports: []string{"slo", "slo/stats"}},
		{name: "slo/compare", imports: []string{"measure", "slo"}},
		{name: "soak", imports: []string{"measure", "measure/journal", "slo", "slo/validity", "internal/machine"}},
		{name: "checklist", imports: []string{"internal/yamlfile"}, planned: true},
		{name: "checklist/kinds", imports: []string{"checklist"}, planned: true},
		{name: "checklist/kindtest", imports: []string{"checklist"}, planned: true},
		{name: "decision", imports: []string{"slo", "slo/validity", "checklist"}},
		{name: "report/show"},
		{name: "report/chart", imports: []string{"report/show"}},
		{name: "report", imports: []string{"report/show", "measure", "slo", "slo/compare", "slo/drift", "slo/validity", "checklist", "decision"}},
		{name: "report/reporttest", imports: []string{"report", "measure", "slo", "slo/validity", "decision"}},
		{name: "report/html", imports: []string{"report", "report/chart", "report/show", "slo"}},
		{name: "report/formats", imports: []string{"report", "report/show"}},
		{name: "report/history", imports: []string{"report", "report/show"}},
		{name: "report/site", imports: []string{"report", "report/chart", "report/history", "report/html", "report/show", "report/versus", "slo/compare", "internal/loopback"}},
		{name: "report/versus", imports: []string{"report", "report/show", "slo", "slo/compare"}},
		{name: "report/live", imports: []string{"measure", "report", "report/html", "report/show", "internal/loopback", "internal/machine"}},
		{name: "metrics", imports: []string{"measure", "report/show"}},
		{name: "target"},
		{name: "target/app", imports: []string{"target"}},
		{name: "internal/yamlfile"},
		{name: "internal/hpack"},
		{name: "internal/loopback"},
		{name: "internal/machine"},
		{name: "internal/terminal", imports: []string{"report/show"}},
		{name: "internal/terminal/terminaltest"},
		{name: "internal/proof", imports: []string{"target", "internal/proof/peers"}},
		{name: "internal/proof/peers", imports: []string{"report"}},
		{name: "internal/calibration", imports: []string{"measure", "slo", "slo/stats", "slo/drift", "slo/trigger"}},
		{name: "internal/pictures"},
		{name: "internal/layers"},
		{name: "integration", imports: []string{"loadgen", "loadgen/dial", "loadgen/session", "loadgen/sseload", "loadgen/wsload", "measure", "report", "report/html"}},
	}
}

// testsToo are the packages that any test may import beside its room's own:
// worlds to test against.
func testsToo() []string {
	return []string{"target", "slo/slotest", "checklist/kindtest", "internal/terminal/terminaltest", "report/reporttest"}
}

// A ban keeps an outside package out of one of ours.
type ban struct {
	path  string   // the import path; what lies below it is banned as well
	from  []string // our packages that must not import it; anything: all
	but   []string // the exceptions
	tests bool     // holds for tests too
	why   string
}

func bans() []ban {
	pure := pure()
	return []ban{
		{path: "net", from: pure, why: "facts, judgements and decisions hear of no network"},
		{path: "os", from: pure, why: "facts, judgements and decisions do no I/O"},
		{path: "log", from: []string{anything}, but: []string{"cmd/gonogo", "report/live"}, why: "below the command nothing logs: report/live keeps net/http from it"},
		{path: "net/http", from: []string{"loadgen/httpload", "loadgen/h2load"}, why: "docs/decisions/0001-own-http1-client.md"},
		{path: "go.yaml.in/yaml", from: []string{anything}, but: []string{"internal/yamlfile"}, tests: true, why: "only internal/yamlfile decodes strictly"},
		{path: "github.com/stretchr/testify/assert", from: []string{anything}, tests: true, why: "use require"},
	}
}

// pure packages turn values into values: no I/O and no clock.
func pure() []string {
	return []string{"measure", "slo", "slo/validity", "slo/stats", "slo/drift", "slo/trigger", "slo/compare", "decision"}
}

// clock is what a pure package must not call; the caller passes instants in.
func clock() []string {
	return []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}
}

// The sizes at which a noun is missing.
const (
	maxFile     = 500
	maxTestFile = 800
	maxFunc     = 80
)

// breaches lists what p does against the table and the rules, one finding a line.
func breaches(table []room, p pkg) []string {
	i := slices.IndexFunc(table, func(r room) bool { return r.name == p.name })
	if i < 0 {
		return []string{fmt.Sprintf("%s: not in the table of internal/layers: give it a row there and in docs/architecture.md, or put its code where it belongs", p.name)}
	}
	r := table[i]
	var out []string
	if r.planned {
		out = append(out, fmt.Sprintf("%s: exists, but the table of internal/layers calls it planned: take the mark off there and in docs/architecture.md", p.name))
	}
	if !documented(p) {
		out = append(out, fmt.Sprintf("%s: no package comment: say what it owns and how its files share the work", p.name))
	}
	for _, f := range p.files {
		out = append(out, imports(r, f)...)
		if !ast.IsGenerated(f.syntax) {
			out = append(out, sizes(f)...)
		}
		out = append(out, calls(r, f)...)
	}
	return out
}

func documented(p pkg) bool {
	for _, f := range p.files {
		if !f.test && f.syntax.Doc != nil {
			return true
		}
	}
	return false
}

// imports are the breaches of f against the table and the bans.
func imports(r room, f file) []string {
	var out []string
	for _, imported := range f.imports() {
		if ours, ok := strings.CutPrefix(imported, module+"/"); ok {
			out = append(out, arrow(r, f, ours)...)
			continue
		}
		for _, b := range bans() {
			if b.holds(r.name, imported, f.test) {
				out = append(out, fmt.Sprintf("%s: imports %s: %s", f.path, imported, b.why))
			}
		}
	}
	return out
}

// arrow is the breach of an import of our own package, if it is one.
func arrow(r room, f file, ours string) []string {
	if ours == r.name {
		return nil // an external test package
	}
	if within("cmd", ours) {
		return []string{fmt.Sprintf("%s: imports %s: nobody imports the command", f.path, ours)}
	}
	allowed := r.imports
	if f.test {
		allowed = slices.Concat(allowed, testsToo())
	}
	if slices.Contains(allowed, anything) || slices.Contains(allowed, ours) {
		return nil
	}
	return []string{fmt.Sprintf("%s: imports %s: %s may import %s; if the design needs this arrow, change internal/layers and docs/architecture.md together",
		f.path, ours, r.name, words(r.imports))}
}

func (b ban) holds(name, imported string, test bool) bool {
	from := slices.Contains(b.from, anything) || slices.Contains(b.from, name)
	return from && !slices.Contains(b.but, name) && (b.tests || !test) && within(b.path, imported)
}

// sizes are the breaches of f's length, its functions' and the rule against init.
func sizes(f file) []string {
	var out []string
	limit := maxFile
	if f.test {
		limit = maxTestFile
	}
	if f.lines > limit {
		out = append(out, fmt.Sprintf("%s: %d lines, the limit is %d: is a noun missing?", f.path, f.lines, limit))
	}
	for _, decl := range f.syntax.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok {
			continue
		}
		if fn.Recv == nil && fn.Name.Name == "init" {
			out = append(out, fmt.Sprintf("%s:%d: init(): pass it as a value instead", f.path, f.line(fn)))
		}
		if n := f.span(fn); n > maxFunc && !f.test {
			out = append(out, fmt.Sprintf("%s:%d: %s has %d lines, the limit is %d", f.path, f.line(fn), fn.Name.Name, n, maxFunc))
		}
	}
	return out
}

// calls are the clock readings of a pure package.
func calls(r room, f file) []string {
	if f.test || !slices.Contains(pure(), r.name) {
		return nil
	}
	var out []string
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains(clock(), sel.Sel.Name) {
			out = append(out, fmt.Sprintf("%s:%d: time.%s: %s is pure, let the caller pass the instant", f.path, f.line(sel), sel.Sel.Name, r.name))
		}
		return true
	})
	return out
}

// within says whether name is dir or lies below it.
func within(dir, name string) bool {
	return name == dir || strings.HasPrefix(name, dir+"/")
}

// words is how the table in docs/architecture.md writes a room's imports.
func words(imports []string) string {
	switch {
	case len(imports) == 0:
		return "nothing of ours"
	case slices.Contains(imports, anything):
		return "anything"
	}
	short := make([]string, len(imports))
	for i, name := range imports {
		short[i] = name
		if within("internal", name) {
			short[i] = path.Base(name)
		}
	}
	return strings.Join(short, ", ")
}
