package app

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonogo/target"
)

// Settings are how the applications behave. Parse makes them.
type Settings struct {
	limit struct {
		requests int
		window   time.Duration
		health   bool
	}
	claude struct {
		quota                           int
		window, spacing, maxDelay, slow time.Duration
		threshold                       float64
	}
	pool struct {
		accounts, quota        int
		window, halfOpen, slow time.Duration
	}
	webhook struct {
		failing              float64
		attempts             int
		hang, process        time.Duration
		mode, secret, header string
	}
	zap struct {
		attempts         int
		timeout, backoff time.Duration
	}
	asset struct{ slow time.Duration }
	page  struct{ slow, slowHome time.Duration }
	flow  struct {
		polls int
		step  string
	}
	aging  target.Aging
	faults []fault
}

// A setting is one of them under its name, with its default as a text.
type setting struct {
	name, standard, help string
	set                  func(text string) error
	get                  func() string
}

// list is every setting, bound to s.
func (s *Settings) list() []setting {
	return []setting{
		number("limit.requests", "1000", "requests of a client in a window", &s.limit.requests, 1, 1e9),
		length("limit.window", "1m", "length of a window", &s.limit.window),
		choice("limit.health", "no", "limit /health, too", []string{"no", "yes"}, truly{&s.limit.health}),
		number("claude.quota", "50", "requests that the upstream takes in a window", &s.claude.quota, 1, 1e9),
		length("claude.window", "1m", "length of a window", &s.claude.window),
		share("claude.threshold", "80%", "of the quota, from where on requests are queued", &s.claude.threshold),
		length("claude.spacing", "400ms", "between requests that leave the queue", &s.claude.spacing),
		length("claude.max_delay", "4.9s", "longest queue delay; beyond it 503", &s.claude.maxDelay),
		length("claude.slow", "5.5s", "what claude=slow-queue adds to a queue delay", &s.claude.slow),
		number("pool.accounts", "5", "accounts", &s.pool.accounts, 1, 100),
		number("pool.quota", "1000", "calls of an account in a window", &s.pool.quota, 1, 1e9),
		length("pool.window", "1m", "length of a window", &s.pool.window),
		length("pool.half_open", "30s", "until an open breaker is half open", &s.pool.halfOpen),
		length("pool.slow", "2s", "what a switch takes with pool=slow-switch", &s.pool.slow),
		share("webhook.failing", "0%", "ids whose first attempts fail", &s.webhook.failing),
		number("webhook.attempts", "2", "attempts of such an id that fail", &s.webhook.attempts, 1, 1000),
		choice("webhook.mode", "503", "how they fail", []string{"503", "timeout"}, word{&s.webhook.mode}),
		length("webhook.hang", "10s", "how long a timeout is silent before the connection ends", &s.webhook.hang),
		length("webhook.process", "50ms", "from delivered to processed", &s.webhook.process),
		free("webhook.secret", "", "key of the signatures; none: not signed", &s.webhook.secret),
		header("webhook.header", "X-Signature", "header with sha256= and the HMAC of the body", &s.webhook.header),
		number("zap.attempts", "5", "attempts to deliver", &s.zap.attempts, 1, 100),
		length("zap.timeout", "1s", "of one attempt", &s.zap.timeout),
		length("zap.backoff", "100ms", "pause before the second attempt; it doubles, up to 1m", &s.zap.backoff),
		length("asset.slow", "150ms", "what an asset takes with assets=slow", &s.asset.slow),
		length("page.slow", "3.5s", "what a page takes with pages=slow", &s.page.slow),
		length("page.slow_home", "2.5s", "what / takes with pages=slow-home", &s.page.slowHome),
		number("flow.polls", "3", "how often a request is pending before it is done", &s.flow.polls, 0, 1000),
		choice("flow.step", "request", "the step that flow=500 fails", []string{"signup", "login", "link", "request", "poll"}, word{&s.flow.step}),
	}
}

// Parse reads settings, each NAME=VALUE, and faults, each APPLICATION=FAULT.
// Every mistake is in the error.
func Parse(settings, faults []string, aging target.Aging) (Settings, error) {
	var s Settings
	list := s.list()
	errs := []error{aging.Validate()}
	for _, one := range list {
		errs = append(errs, one.set(one.standard))
	}
	for _, text := range settings {
		name, value, found := strings.Cut(text, "=")
		i := slices.IndexFunc(list, func(one setting) bool { return one.name == name })
		switch {
		case !found:
			errs = append(errs, fmt.Errorf("setting %q: want NAME=VALUE, such as limit.requests=100", text))
		case i < 0:
			errs = append(errs, fmt.Errorf("setting %q: no such setting, want one of %s", name, names(list)))
		default:
			if err := list[i].set(value); err != nil {
				errs = append(errs, fmt.Errorf("setting %s: %w", name, err))
			}
		}
	}
	s.aging = aging
	for _, text := range faults {
		if !slices.ContainsFunc(everyFault(), func(f faultHelp) bool { return string(f.name) == text }) {
			errs = append(errs, fmt.Errorf("fault %q: no such fault, want one of %s", text, faultList()))
		}
		s.faults = append(s.faults, fault(text))
	}
	if err := errors.Join(errs...); err != nil {
		return Settings{}, err
	}
	return s, nil
}

