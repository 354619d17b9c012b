package app

import "sync"

const (
	maxClients = 10_000  // that a rate limit knows at a time
	maxKept    = 100_000 // users, sessions, requests and deliveries of a kind
)

// A store is a map that forgets its oldest entry when it is full. Its owner locks.
type store[T any] struct {
	most    int
	values  map[string]T
	order   []string // a ring of the keys, once it is full
	oldest  int
	evicted int64
}

func newStore[T any](most int) *store[T] {
	return &store[T]{most: most, values: map[string]T{}}
}

func (s *store[T]) get(key string) (T, bool) {
	value, known := s.values[key]
	return value, known
}

// put keeps a value under a key, new or known.
func (s *store[T]) put(key string, value T) {
	if _, known := s.values[key]; known {
		s.values[key] = value
		return
	}
	if len(s.order) < s.most {
		s.order = append(s.order, key)
	} else {
		delete(s.values, s.order[s.oldest])
		s.order[s.oldest] = key
		s.oldest = (s.oldest + 1) % s.most
		s.evicted++
	}
	s.values[key] = value
}

// even spreads a share over what comes, without chance: of n, the whole part of
// n times the share is struck.
type even struct {
	mu  sync.Mutex
	due float64
}

func (e *even) strikes(share float64) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.due += share
	if e.due < 1-1e-9 { // sums of shares fall short of 1 by their rounding
		return false
	}
	e.due--
	return true
}
