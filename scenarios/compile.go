package scenarios

import (
	"io"
	"time"

	"gonogo/internal/yamlfile"
	"gonogo/loadgen"
	"gonogo/loadgen/replay"
	"gonogo/slo"
)

// Options are what Compile needs from outside.
type Options struct {
	Env      func(name string) (string, bool)   // of ${env:NAME}; os.LookupEnv
	ReadFile func(path string) ([]byte, error)  // of bodies and certificates; os.ReadFile
	OpenData func(Data, uint64) (Feeder, error) // of data, its File resolved, with the seed; OpenData
	// OpenTrace opens the trace of a replay; replay.Open.
	OpenTrace func(replay.Options) (*replay.Trace, error)
	Seed      uint64    // where the scenario gives none
	Claim     slo.Claim // where the scenario gives none; "" is observed
	Drift     Margin    // likewise

	tokens *tokenPool    // of a scenario that is compiled again
	trace  *replay.Trace // that is open already
}

// Compiled is a scenario that can be run.
type Compiled struct {
	Plan        loadgen.Plan
	Objectives  []slo.Objective
	Aborts      []AbortRule
	StopOnFail  bool
	DriftMargin float64 // as a share of the level at the start; 0: a drift is not judged
	TLS         TLS
	Connections loadgen.Connections
	Protocol    Protocol
	Cookies     bool              // users keep the cookies that they are given
	Sockets     Sockets           // of Plan.AllSteps
	Calls       Calls             // what those of gRPC share
	Before      Once              // what one user does before the run; what it learns is Plan.Known
	After       Once              // likewise, after the run
	Compressed  bool              // ask for coded answers, and count what they decode to
	Effective   map[string]any    // the scenario with every default, in the form of the file, secrets masked
	Origins     map[string]string // where each value of Effective came from, by its path
	Trace       *replay.Trace     // of the load; nil: it is none
	SHA256      string            // of what Effective says, without the seed
	Bodies      string            // SHA-256 of the files that are sent; "" where none is
	Secrets     Secrets
	Warnings    yamlfile.Mistakes // what is no mistake and yet not well
	Tokens      Tokens            // that requests carry; to be started before the first of them
	Renewed     []string          // files of ${file:NAME}: what they hold may become another credential

	again func() (*Compiled, error)
	files []io.Closer
}

// Close closes the files of data, and the trace. Nobody uses the plan any more.
func (c *Compiled) Close() { closeAll(c.files) }

func closeAll(files []io.Closer) {
	for _, f := range files {
		_ = f.Close() // it was only read
	}
}

// Mask takes out of a text every secret, and every token that there was so far.
func (c *Compiled) Mask(text string) string {
	if c.Tokens.Any() {
		return c.Secrets.With(c.Tokens.Secrets()).Mask(text)
	}
	return c.Secrets.Mask(text)
}

// Again compiles the scenario once more, with what its files and the environment
// hold now.
func (c *Compiled) Again() (*Compiled, error) { return c.again() }

// TLS is how connections are secured, as plain data. Files are read already.
type TLS struct {
	Insecure   bool
	ServerName string // "" is the URL's host
	CACert     []byte // PEM; nil is the system's authorities
	Cert, Key  []byte // PEM; nil is no client certificate
	Min, Max   uint16 // versions, as crypto/tls numbers them
	Ciphers    []uint16
	Resume     bool // a user that connects again resumes its session
}

// The defaults. Those that depend on other values are in the code of their part.
const (
	defaultDuration  = Duration(30 * time.Second)
	defaultTimeout   = Duration(10 * time.Second)
	defaultMethod    = "GET"
	defaultBodyLimit = Size(1 << 20)
	defaultWeight    = 1

	leastInFlight = 100
	mostInFlight  = 10_000
)

// defaultExpect is what answers well. Where redirects are followed, one that is
// left over does not: there were too many of them, or it led nowhere.
func defaultExpect(redirects int) Expect {
	if redirects > 0 {
		return Expect{{From: 200, To: 299}}
	}
	return Expect{{From: 200, To: 399}}
}

// The most that is taken for meant. What is above is a slip of the keyboard.
const (
	leastPacing = Duration(100 * time.Microsecond)
	maxUsers    = 1_000_000
	maxRate     = 10_000_000
	maxLength   = Duration(366 * 24 * time.Hour)
	maxInFlight = 1_000_000
	maxSteps    = 10_000

	maxRedirects = 50
)

