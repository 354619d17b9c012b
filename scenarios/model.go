package scenarios

import (
	"fmt"
	"math"
	"slices"
	"time"

	"gonogo/internal/yamlfile"
	"gonogo/loadgen"
)

// model resolves the load.
func (c *compiler) model(plan *loadgen.Plan) {
	l := &c.Load
	users, stages, rate := c.given("load.users", l.Users != 0), c.given("load.stages", l.Stages != nil), c.given("load.rate", l.Rate != 0)
	switch {
	case c.replays() && (users || rate || stages):
		c.wrong("load.replay", "both replay and another load are given", "one of them: a trace says itself when how much is sent")
	case users && (rate || stages):
		c.wrong("load.users", "both users and a rate of arrivals are given", "one of them: users wait for their answers, arrivals do not")
	case rate && stages:
		c.wrong("load.rate", "both rate and stages are given", "one of them: a stage holds a rate, too")
	case c.replays():
		plan.Open = c.replayed()
	case !users && !rate && !stages && c.allOwn():
	case !users && !rate && !stages:
		c.wrong("load.users", "no load is given", "users, rate or stages, such as --users 10")
	case users:
		plan.Closed = c.closed()
	default:
		plan.Open = c.open(rate)
	}
	c.times(plan)
	if plan.Open != nil {
		c.capacity(plan.Open)
	}
	fill(c, "load.seed", &l.Seed, c.options.Seed)
	plan.Seed = l.Seed
}

// allOwn tells whether every flow has a load of its own.
func (c *compiler) allOwn() bool {
	return len(c.Flows) > 0 && !slices.ContainsFunc(c.Flows, func(f Named[Flow]) bool { return f.Value.Load == nil })
}

// given tells whether a value was given, in a file or in code.
func (c *compiler) given(path yamlfile.Path, set bool) bool { return c.has(path) || set }

func (c *compiler) closed() *loadgen.Closed {
	l := &c.Load
	c.meaningless("users", append(openPaths(), replayPaths()...))
	c.within("load.users", l.Users, maxUsers)
	fill(c, "load.users", &l.Users, 0)
	fill(c, "load.think_time", &l.ThinkTime, ThinkTime{})
	fill(c, "load.pacing", &l.Pacing, 0)
	if l.Pacing > 0 && l.ThinkTime != (ThinkTime{}) {
		c.wrong("load.pacing", "both pacing and think_time are given", "one of them: pacing says when the next iteration is due already")
	}
	if l.Pacing > 0 && l.Pacing < leastPacing {
		c.wrong("load.pacing", l.Pacing.String()+" is too short to keep", "at least "+leastPacing.String()+", or none")
	}
	c.atMost("load.pacing", l.Pacing)
	c.iterations("load.iterations", l.Iterations)
	return &loadgen.Closed{Users: l.Users, Iterations: l.Iterations, ThinkTime: loadgen.Distribution(l.ThinkTime), Pacing: time.Duration(l.Pacing)}
}

// iterations checks how often each user comes, where that is given.
func (c *compiler) iterations(path yamlfile.Path, n int) {
	if c.given(path, n != 0) {
		c.within(path, n, maxRepeat)
	}
}

func (c *compiler) open(rate bool) *loadgen.Open {
	l := &c.Load
	c.meaningless("a rate", append(closedPaths(), replayPaths()...))
	fill(c, "load.arrival", &l.Arrival, Constant)
	fill(c, "load.on_overload", &l.OnOverload, Queue)
	open := &loadgen.Open{Poisson: l.Arrival == Poisson, Drop: l.OnOverload == Drop}
	if rate {
		c.rate("load.rate", float64(l.Rate), float64(l.Rate))
		fill(c, "load.rate", &l.Rate, 0)
		fill(c, "load.duration", &l.Duration, defaultDuration)
		open.Stages = []loadgen.Stage{{For: time.Duration(l.Duration), From: float64(l.Rate), To: float64(l.Rate)}}
		return open
	}
	open.Stages = c.stages()
	return open
}

