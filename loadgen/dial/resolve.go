package dial

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Resolve looks up where connections to the origins would go, and connects to
// nothing. It fails when a name has no address.
func (n *Network) Resolve(ctx context.Context, origins ...*Origin) error {
	var errs []error
	for _, o := range origins {
		for _, p := range []*place{o.via, o.place} {
			if p == nil {
				continue
			}
			if _, err := p.list(ctx); err != nil {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

// Origins lists those that requests were planned for so far, in no order.
func (n *Network) Origins() []*Origin {
	n.mu.Lock()
	defer n.mu.Unlock()
	var all []*Origin
	for _, o := range n.origins {
		all = append(all, o)
	}
	return all
}

const (
	// leastTTL is the shortest that addresses are used. A TTL of 0 says that they
	// are for one use, and would have us ask without end.
	leastTTL = time.Second
	// longestRetry is the longest between a lookup that failed and the next.
	longestRetry = 30 * time.Second
	// lookupTime is the longest that a name is looked up in the background.
	lookupTime = 10 * time.Second
)

// KeepResolving looks each name up again when its TTL has passed, and every
// Options.DNSEvery at the latest, until ctx ends. A name that cannot be found keeps
// the addresses that it had, and is asked for again soon, then ever less often.
func (n *Network) KeepResolving(ctx context.Context) {
	if n.options.DNSEvery <= 0 {
		return
	}
	var keeping sync.WaitGroup
	defer keeping.Wait()
	kept := map[*place]bool{}
	for {
		for _, p := range n.lookedUp() {
			if !kept[p] {
				kept[p] = true
				keeping.Go(func() { p.keep(ctx) })
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-n.found:
		}
	}
}

// lookedUp lists the places whose names were found, maxPlaces at most.
func (n *Network) lookedUp() []*place {
	n.mu.Lock()
	defer n.mu.Unlock()
	var all []*place
	for _, p := range n.places {
		if p.due.Load() != nil {
			all = append(all, p)
		}
	}
	return all
}

// lasts notes that the addresses hold for the TTL. A first time tells KeepResolving.
func (p *place) lasts(ttl time.Duration) {
	wait := p.network.options.DNSEvery
	if ttl >= 0 {
		wait = min(wait, max(ttl, leastTTL))
	}
	due := time.Now().Add(wait)
	if p.due.Swap(&due) != nil {
		return
	}
	select {
	case p.network.found <- struct{}{}:
	default:
	}
}

// keep looks the name up whenever that is due, until ctx ends.
func (p *place) keep(ctx context.Context) {
	timer := time.NewTimer(time.Until(*p.due.Load()))
	defer timer.Stop()
	longest := min(p.network.options.DNSEvery, longestRetry)
	retry := min(leastTTL, longest)
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		if err := p.refresh(ctx); err != nil { // counted; what was known stays
			timer.Reset(retry)
			retry = min(2*retry, longest)
			continue
		}
		timer.Reset(time.Until(*p.due.Load()))
		retry = min(leastTTL, longest)
	}
}

func (p *place) refresh(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	_, err := p.lookup(ctx, true)
	return err
}
