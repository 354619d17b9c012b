package app

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// A pool asks through one of several accounts. A request that an account cannot
// serve, since its quota is used up, its breaker open, or the call fails, goes to
// the next one at once, in a circle. The pool stays with an account until that is
// exhausted or its breaker opens. A breaker whose time is over is half open: the
// next request tries its account first, and closes it or opens it again.
type pool struct {
	quota     int
	window    time.Duration
	opensAt   int           // consecutive failures
	halfOpens time.Duration // after it opened
	failover  bool
	costs     time.Duration // of going on to another account

	mu       sync.Mutex
	accounts []account
	active   int
	truth    PoolTruth
}

// An account's breaker is closed while openedAt is zero.
type account struct {
	used      int
	opened    time.Time // when its quota's window did
	exhausted bool      // by hand, until the pool is reset
	inject    int       // how many of the next calls fail
	failures  int       // consecutive
	openedAt  time.Time
}

func newPool(s Settings) *pool {
	p := &pool{
		quota: s.pool.quota, window: s.pool.window, opensAt: breakerOpensAt, halfOpens: s.pool.halfOpen,
		failover: !s.has(poolNoFailover), accounts: make([]account, s.pool.accounts),
	}
	if s.has(poolLateBreaker) {
		p.opensAt = lateBreakerOpensAt
	}
	if s.has(poolSlowSwitch) {
		p.costs = s.pool.slow
	}
	return p
}

const (
	breakerOpensAt     = 5
	lateBreakerOpensAt = 7
)

// call finds the account that serves a request, -1 when none does, and tells how
// often it had to go on to another.
func (p *pool) call(now time.Time) (served, switches int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.truth.Requests++
	for i, index := range p.order(now) {
		if p.accounts[index].serve(p, now) {
			if i > 0 {
				p.truth.Failovers++
				p.takeOver(index, now)
			}
			return index, i
		}
		switches = i
	}
	p.truth.Failed++
	return -1, switches
}

// order is how the accounts are tried: half-open ones, then from the active one on.
func (p *pool) order(now time.Time) []int {
	if !p.failover { // it knows of no other
		return []int{p.active}
	}
	var list []int
	for i := range p.accounts {
		if p.accounts[i].breaker(p, now) == "half-open" {
			list = append(list, i)
		}
	}
	for i := range p.accounts {
		next := (p.active + i) % len(p.accounts)
		if p.accounts[next].breaker(p, now) != "half-open" {
			list = append(list, next)
		}
	}
	return list
}

// takeOver makes the account that served active, where the active one can serve no more.
func (p *pool) takeOver(served int, now time.Time) {
	a := &p.accounts[p.active]
	if served != p.active && (a.breaker(p, now) != "closed" || a.spent(p, now)) {
		p.active = served
		p.truth.Switches++
	}
}

// serve makes one call, which may fail.
func (a *account) serve(p *pool, now time.Time) bool {
	if a.breaker(p, now) == "open" || a.spent(p, now) {
		return false
	}
	if now.Sub(a.opened) >= p.window {
		a.opened, a.used = now, 0
	}
	a.used++
	p.truth.Calls++
	if a.inject > 0 {
		a.inject--
		a.failures++
		p.truth.Injected++
		if a.failures >= p.opensAt {
			a.openedAt = now
			p.truth.Opened++
		}
		return false
	}
	a.failures, a.openedAt = 0, time.Time{}
	return true
}

func (a *account) spent(p *pool, now time.Time) bool {
	return a.exhausted || now.Sub(a.opened) < p.window && a.used >= p.quota
}

func (a *account) breaker(p *pool, now time.Time) string {
	switch {
	case a.openedAt.IsZero():
		return "closed"
	case now.Sub(a.openedAt) >= p.halfOpens:
		return "half-open"
	}
	return "open"
}

func (p *pool) run(w http.ResponseWriter, r *http.Request) error {
	served, switches := p.call(time.Now())
	if err := sleep(r.Context(), time.Duration(switches)*p.costs); err != nil {
		return err
	}
	if served < 0 {
		return refusal{http.StatusServiceUnavailable, "no account can serve this"}
	}
	return sendJSON(w, http.StatusOK, map[string]any{"account": accountName(served), "switches": switches})
}

func accountName(i int) string { return "manus-" + strconv.Itoa(i+1) }

// A poolStatus is what the status endpoint says.
type poolStatus struct {
	Active    string          `json:"active"`
	Available int             `json:"available"` // accounts that can serve
	Failovers int64           `json:"failovers"` // requests that another account served than the first tried
	Accounts  []accountStatus `json:"accounts"`
}

type accountStatus struct {
	Name      string `json:"name"`
	Breaker   string `json:"breaker"`
	Failures  int    `json:"failures"` // consecutive
	Used      int    `json:"used"`
	Quota     int    `json:"quota"`
	Exhausted bool   `json:"exhausted"`
}

func (p *pool) status(w http.ResponseWriter, _ *http.Request) error {
	return sendJSON(w, http.StatusOK, p.statusAt(time.Now()))
}

func (p *pool) statusAt(now time.Time) poolStatus {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := poolStatus{Active: accountName(p.active), Failovers: p.truth.Failovers}
	for i := range p.accounts {
		a := &p.accounts[i]
		one := accountStatus{
			Name: accountName(i), Breaker: a.breaker(p, now), Failures: a.failures,
			Used: a.used, Quota: p.quota, Exhausted: a.spent(p, now),
		}
		if now.Sub(a.opened) >= p.window {
			one.Used = 0
		}
		if one.Breaker != "open" && !one.Exhausted {
			s.Available++
		}
		s.Accounts = append(s.Accounts, one)
	}
	return s
}

// exhaust uses up the quota of one account, the active one where none is named.
func (p *pool) exhaust(w http.ResponseWriter, r *http.Request) error {
	return p.control(w, r, func(a *account) error {
		a.exhausted = true
		return nil
	})
}

// fail makes the next n calls to one account fail.
func (p *pool) fail(w http.ResponseWriter, r *http.Request) error {
	return p.control(w, r, func(a *account) error {
		n, err := strconv.Atoi(r.URL.Query().Get("n"))
		if err != nil || n < 1 || n > maxInjected {
			return refusal{http.StatusBadRequest, "n: want 1 to 1000000"}
		}
		a.inject = n
		return nil
	})
}

const maxInjected = 1_000_000

// renew gives every account its quota and closes every breaker.
func (p *pool) renew(w http.ResponseWriter, r *http.Request) error {
	p.mu.Lock()
	clear(p.accounts)
	p.active = 0
	p.mu.Unlock()
	return p.status(w, r)
}

// control does something to the account that the query names, and answers with the status.
func (p *pool) control(w http.ResponseWriter, r *http.Request, do func(*account) error) error {
	if err := p.change(r.URL.Query().Get("account"), do); err != nil {
		return err
	}
	return p.status(w, r)
}

func (p *pool) change(name string, do func(*account) error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	index := p.active
	if name != "" {
		n, err := strconv.Atoi(name)
		if err != nil || n < 1 || n > len(p.accounts) {
			return refusal{http.StatusBadRequest, "account: want 1 to " + strconv.Itoa(len(p.accounts))}
		}
		index = n - 1
	}
	return do(&p.accounts[index])
}