func (c *compiler) stages() []loadgen.Stage {
	var stages []loadgen.Stage
	var length Duration
	forecast := c.forecast()
	most := 0.0
	for i, s := range c.Load.Stages {
		path := yamlfile.Path("load.stages").Index(i)
		if s.For <= 0 {
			c.wrong(path, "the stage takes no time", "a length above 0")
		}
		if c.atMost(path, Duration(s.For)) {
			length += Duration(s.For)
		}
		made := loadgen.Stage{For: s.For, From: s.From, To: s.To}
		if s.Times {
			made.From, made.To = s.From*forecast, s.To*forecast
		}
		most = max(most, made.From, made.To)
		stages = append(stages, made)
	}
	if len(stages) == 0 {
		c.wrong("load.stages", "there is no stage", wantStage)
		return nil
	}
	if length == 0 || c.isSpoiled("load.stages") {
		length = defaultDuration // the mistake is in the stages
	}
	c.rate("load.stages", most, most)
	if c.has("load.duration") && c.Load.Duration != length && !c.isSpoiled("load.stages") {
		c.wrong("load.duration", fmt.Sprintf("%v is not the length of the stages together, %v", c.Load.Duration, length), "the duration left out")
	}
	fill(c, "load.duration", &c.Load.Duration, length)
	return stages
}

// forecast is what stages in multiples are multiples of.
func (c *compiler) forecast() float64 {
	l := &c.Load
	switch {
	case l.Forecast > 0 && !c.isSpoiled("load.forecast"):
		return float64(l.Forecast)
	case c.has("load.forecast"):
		c.wrong("load.forecast", "a forecast of 0 has no multiples", "a rate above 0")
	case slices.ContainsFunc(l.Stages, func(s Stage) bool { return s.Times }):
		c.wrong("load.stages", "they are multiples of a forecast that is not given", "load.forecast, such as --forecast 100")
	}
	return 1 // the mistake is found
}

// rate checks the lowest and the highest rate of a stretch.
func (c *compiler) rate(path yamlfile.Path, lowest, highest float64) {
	switch {
	case lowest < 0 || math.IsNaN(lowest) || math.IsNaN(highest):
		c.wrong(path, "the rate is below 0", "a rate above 0")
	case highest <= 0:
		c.wrong(path, "a rate of 0 makes no load", "a rate above 0")
	case highest > maxRate:
		c.wrong(path, "a rate of "+number(highest)+"/s is more than one machine can make", fmt.Sprintf("%d/s at most", maxRate))
	}
}

// times resolves the phases.
func (c *compiler) times(plan *loadgen.Plan) {
	l := &c.Load
	fill(c, "load.ramp", &l.Ramp, 0)
	fill(c, "load.warm_up", &l.WarmUp, 0)
	fill(c, "load.duration", &l.Duration, defaultDuration)
	fill(c, "load.timeout", &l.Timeout, defaultTimeout)
	fill(c, "load.grace", &l.Grace, l.Timeout)
	if l.Duration <= 0 {
		c.wrong("load.duration", "nothing can be measured in no time", "a duration above 0")
	}
	if l.Timeout <= 0 {
		c.wrong("load.timeout", "every request would time out at once", "a timeout above 0")
	}
	c.atMost("load.ramp", l.Ramp)
	c.atMost("load.warm_up", l.WarmUp)
	c.atMost("load.duration", l.Duration)
	c.atMost("load.timeout", l.Timeout)
	c.atMost("load.grace", l.Grace)
	plan.Ramp, plan.WarmUp, plan.Measure = time.Duration(l.Ramp), time.Duration(l.WarmUp), time.Duration(l.Duration)
	plan.Timeout, plan.Grace = time.Duration(l.Timeout), time.Duration(l.Grace)
}

// DefaultInFlight is how many requests may be open where nobody says it: as many
// as the rate would leave open if every one took until its timeout, within reason.
func DefaultInFlight(rate float64, timeout time.Duration) int {
	return int(min(max(math.Ceil(rate*timeout.Seconds()), leastInFlight), mostInFlight))
}

// capacity resolves how many requests may be open.
func (c *compiler) capacity(open *loadgen.Open) {
	fill(c, "load.max_in_flight", &c.Load.MaxInFlight, DefaultInFlight(open.Peak(), time.Duration(c.Load.Timeout)))
	c.within("load.max_in_flight", c.Load.MaxInFlight, maxInFlight)
	open.MaxInFlight = c.Load.MaxInFlight
}

// meaningless refuses what belongs to the other load model.
func (c *compiler) meaningless(model string, others []yamlfile.Path) {
	for _, path := range others {
		if c.has(path) {
			c.wrong(path, "has no meaning in a load made by "+model, "it left out")
		}
	}
}

// within refuses numbers that are not from 1 to the most.
func (c *compiler) within(path yamlfile.Path, n, most int) {
	if n < 1 || n > most {
		c.wrong(path, fmt.Sprintf("%d is out of range", n), fmt.Sprintf("1 to %d", most))
	}
}

func (c *compiler) atMost(path yamlfile.Path, d Duration) bool {
	if d > maxLength {
		c.wrong(path, fmt.Sprintf("%v is too long", d), "366d at most")
		return false
	}
	return true
}
