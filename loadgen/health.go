package loadgen

import (
	"math"
	"runtime/metrics"
	"sync"
	"time"

	"gonogo/internal/machine"
)

// A Health says how the process that made the load fared, and its machine: what
// the engine could not help, and what may have spoilt a measurement.
//
// CPU, Scheduling and GC are of the measure phase. What is not known is
// machine.Unknown, which is below 0.
type Health struct {
	CPU        float64       // processors in use, on average
	PeakCPU    float64       // in the busiest second
	CPUs       float64       // how many there are to use: those of the machine, or a control group's quota
	Scheduling time.Duration // 99th percentile of how long a goroutine that could run waited to
	GC         time.Duration // 99th percentile of the garbage collector's pauses

	MaxRSS    int64 // the most memory that was resident, in bytes
	FreePorts int   // the least that were left for connections, about

	// The first of what went wrong with time, in order, and how often it did.
	Jolts  []Jolt
	Jolted [JoltKinds]int
}

// A Jolt is a moment at which time did not pass as it should.
type Jolt struct {
	Kind   JoltKind
	At     time.Duration // when it was noticed, since the start of the run
	Length time.Duration // a step back is below 0
	// Measured: it was in the measure phase or after it, so it may have touched
	// requests that are judged.
	Measured bool
}

// JoltKind is what went wrong.
type JoltKind uint8

// The kinds of Jolt.
const (
	Stalled   JoltKind = iota // the process did not run at all
	Suspended                 // the machine slept
	Stepped                   // the time of day was set
	JoltKinds                 // how many there are
)

// String returns the word that reports use.
func (k JoltKind) String() string { return [...]string{"stall", "sleep", "clock step"}[k] }

// Clocks are readings of the machine's clocks.
type Clocks = machine.Clocks

const (
	lookEvery  = 200 * time.Millisecond // at the clocks
	usageEvery = 5                      // looks: at all else
	portsEvery = 5 * usageEvery         // likewise: they run out over many seconds
	maxJolts   = 100                    // that are kept

	// Shorter ones are what a busy machine does to every process; if they held
	// arrivals back, the departures show it.
	stallLimit = time.Second
	stepLimit  = 50 * time.Millisecond
)

// A sampler looks at the process again and again, outside the path of the requests.
type sampler struct {
	plan  *Plan
	clock Clock
	read  func() (Clocks, bool)
	here  *machine.Meter
	users func() int
	from  time.Duration // the begin of the measure phase

	looked time.Duration // the last reading of Mono; below 0 before the first
	clocks *Clocks       // the last reading that was of one moment

	mu     sync.Mutex // held by the sampler while it changes what follows, and by those who ask
	health Health
	fresh  news    // since somebody asked
	first  *sample // at the begin of the measure phase
	final  *sample // at its end
	before sample  // the last one
}

// A sample is what the process has used up to a moment.
type sample struct {
	at             time.Duration
	cpu            time.Duration
	scheduling, gc *metrics.Float64Histogram
}

func newSampler(r *run) *sampler {
	s := &sampler{
		plan: r.Plan, clock: r.clock, read: r.Clocks, here: machine.Machine{}.Meter(), users: func() int { return int(r.users.Load()) },
		health: Health{
			CPU: machine.Unknown, PeakCPU: machine.Unknown, Scheduling: machine.Unknown, GC: machine.Unknown,
			MaxRSS: machine.Unknown, FreePorts: machine.Unknown,
		},
		looked: -1,
		before: sample{cpu: machine.Unknown},
		fresh:  news{cpu: machine.Unknown, rss: machine.Unknown},
		from:   r.Plan.Ramp + r.Plan.WarmUp,
	}
	switch {
	case s.read != nil:
	case r.GoTimers:
		s.read = machine.GoClocks()
	default:
		s.read = machine.SystemClocks()
	}
	s.health.CPUs = machine.Machine{}.CPUs()
	s.look() // here, and not when its goroutine gets a processor: a stall may come first
	return s
}

// run looks until the run is over.
func (s *sampler) run(over <-chan struct{}) {
	defer s.here.Close()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	s.take()
	for looks := 1; ; looks++ {
		select {
		case <-tick.C:
		case <-over:
			s.look()
			s.take()
			s.count()
			return
		}
		s.look()
		if looks%portsEvery == 0 {
			s.count()
		}
		if now := s.clock.Now(); looks%usageEvery == 0 || s.isTurn(now) {
			s.take()
		}
	}
}

// isTurn tells whether the measure phase has begun or ended since the last sample.
func (s *sampler) isTurn(now time.Duration) bool {
	return s.first == nil && now >= s.from || s.final == nil && now >= s.plan.Length()
}

