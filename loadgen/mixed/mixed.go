// Package mixed sends the steps of a plan over several protocols: each step over its
// own. A user has one Sender of each, from the first step that needs it on.
package mixed

import (
	"sync"

	"gonogo/loadgen"
)

// A Protocol hands each step to the protocol that it is for.
type Protocol struct {
	all []loadgen.Protocol // each once
	of  []int              // by step: which of all
}

// New returns the Protocol that sends step i over of[i], none of which may be nil.
func New(of []loadgen.Protocol) *Protocol {
	p := &Protocol{of: make([]int, len(of))}
	known := map[loadgen.Protocol]int{}
	for i, one := range of {
		n, ok := known[one]
		if !ok {
			n = len(p.all)
			known[one] = n
			p.all = append(p.all, one)
		}
		p.of[i] = n
	}
	return p
}

// NewSender implements loadgen.Protocol.
func (p *Protocol) NewSender(u loadgen.User) loadgen.Sender {
	return &sender{protocol: p, user: u, all: make([]loadgen.Sender, len(p.all))}
}

// sender is one user's Sender.
type sender struct {
	protocol *Protocol
	user     loadgen.User
	all      []loadgen.Sender // by protocol; nil: not needed yet

	mu      sync.Mutex // guards what Interrupt needs
	sending loadgen.Sender
}

// Start implements loadgen.Starter, where the step's Sender is there and is one.
func (s *sender) Start(call *loadgen.Call) {
	if starter, ok := s.all[s.protocol.of[call.Outcome.Step]].(loadgen.Starter); ok {
		starter.Start(call)
	}
}

// Send implements loadgen.Sender.
func (s *sender) Send(call *loadgen.Call) {
	n := s.protocol.of[call.Outcome.Step]
	if s.all[n] == nil {
		s.all[n] = s.protocol.all[n].NewSender(s.user)
	}
	s.interruptible(s.all[n])
	s.all[n].Send(call)
	s.interruptible(nil)
}

func (s *sender) interruptible(now loadgen.Sender) {
	s.mu.Lock()
	s.sending = now
	s.mu.Unlock()
}

// Interrupt implements loadgen.Sender.
func (s *sender) Interrupt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sending != nil {
		s.sending.Interrupt()
	}
}

// Close implements loadgen.Sender.
func (s *sender) Close() {
	for _, one := range s.all {
		if one != nil {
			one.Close()
		}
	}
}

var (
	_ loadgen.Protocol = (*Protocol)(nil)
	_ loadgen.Sender   = (*sender)(nil)
	_ loadgen.Starter  = (*sender)(nil)
)
