package target

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// MaxDelay is the longest delay; laws with a longer tail are cut there.
const MaxDelay = time.Hour

// A law is a family of delay distributions.
type law uint8

const (
	lawConst law = iota
	lawUniform
	lawLognormal
	lawBimodal
	lawExponential
)

// Delay is a distribution of delays. The zero value is no delay. Samples are
// Quantile of a uniform number, so the quantile function is exact by
// construction, not by fit.
type Delay struct {
	law   law
	a, b  time.Duration
	shape float64 // lognormal: sigma; bimodal: the share of b
}

// ConstDelay always takes d. Quantile(q) = d.
func ConstDelay(d time.Duration) Delay { return Delay{law: lawConst, a: d} }

// UniformDelay takes between a and b. Quantile(q) = a + q(b-a).
func UniformDelay(a, b time.Duration) Delay { return Delay{law: lawUniform, a: a, b: b} }

// LognormalDelay has a logarithm that is normal with deviation sigma.
// Quantile(q) = median * exp(sigma * z(q)), z the standard normal quantile.
func LognormalDelay(median time.Duration, sigma float64) Delay {
	return Delay{law: lawLognormal, a: median, shape: sigma}
}

// BimodalDelay takes slow for that share of requests and fast for the others.
// Quantile(q) = fast up to q = 1-share, then slow.
func BimodalDelay(fast, slow time.Duration, share float64) Delay {
	return Delay{law: lawBimodal, a: fast, b: slow, shape: share}
}

// ExponentialDelay has no memory. Quantile(q) = -mean * ln(1-q).
func ExponentialDelay(mean time.Duration) Delay { return Delay{law: lawExponential, a: mean} }

// Quantile is the delay that a share q of requests does not exceed.
func (d Delay) Quantile(q float64) time.Duration {
	q = min(max(q, 0), 1)
	switch d.law {
	case lawUniform:
		return capped(float64(d.a) + q*float64(d.b-d.a))
	case lawLognormal:
		return capped(float64(d.a) * math.Exp(d.shape*math.Sqrt2*math.Erfinv(2*q-1)))
	case lawBimodal:
		if q > 1-d.shape {
			return d.b
		}
	case lawExponential:
		return capped(-float64(d.a) * math.Log1p(-q))
	}
	return d.a
}

func capped(ns float64) time.Duration {
	return time.Duration(min(ns, float64(MaxDelay)))
}

// String gives back the text that ParseDelay reads.
func (d Delay) String() string {
	switch d.law {
	case lawUniform:
		return fmt.Sprintf("uniform:%s,%s", d.a, d.b)
	case lawLognormal:
		return fmt.Sprintf("lognormal:%s,%s", d.a, strconv.FormatFloat(d.shape, 'g', -1, 64))
	case lawBimodal:
		return fmt.Sprintf("bimodal:%s,%s,%s", d.a, d.b, percent(d.shape))
	case lawExponential:
		return fmt.Sprintf("exponential:%s", d.a)
	}
	return fmt.Sprintf("const:%s", d.a)
}

func (d Delay) validate() error {
	switch {
	case d.a < 0 || d.b < 0 || d.a > MaxDelay || d.b > MaxDelay:
		return fmt.Errorf("delay %s: want durations from 0 to %s", d, MaxDelay)
	case (d.law == lawUniform || d.law == lawBimodal) && d.b < d.a:
		return fmt.Errorf("delay %s: want the shorter duration first", d)
	case d.law == lawLognormal && !(d.shape > 0 && d.shape <= maxSigma):
		return fmt.Errorf("delay %s: want a sigma above 0 and at most %d", d, maxSigma)
	case d.law == lawBimodal && !(d.shape >= 0 && d.shape <= 1):
		return fmt.Errorf("delay %s: want a share from 0%% to 100%%", d)
	}
	return nil
}

// maxSigma keeps a typing error (5 for 0.5) from becoming hours.
const maxSigma = 4

// ParseDelay reads const:D (or D alone), uniform:A,B, lognormal:MEDIAN,SIGMA,
// bimodal:FAST,SLOW,SHARE or exponential:MEAN.
func ParseDelay(text string) (Delay, error) {
	name, args, found := strings.Cut(text, ":")
	if !found {
		name, args = "const", text
	}
	d, err := parseLaw(name, strings.Split(args, ","))
	if err == nil {
		err = d.validate()
	}
	if err != nil {
		return Delay{}, fmt.Errorf("parse delay %q: %w", text, err)
	}
	return d, nil
}

func parseLaw(name string, args []string) (Delay, error) {
	read := lawArgs{args: args}
	switch name {
	case "const":
		return read.done(ConstDelay(read.duration(0)), "const:D, such as const:20ms", 1)
	case "uniform":
		return read.done(UniformDelay(read.duration(0), read.duration(1)), "uniform:A,B, such as uniform:10ms,30ms", 2)
	case "lognormal":
		return read.done(LognormalDelay(read.duration(0), read.number(1)), "lognormal:MEDIAN,SIGMA, such as lognormal:20ms,0.5", 2)
	case "bimodal":
		return read.done(BimodalDelay(read.duration(0), read.duration(1), read.share(2)), "bimodal:FAST,SLOW,SHARE, such as bimodal:10ms,500ms,5%", 3)
	case "exponential":
		return read.done(ExponentialDelay(read.duration(0)), "exponential:MEAN, such as exponential:20ms", 1)
	}
	return Delay{}, fmt.Errorf("want const, uniform, lognormal, bimodal or exponential, got %q", name)
}

// lawArgs reads a law's arguments and keeps the first mistake.
type lawArgs struct {
	args []string
	err  error
}

// arg applies parse to argument i; done answers for a missing one.
func arg[T any](r *lawArgs, i int, parse func(string) (T, error)) (value T) {
	if i >= len(r.args) || r.err != nil {
		return value
	}
	value, r.err = parse(r.args[i])
	return value
}

func (r *lawArgs) duration(i int) time.Duration { return arg(r, i, parseDuration) }
func (r *lawArgs) share(i int) float64          { return arg(r, i, ParseShare) }
func (r *lawArgs) number(i int) float64         { return arg(r, i, parseNumber) }

// done refuses another number of arguments than want.
func (r *lawArgs) done(d Delay, form string, want int) (Delay, error) {
	if len(r.args) != want {
		return Delay{}, fmt.Errorf("want %s", form)
	}
	if r.err != nil {
		return Delay{}, fmt.Errorf("want %s: %w", form, r.err)
	}
	return d, nil
}