func names(list []setting) string {
	var out []string
	for _, one := range list {
		out = append(out, one.name)
	}
	return strings.Join(out, ", ")
}

// told is every setting in effect. The secret is not told.
func (s *Settings) told() map[string]string {
	own := *s // list binds to what it is called on
	out := map[string]string{}
	for _, one := range own.list() {
		out[one.name] = one.get()
	}
	if s.webhook.secret != "" {
		out["webhook.secret"] = "set"
	}
	add := func(set bool, name, value string) {
		if set {
			out[name] = value
		}
	}
	add(s.aging.SlowStart != target.SlowStart{}, "slow_start", s.aging.SlowStart.String())
	add(s.aging.Drift != target.Drift{}, "drift", s.aging.Drift.String())
	add(s.aging.Growth != target.Growth{}, "error_growth", s.aging.Growth.String())
	return out
}

// String says in one line what differs from the defaults.
func (s Settings) String() string {
	var words []string
	told := s.told()
	for _, one := range s.list() {
		if value := told[one.name]; one.get() != one.standard {
			words = append(words, one.name+"="+value)
		}
	}
	for _, name := range []string{"slow_start", "drift", "error_growth"} {
		if value := told[name]; value != "" {
			words = append(words, name+"="+value)
		}
	}
	for _, f := range s.faults {
		words = append(words, "fault "+string(f))
	}
	if words == nil {
		return "applications"
	}
	return "applications, " + strings.Join(words, ", ")
}

func number(name, standard, help string, into *int, least, most int) setting {
	return setting{name, standard, help, func(text string) error {
		n, err := strconv.Atoi(text)
		if err != nil || n < least || n > most {
			return fmt.Errorf("want %d to %d, got %q", least, most, text)
		}
		*into = n
		return nil
	}, func() string { return strconv.Itoa(*into) }}
}

func length(name, standard, help string, into *time.Duration) setting {
	return setting{name, standard, help, func(text string) error {
		d, err := time.ParseDuration(text)
		if err != nil || d <= 0 || d > target.MaxDelay {
			return fmt.Errorf("want a duration above 0 and at most %s with its unit, such as 20ms, got %q", target.MaxDelay, text)
		}
		*into = d
		return nil
	}, func() string { return brief(*into) }}
}

// brief writes 1m for 1m0s.
func brief(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	return text
}

func share(name, standard, help string, into *float64) setting {
	return setting{name, standard, help, func(text string) error {
		value, err := target.ParseShare(text)
		if err == nil {
			*into = value
		}
		return err
	}, func() string { return strconv.FormatFloat(*into*100, 'g', 12, 64) + "%" }}
}

func free(name, standard, help string, into *string) setting {
	return setting{name, standard, help, func(text string) error {
		if len(text) > textSize {
			return fmt.Errorf("want at most %d bytes", textSize)
		}
		*into = text
		return nil
	}, func() string { return *into }}
}

func header(name, standard, help string, into *string) setting {
	other := func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}
	return setting{name, standard, help, func(text string) error {
		if text == "" || len(text) > textSize || strings.ContainsFunc(text, other) {
			return fmt.Errorf("want a header's name of letters, digits and -, got %q", text)
		}
		*into = text
		return nil
	}, func() string { return *into }}
}

// A chosen is where a choice goes.
type chosen interface {
	put(text string)
	text() string
}

type (
	word  struct{ into *string }
	truly struct{ into *bool }
)

func (w word) put(text string) { *w.into = text }
func (w word) text() string    { return *w.into }

func (b truly) put(text string) { *b.into = text == "yes" }

func (b truly) text() string {
	if *b.into {
		return "yes"
	}
	return "no"
}

func choice(name, standard, help string, of []string, into chosen) setting {
	return setting{name, standard, help + ": " + strings.Join(of, ", "), func(text string) error {
		if !slices.Contains(of, text) {
			return fmt.Errorf("want one of %s, got %q", strings.Join(of, ", "), text)
		}
		into.put(text)
		return nil
	}, into.text}
}
