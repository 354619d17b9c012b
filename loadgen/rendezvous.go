package loadgen

import (
	"sync"
	"time"
)

// A rendezvous is where the users of one Rendezvous wait for each other.
type rendezvous struct {
	users   int
	timeout time.Duration // 0: none

	mu    sync.Mutex
	round chan struct{} // closed when those who wait go on
	here  int
}

func newRendezvous(users int, timeout time.Duration) *rendezvous {
	return &rendezvous{users: users, timeout: timeout, round: make(chan struct{})}
}

// arrive returns what to wait for, nil for the one who completes the round.
func (m *rendezvous) arrive() chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.here++; m.here < m.users {
		return m.round
	}
	m.next()
	return nil
}

// leave lets all who wait in the round go on, if they do still.
func (m *rendezvous) leave(round chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.round == round {
		m.next()
	}
}

func (m *rendezvous) next() {
	close(m.round)
	m.round, m.here = make(chan struct{}), 0
}

// await waits for the others. It returns false when the run stops first.
func (m *rendezvous) await(stop <-chan struct{}) bool {
	round := m.arrive()
	if round == nil {
		return true
	}
	var late <-chan time.Time
	if m.timeout > 0 {
		timer := time.NewTimer(m.timeout)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-round:
	case <-late:
		m.leave(round)
	case <-stop:
		return false
	}
	return true
}
