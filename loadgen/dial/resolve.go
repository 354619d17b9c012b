package dial

import (
	"context"
	"errors"
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
