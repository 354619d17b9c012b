package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"gonogo/scenarios"
)

// renewEvery is how often the files of credentials are read again. A token that is
// replaced in time, before the old one ends, is never missed.
const renewEvery = 10 * time.Second

// A renewer keeps the requests of a run up to date with the files that their
// credentials come from, beside the requests: they never wait for it.
type renewer struct {
	scenario *scenarios.Compiled
	client   *client
	say      func(kind, text string) // "renewed" or "not renewed"

	mu      sync.Mutex
	secrets scenarios.Secrets // all that there were
	seen    map[string][sha256.Size]byte
	failing bool
}

func newRenewer(c *scenarios.Compiled, to *client, say func(kind, text string)) *renewer {
	r := &renewer{scenario: c, client: to, say: say, secrets: c.Secrets, seen: map[string][sha256.Size]byte{}}
	r.changed()
	if c.Tokens.Any() {
		c.Tokens.OnError(func(err error) { say("not renewed", "a token stays as it was: "+r.mask(err.Error())) })
	}
	return r
}

// keep looks for new credentials until stop is called.
func (r *renewer) keep(ctx context.Context) (stop func()) {
	if len(r.scenario.Renewed) == 0 {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	var renewing sync.WaitGroup
	renewing.Go(func() {
		tick := time.NewTicker(renewEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				r.look(ctx)
			}
		}
	})
	return func() {
		cancel()
		renewing.Wait()
	}
}

// look renews the requests when a file holds something else. What cannot be used is
// told once; the requests stay as they were.
func (r *renewer) look(ctx context.Context) {
	if !r.changed() && !r.failing {
		return
	}
	again, err := r.scenario.Again()
	if err == nil {
		err = r.use(ctx, again)
		again.Close() // the users go on with the data that they have
	}
	switch {
	case err == nil:
		r.mu.Lock()
		r.secrets = r.secrets.With(again.Secrets)
		r.mu.Unlock()
		r.say("renewed", "credentials were read again and are in use")
	case !r.failing:
		r.say("not renewed", "credentials stay as they were: "+r.mask(err.Error()))
	}
	r.failing = err != nil
}

// use makes all later requests those of the scenario as it was compiled again.
func (r *renewer) use(ctx context.Context, again *scenarios.Compiled) error {
	if err := startTokens(ctx, again); err != nil {
		return err
	}
	if err := r.client.Renew(again); err != nil {
		return err
	}
	again.Tokens.Retain()
	return nil
}

// changed tells whether a file holds something else than at the last look.
func (r *renewer) changed() (changed bool) {
	for _, name := range r.scenario.Renewed {
		sum := sumOf(name)
		changed = changed || sum != r.seen[name]
		r.seen[name] = sum
	}
	return changed
}

// sumOf is all zero for a file that cannot be read.
func sumOf(name string) (sum [sha256.Size]byte) {
	f, err := os.Open(name)
	if err != nil {
		return sum
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, io.LimitReader(f, 1<<20)); err != nil {
		return sum
	}
	h.Sum(sum[:0])
	return sum
}

// mask takes out of a text every secret that the run has had.
func (r *renewer) mask(text string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.secrets.With(r.scenario.Tokens.Secrets()).Mask(text)
}

// sayRenewed tells on stderr what became of credentials.
func sayRenewed(std stdio) func(kind, text string) {
	return func(_, text string) { fmt.Fprintf(std.err, "gonogo: %s\n", text) }
}
