// Package peers knows how to run load generators, gonogo among them, and how to
// read what they report.
//
// A Tool turns a Load into the Command that comes nearest to it, and the output
// of that command into a Reading. Neither does any I/O, so that a parser is tested
// against what its tool really wrote (testdata). peers.go has the nouns; each tool
// has a file.
package peers

import (
	"fmt"
	"io/fs"
	"math"
	"strconv"
	"strings"
	"time"
)

// A Load is what is asked of a tool, in one of two models.
//
// The open model has a Rate: requests leave at equal distances, whatever became of
// the ones before. The closed one has only Users, each of which waits for its answer
// and then for Think. Under a rate, Users is how many connections a tool gets
// that knows the closed model alone.
type Load struct {
	URL    string
	Length time.Duration // whole seconds
	Users  int
	Rate   int           // a second
	Open   int           // the most requests that a Rate will have open at a time
	Think  time.Duration // of the closed model

	Connections int  // of HTTP/2, which Users share evenly; 0: HTTP/1.1, a connection for each user
	Steps       int  // how many named steps a scenario has; 0 or 1: a lone URL
	Journey     bool // five steps with cookies, extraction and checks; tools without scenarios send the lone URL
	CostOnly    bool // nobody will read the figures: write no log that only they need
}

// base is the URL without its path.
func (l Load) base() string {
	if i := strings.Index(l.URL, "://"); i >= 0 {
		if end := strings.IndexByte(l.URL[i+3:], '/'); end >= 0 {
			return l.URL[:i+3+end]
		}
	}
	return l.URL
}

// seconds is the length as most tools want it.
func (l Load) seconds() string { return strconv.Itoa(int(l.Length / time.Second)) }

// each is the share of the rate that each connection gets in a tool that paces
// its connections by themselves.
func (l Load) each() string { return decimal(float64(l.Rate) / float64(l.Users)) }

// Open is the mode of a tool that was asked for a rate and has the open model.
const Open = "open"

// A Command is how to run a tool once.
type Command struct {
	Args  []string
	Mode  string            // how near this comes to the load that was asked for
	Files map[string]string // to be in its working folder before it starts
	Then  []string          // arguments of a second run that prints the figures; nil: the first does
}

// An Output is what a run left behind.
type Output struct {
	Stdout []byte // of Then where there was one
	Files  fs.FS  // the working folder
}

// A Tool is one load generator.
type Tool struct {
	Name    string // and of its program
	Accepts []int  // the exit codes of a run that was carried out
	Plan    func(Load) (Command, error)
	Read    func(Output) (Reading, error)
}

// All are the tools that there are, gonogo first.
func All() []Tool {
	return []Tool{gonogo(), k6(), vegeta(), fortio(), hey(), wrk(), h2load(), ab()}
}

// Named is the tool of that name.
func Named(name string) (Tool, error) {
	for _, t := range All() {
		if t.Name == name {
			return t, nil
		}
	}
	return Tool{}, fmt.Errorf("find tool %q: want one of gonogo, k6, vegeta, fortio, hey, wrk, h2load, ab", name)
}

// A Reading is what a tool reported.
type Reading struct {
	Requests int64
	Success  float64 // share of Requests, 0 to 1
	Views    []View  // the first is what it puts first
	Remarks  []string
}

// A View is one of the ways in which a tool tells latency.
type View struct {
	Name    string // empty: what it calls latency without another word
	Figures Figures
}

// The names of the further views that some tools have.
const (
	GoodAnswers = "good answers" // of the requests that did not fail
	Service     = "service time" // from the request sent, not from when it was due
)

// Figures are the latencies at Shares, in order.
type Figures [4]Value

// Shares are the quantiles that are compared.
func Shares() [4]float64 { return [4]float64{0.50, 0.90, 0.95, 0.99} }

// A Value is milliseconds, or the word that stands in their place.
type Value struct {
	MS   float64 `json:"ms"`
	Word string  `json:"word,omitempty"`
}

// The words of a Value.
const (
	NotTold = "–"      // the tool does not print it
	Failed  = "failed" // its rank falls on a request that failed
)

// told puts milliseconds in place.
func told(ms [4]float64) Figures {
	var f Figures
	for i, v := range ms {
		f[i].MS = v
	}
	return f
}

// share is a part of a whole, 0 without one.
func share(part, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// noHTTP2 is the error of a tool that cannot do what was asked.
func noHTTP2(l Load) error {
	if l.Connections > 0 {
		return fmt.Errorf("plan HTTP/2, to %s: this tool is run over HTTP/1.1 alone", l.URL)
	}
	return nil
}

// Quantile is the value of rank ceil(q n) of what is sorted, which must not be empty.
func Quantile[T any](sorted []T, q float64) T {
	rank := int(math.Ceil(q*float64(len(sorted)) - 1e-9)) // 0.95 of 100 is 95, not 96
	return sorted[min(max(rank, 1), len(sorted))-1]
}