// A compiler turns one File into a Compiled. It works on a copy, in which it
// fills the defaults.
type compiler struct {
	*File
	options  Options
	secrets  Secrets
	bodies   []byte   // digests of the files that are sent
	steps    []string // names of the plan's steps
	groups   []string // names of what its flows measure as a whole
	renewed  []string // see Compiled.Renewed
	later    bool     // target and environment come later
	warnings yamlfile.Mistakes
	tokens   []*oauth2Token
	arrivals []int64       // of the part of the trace that is replayed, by flow
	trace    *replay.Trace // of the load; nil: it is none
	files    []io.Closer   // to be closed where nothing comes of the scenario
}

// Compile checks the scenario and resolves it. The error is nil or
// yamlfile.Mistakes, which is all that is wrong, in the order of the file.
func (f *File) Compile(options Options) (*Compiled, error) {
	if options.tokens == nil {
		options.tokens = newTokenPool()
	}
	c := &compiler{File: f.copy(), options: options}
	out, err := c.compile()
	if err != nil {
		return nil, err
	}
	same, seed := f.copy(), options
	seed.Seed, seed.trace = out.Plan.Seed, c.trace // which is large, and stays open
	out.again = func() (*Compiled, error) { return same.Compile(seed) }
	return out, nil
}

// Validate returns the mistakes that Compile would return, but those that may be
// gone when the scenario runs: that there is no target yet, and no variable.
func (f *File) Validate(options Options) error {
	c, err := f.Draft(options)
	if err == nil {
		c.Close()
	}
	return err
}

// Draft compiles as far as Validate looks: what it returns cannot be run where the
// target or a variable is to come later, but planned and judged by.
func (f *File) Draft(options Options) (*Compiled, error) {
	options.tokens = newTokenPool()
	c := &compiler{File: f.copy(), options: options, later: true}
	return c.compile()
}

func (c *compiler) compile() (*Compiled, error) {
	c.names()
	plan := loadgen.Plan{Name: c.Name}
	c.model(&plan)
	j := c.journeys(&plan)
	if c.HTTP.Cookies == nil {
		c.HTTP.Cookies = new(len(plan.Flows) > 0)
		c.origins["http.cookies"] = Origin{}
	}
	tls, connections := c.tls(), c.connections()
	protocol := c.protocol(&plan)
	c.groups = plan.Groups
	for _, s := range plan.Steps {
		c.steps = append(c.steps, s.Name)
	}
	objectives, aborts := c.objectives(), c.aborts()
	fill(c, "stop_on_fail", &c.StopOnFail, false)
	fill(c, "drift_margin", &c.DriftMargin, c.options.Drift)
	if len(c.mistakes) > 0 {
		closeAll(c.files)
		return nil, c.report()
	}
	c.warnOfSecrets()
	out := &Compiled{
		Warnings: c.warnings,
		Plan:     plan, Objectives: objectives, Aborts: aborts, StopOnFail: c.StopOnFail, DriftMargin: float64(c.DriftMargin),
		TLS: tls, Connections: connections, Protocol: protocol, Compressed: c.HTTP.Compressed, Secrets: c.secrets, Renewed: c.renewed,
		Tokens: Tokens{c.options.tokens, c.tokens},
		files:  c.files, Sockets: j.over.trimmed(), Calls: j.calls, Before: j.before, After: j.after, Cookies: *c.HTTP.Cookies, Trace: c.trace,
	}
	return out, c.effective(out)
}

// report returns the mistakes in order and without secrets.
func (c *compiler) report() error {
	c.mistakes.Sort()
	for i, m := range c.mistakes {
		c.mistakes[i] = &yamlfile.Mistake{
			Pos: m.Pos, Path: yamlfile.Path(c.secrets.Mask(string(m.Path))), Key: m.Key,
			What: c.secrets.Mask(m.What), Want: c.secrets.Mask(m.Want),
		}
	}
	return c.mistakes
}

// fill sets a value that was not given.
func fill[T comparable](c *compiler, path yamlfile.Path, at *T, value T) {
	var zero T
	if _, settled := c.origins[path]; settled {
		return
	}
	if *at != zero {
		c.origins[path] = Origin{Layer: InCode}
		return
	}
	*at = value
	c.origins[path] = Origin{}
}

func (c *compiler) names() {
	if c.Name == "" {
		c.Name = "scenario"
	}
	c.plain("name", c.Name)
	c.plain("description", c.Description)
	if unprintable(c.Name) {
		c.wrong("name", "the name holds a character that cannot be printed", "letters, digits and punctuation")
	}
}
