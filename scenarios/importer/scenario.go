package importer

import (
	"strconv"
	"strings"
	"time"

	"gonogo/internal/yamlfile"
)

// A Note is what was left out or guessed, and where in the input.
type Note struct {
	Pos  yamlfile.Pos
	What string
}

// String returns "file:line:column: what".
func (n Note) String() string {
	if at := n.Pos.String(); at != "" {
		return at + ": " + n.What
	}
	return n.What
}

// A Scenario is a scenario file in the making. Texts are written as the file
// holds them: "${name}" is a placeholder, "$${" a plain "${".
type Scenario struct {
	Head        []string // comment under the modelines
	Name        string
	Description string
	Target      string
	TargetNote  string // comment above the target
	Load        Load
	HTTP        HTTP
	Connections Connections
	Variables   []Field
	Data        []Feeder
	Flow        string // the name of the flow that holds the steps; "": they stand at the top
	StepsNote   []string
	Steps       []Step
	Objectives  []Objective
}

// A Field is a name and a text, with a comment above it where a person has to look.
type Field struct {
	Name, Value string
	Comment     string
}

// Load is how much is sent: by users, or at rates that change.
type Load struct {
	Comment   []string
	Users     int
	ThinkTime time.Duration
	Stages    []string
	Duration  time.Duration
}

// HTTP is what all steps share.
type HTTP struct {
	Headers    []Field
	Auth       *Auth
	Redirects  int
	Compressed bool
	Insecure   bool
	CACert     string
	Cert, Key  string
	Version    string
}

// Connections say how the target is reached.
type Connections struct {
	UnixSocket string
	Proxy      string
	ConnectTo  []string
	Resolve    []string
}

// A Feeder is a file of rows; its name is the prefix of its columns.
type Feeder struct {
	Name, File, Order string
	Comment           string
}

// Auth is a credential. The zero Kind is none.
type Auth struct {
	Kind  string // basic, bearer, header, query: the last two are API keys
	Name  string // of the header or the query parameter
	Value string
}

// An Objective has a name, which may be empty, and the target of its go band.
type Objective struct{ Name, Go string }

// A Step is a request, or a pause, or a group of steps.
type Step struct {
	Comment []string

	Pause time.Duration
	Group string
	Steps []Step // of the group

	Name, Method, Path, URL string
	Weight                  int
	Headers                 []Field
	Auth                    *Auth
	Query, Form             []Field
	Multipart               []Part
	JSON                    *JSON
	Body, BodyFile          string
	Expect                  []string
	Redirects               int
	Timeout                 time.Duration
	Extract                 []Extract
	Checks                  []Check
}

// A Part is one of a multipart body: a text, or a file.
type Part struct{ Name, Value, File, Type string }

// An Extract takes a value out of the answer.
type Extract struct {
	Comment string
	Name    string
	Kind    string // json, header, cookie, regex, css
	From    string // the path, the name, the expression
	Extra   string // of css: the attribute
}

// A Check says what the answer has to be: Kind and From as in an Extract, or
// status; Is is the comparison.
type Check struct{ Kind, From, Is, Want string }

// plain returns the text of a plain value: its "${" are not placeholders.
func plain(s string) string { return strings.ReplaceAll(s, "${", "$${") }

// unplain is what plain was given.
func unplain(s string) string { return strings.ReplaceAll(s, "$${", "${") }

// dynamic tells whether the text has a placeholder.
func dynamic(s string) bool { return strings.Contains(strings.ReplaceAll(s, "$${", ""), "${") }

// dollarless tells whether a placeholder may follow the text: behind a dollar it
// would be taken for a plain "${".
func dollarless(before string) bool { return !strings.HasSuffix(before, "$") }

// names hands out each name once. It holds the number that comes next, if a name
// is asked for again.
type names map[string]int

// take returns the name, with a number where it was given before.
func (n names) take(name, separator string) string {
	next, given := n[name]
	if !given {
		n[name] = 2
		return name
	}
	for {
		took := name + separator + strconv.Itoa(next)
		next++
		if _, given := n[took]; !given {
			n[name], n[took] = next, 2
			return took
		}
	}
}

// walk calls f for every request, in order, those in groups too.
func walk(steps []Step, f func(*Step)) {
	for i := range steps {
		if s := &steps[i]; s.Group != "" {
			walk(s.Steps, f)
		} else if s.Pause == 0 {
			f(s)
		}
	}
}