// look reads the clocks and compares what they say has passed.
func (s *sampler) look() {
	c, ok := s.read()
	if late := c.Mono - s.looked - lookEvery; s.looked >= 0 && late > stallLimit {
		s.jolt(Stalled, late)
	}
	s.looked = c.Mono
	if !ok {
		return // the next look sees all that has passed
	}
	if s.clocks != nil {
		s.compare(*s.clocks, c)
	}
	s.clocks = &c
}

func (s *sampler) compare(before, now Clocks) {
	boot := now.Boot - before.Boot
	if asleep := boot - (now.Mono - before.Mono); asleep > stepLimit {
		s.jolt(Suspended, asleep)
	}
	if step := now.Wall - before.Wall - boot; step > stepLimit || step < -stepLimit {
		s.jolt(Stepped, step)
	}
}

func (s *sampler) jolt(kind JoltKind, length time.Duration) {
	now := s.clock.Now()
	j := Jolt{kind, now, length, now >= s.from}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.health.Jolted[kind]++
	if len(s.health.Jolts) < maxJolts {
		s.health.Jolts = append(s.health.Jolts, j)
	}
	if len(s.fresh.jolts) < maxJolts {
		s.fresh.jolts = append(s.fresh.jolts, j)
	}
}

// news is what a Tick tells of the process.
type news struct {
	jolts []Jolt
	cpu   float64
	rss   int64
}

// news returns it, the jolts being those since the last call.
func (s *sampler) news() news {
	s.mu.Lock()
	defer s.mu.Unlock()
	fresh := s.fresh
	s.fresh.jolts = nil
	return fresh
}

// take takes what the process has used since the last time.
func (s *sampler) take() {
	now, usage := s.clock.Now(), s.here.Usage()
	s.mu.Lock()
	defer s.mu.Unlock()
	c := sample{at: now, cpu: usage.CPU}
	s.health.MaxRSS = max(s.health.MaxRSS, usage.RSS)
	s.fresh.cpu, s.fresh.rss = rate(s.before, c), usage.RSS
	if s.first != nil && s.final == nil && c.at-s.before.at >= lookEvery*usageEvery/2 {
		s.health.PeakCPU = max(s.health.PeakCPU, rate(s.before, c))
	}
	s.before = c
	switch {
	case s.first == nil && now >= s.from:
		c.pauses()
		s.first = &c
	case s.first != nil && s.final == nil && now >= s.plan.Length():
		c.pauses()
		s.final = &c
	}
}

// count counts the ports that are left.
func (s *sampler) count() {
	ports, ok := s.here.Ports()
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	free := max(0, ports.Count()-ports.Waiting-s.users())
	if s.health.FreePorts == machine.Unknown || free < s.health.FreePorts {
		s.health.FreePorts = free
	}
}

// pauses reads what the runtime counts: a histogram each, since the start of the
// process.
func (c *sample) pauses() {
	read := []metrics.Sample{{Name: "/sched/latencies:seconds"}, {Name: "/sched/pauses/total/gc:seconds"}}
	metrics.Read(read)
	for i, into := range []**metrics.Float64Histogram{&c.scheduling, &c.gc} {
		if read[i].Value.Kind() == metrics.KindFloat64Histogram {
			*into = read[i].Value.Float64Histogram()
		}
	}
}

// sofar is what was observed until now. Before the end of the measure phase the last
// sample is the final one.
func (s *sampler) sofar() *Health {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.health
	if s.first == nil {
		return &h
	}
	final := s.before
	if s.final != nil {
		final = *s.final
	} else {
		final.pauses()
	}
	h.CPU = rate(*s.first, final)
	h.PeakCPU = max(h.PeakCPU, h.CPU)
	h.Scheduling = p99(s.first.scheduling, final.scheduling)
	h.GC = p99(s.first.gc, final.gc)
	return &h
}

// rate is how many processors were in use between two samples.
func rate(from, to sample) float64 {
	if from.cpu == machine.Unknown || to.cpu == machine.Unknown || to.at <= from.at {
		return machine.Unknown
	}
	return float64(to.cpu-from.cpu) / float64(to.at-from.at)
}

// p99 is the 99th percentile of what was counted between two histograms, at its
// bucket's upper edge; 0 when nothing was.
func p99(from, to *metrics.Float64Histogram) time.Duration {
	if from == nil || to == nil {
		return machine.Unknown
	}
	var all, sum uint64
	for i := range to.Counts {
		all += to.Counts[i] - from.Counts[i]
	}
	rank := all - all/100
	for i := range to.Counts {
		if sum += to.Counts[i] - from.Counts[i]; sum >= rank && all > 0 {
			edge := to.Buckets[i+1]
			if math.IsInf(edge, 1) {
				edge = to.Buckets[i]
			}
			return time.Duration(edge * float64(time.Second))
		}
	}
	return 0
}
