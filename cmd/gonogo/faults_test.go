package main

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/decision"
	"gonogo/loadgen"
	"gonogo/slo"
	"gonogo/slo/validity"
)

// virtual is a Protocol on a virtual clock: a target that answers after a time, and
// a Sender that is late by another.
type virtual struct{ late, takes time.Duration }

func (v virtual) NewSender(u loadgen.User) loadgen.Sender { return virtualSender{v, u.Clock} }

type virtualSender struct {
	virtual
	clock loadgen.Clock
}

func (s virtualSender) Send(call *loadgen.Call) {
	time.Sleep(s.late)
	o := &call.Outcome
	o.Sent = s.clock.Now()
	time.Sleep(s.takes)
	o.Read = s.clock.Now()
	o.Done, o.FirstByte, o.Status = o.Read, o.Read, 200
}

func (virtualSender) Interrupt() {}
func (virtualSender) Close()     {}

// stepped are clocks of which the time of day is set in the fifth second.
func stepped(by time.Duration) func() (loadgen.Clocks, bool) {
	start := time.Now()
	return func() (loadgen.Clocks, bool) {
		since := time.Since(start)
		c := loadgen.Clocks{Mono: since, Boot: since, Wall: since}
		if since > 5*time.Second {
			c.Wall += by
		}
		return c, true
	}
}

// models are plans of every kind. At the cap, the open one waits.
func models() map[string]loadgen.Plan {
	steady := []loadgen.Stage{{For: 25 * time.Second, From: 50, To: 50}}
	thinking := loadgen.Distribution{Law: loadgen.Exponential, A: 200 * time.Millisecond}
	plans := map[string]loadgen.Plan{
		"users":            {Closed: &loadgen.Closed{Users: 20}},
		"users that think": {Closed: &loadgen.Closed{Users: 20, ThinkTime: thinking}},
		"paced users":      {Closed: &loadgen.Closed{Users: 20, Pacing: 200 * time.Millisecond}},
		"constant":         {Open: &loadgen.Open{Stages: steady, MaxInFlight: 500}},
		"poisson":          {Open: &loadgen.Open{Stages: steady, MaxInFlight: 500, Poisson: true}},
		"at its cap":       {Open: &loadgen.Open{Stages: steady, MaxInFlight: 1}},
		"a flow":           {Flows: []loadgen.Flow{loadgen.InOrder("flow", 2)}, Open: &loadgen.Open{Stages: steady, MaxInFlight: 500, Poisson: true}},
	}
	for name, p := range plans {
		p.Ramp, p.WarmUp, p.Measure = 2*time.Second, 2*time.Second, 25*time.Second
		p.Timeout, p.Grace, p.Seed = time.Minute, time.Minute, 7
		p.Steps = []loadgen.Step{{Name: "a", Weight: 1}, {Name: "b", Weight: 1}}
		plans[name] = p
	}
	return plans
}

// decided runs a plan on a virtual clock and decides it as load does.
func decided(t *testing.T, p loadgen.Plan, protocol loadgen.Protocol, clocks func() func() (loadgen.Clocks, bool)) (d decision.Decision, v validity.Validity) {
	t.Helper()
	target, err := slo.ParseTarget("p95 < 200ms")
	require.NoError(t, err)
	objectives := []slo.Objective{{Name: "p95", Go: target}}
	synctest.Test(t, func(t *testing.T) {
		e := &loadgen.Engine{Plan: &p, Protocol: protocol, GoTimers: true, Limits: slo.Limits(objectives, names(&p))}
		if clocks != nil {
			e.Clocks = clocks()
		}
		r := e.Run(t.Context())
		v = validity.Of(slo.RunOf(r.Summary, r.Measured), facts(&p, r), objectives)
		d = decision.OfRun(slo.Judge(objectives, r.Summary, r.Measured), v, r.StoppedEarly, "")
	})
	return d, v
}

// failed names the checks that invalidate.
func failed(v validity.Validity) (names []string) {
	for _, c := range v.Checks {
		if !c.OK && !c.Warning {
			names = append(names, c.Name)
		}
	}
	return names
}

func TestAHealthyRunIsNeverInvalid(t *testing.T) {
	for name, plan := range models() {
		for _, takes := range []time.Duration{5 * time.Millisecond, 30 * time.Millisecond, 150 * time.Millisecond} {
			t.Run(fmt.Sprint(name, " ", takes), func(t *testing.T) {
				d, v := decided(t, plan, virtual{takes: takes}, nil)
				require.True(t, v.Valid, "%v", d.Reasons)
				require.Empty(t, failed(v))
				require.NotEqual(t, decision.Invalid, d.Verdict)
			})
		}
	}
}

func TestALateSenderIsInvalid(t *testing.T) {
	for name, plan := range models() {
		t.Run(name, func(t *testing.T) {
			d, v := decided(t, plan, virtual{late: 50 * time.Millisecond, takes: 5 * time.Millisecond}, nil)
			require.Equal(t, decision.Invalid, d.Verdict)
			require.Equal(t, 12, decision.ExitCode(d.Verdict))
			require.Contains(t, failed(v), "lag")
			require.Contains(t, d.Reasons[0], "the generator itself sent requests late")
		})
	}
}

func TestAClockThatIsSetIsInvalid(t *testing.T) {
	for _, by := range []time.Duration{time.Hour, -60 * time.Millisecond} {
		t.Run(by.String(), func(t *testing.T) {
			clocks := func() func() (loadgen.Clocks, bool) { return stepped(by) }
			d, v := decided(t, models()["poisson"], virtual{takes: 5 * time.Millisecond}, clocks)
			require.Equal(t, decision.Invalid, d.Verdict)
			require.Equal(t, 12, decision.ExitCode(d.Verdict))
			require.Equal(t, []string{"clock"}, failed(v))
			require.Contains(t, d.Reasons[0], "the time of day was set by")
		})
	}
}
