package validity

import (
	"fmt"
	"strings"
	"time"
)

// What a generator's process goes through matters by its effect. A stall or a step
// of a clock is one: requests were held up, or instants are wrong. A processor that
// is busy or a pause of the garbage collector is only a likely cause; if it had an
// effect, the lag shows it. So those warn.

// checkStall asks whether the process ran all the time.
func checkStall(in instrument) (Check, bool) {
	if in.Health == nil {
		return Check{}, false
	}
	return jolted(Check{
		Name:   "stall",
		Limit:  "none above 1s",
		Reason: "the generator did not run at all for %s: requests that were due then were held back, and answers were not seen",
		Remedy: "do not stop or freeze the process or its machine while it measures; give it processors of its own",
	}, in.Health.Stalls), true
}

// checkClock asks whether the clocks went on evenly.
func checkClock(in instrument) (Check, bool) {
	if in.Health == nil {
		return Check{}, false
	}
	c := Check{
		Name:   "clock",
		Limit:  "no step above 50ms, no sleep of the machine",
		Reason: "the time of day was set by %s while the run measured, so instants that the kernel stamped cannot be trusted",
		Remedy: "let the clock be slewed and not stepped (chrony, ntpd), and measure again",
	}
	if len(in.Health.Sleeps) > 0 {
		c.Reason = "the machine slept for %s while the run measured"
		c.Remedy = "keep the machine from sleeping (systemd-inhibit, caffeinate), and measure again"
		return jolted(c, in.Health.Sleeps), true
	}
	return jolted(c, in.Health.Steps), true
}

// jolted fills in a check that wants no jolts. Its reason takes how long they were.
func jolted(c Check, jolts []Jolt) Check {
	if len(jolts) == 0 {
		c.OK, c.Measured = true, "none"
		return c
	}
	var lengths, moments []string
	for _, j := range jolts {
		lengths = append(lengths, signedText(j.Length))
		moments = append(moments, fmt.Sprintf("%s at %s", signedText(j.Length), roundText(j.At)))
	}
	c.Measured = someOf(moments)
	c.Reason = fmt.Sprintf(c.Reason, someOf(lengths))
	return c
}

func signedText(d time.Duration) string {
	if d < 0 {
		return "-" + roundText(-d)
	}
	return roundText(d)
}

// checkCPU compares the processors in use with those there are.
func checkCPU(in instrument) (Check, bool) {
	if in.Health == nil || in.Health.CPU < 0 || in.Health.CPUs <= 0 {
		return Check{}, false
	}
	const most = 0.8
	share := in.Health.CPU / in.Health.CPUs
	return Check{
		Name:     "cpu",
		OK:       share <= most,
		Warning:  true,
		Measured: fmt.Sprintf("%.0f%% of %s", 100*share, processors(in.Health.CPUs)),
		Limit:    "80%",
		Reason:   "the generator had little processor time to spare; had it touched what was measured, the lag would show it",
		Remedy:   "give the generator more processors, or plan fewer users or a lower rate",
	}, true
}

func processors(n float64) string {
	text := strings.TrimSuffix(fmt.Sprintf("%.1f", n), ".0")
	if text == "1" {
		return "1 processor"
	}
	return text + " processors"
}

// checkScheduling looks at how long the generator's own work had to wait.
func checkScheduling(in instrument) (Check, bool) {
	if in.Health == nil {
		return Check{}, false
	}
	return in.pause(Check{
		Name:   "scheduling",
		Reason: "work of the generator had to wait for a processor; had it touched what was measured, the lag would show it",
		Remedy: "give the generator more processors, or plan fewer users or a lower rate",
	}, in.Health.Scheduling)
}

// checkGC looks at the garbage collector's pauses.
func checkGC(in instrument) (Check, bool) {
	if in.Health == nil {
		return Check{}, false
	}
	return in.pause(Check{
		Name:   "gc",
		Reason: "the generator stopped to collect garbage; had it touched what was measured, the lag would show it",
		Remedy: "give the generator more processors and memory (GOGC, GOMEMLIMIT)",
	}, in.Health.GC)
}

// pause fills in a check of a duration that warns where it is no longer short
// beside what is judged.
func (in instrument) pause(c Check, p99 time.Duration) (Check, bool) {
	limit := in.lateLimit()
	c.OK, c.Warning = p99 <= limit, true
	c.Measured, c.Limit = "p99 "+roundText(p99), "p99 <= "+roundText(limit)
	return c, p99 >= 0
}
