package app

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// account asks once and tells which account answered, or the status.
func (b *bubble) account() any {
	r := b.ask("POST /api/manus/run", "")
	if r.status != 200 {
		return r.status
	}
	return r.field(b.t, "account")
}

func (b *bubble) accounts(n int) []any {
	var out []any
	for range n {
		out = append(out, b.account())
	}
	return out
}

func TestFailover(t *testing.T) {
	const exhaust = "POST /api/manus/exhaust"
	tests := []struct {
		name    string
		words   []string
		before  []string // control requests
		want    []any
		active  string
		longest time.Duration
	}{
		{"the pool stays with an account", nil, nil, []any{"manus-1", "manus-1", "manus-1"}, "manus-1", 0},
		{"a used-up quota gives way in the same request", []string{"pool.quota=2"}, nil, []any{"manus-1", "manus-1", "manus-2", "manus-2", "manus-3"}, "manus-3", 0},
		{"one exhausted by hand, too", nil, []string{exhaust}, []any{"manus-2", "manus-2"}, "manus-2", 0},
		{"one that is not active does no harm", nil, []string{exhaust + "?account=3"}, []any{"manus-1"}, "manus-1", 0},
		{"it goes past several, in a circle", nil, []string{exhaust, exhaust + "?account=2", exhaust + "?account=3"}, []any{"manus-4"}, "manus-4", 0},
		{"when all are exhausted there is no answer", []string{"pool.accounts=2"}, []string{exhaust, exhaust + "?account=2"}, []any{503, 503}, "manus-1", 0},
		{"a reset renews them", []string{"pool.accounts=2"}, []string{exhaust, exhaust + "?account=2", "POST /api/manus/reset"}, []any{"manus-1"}, "manus-1", 0},
		{"a failure gives way, and the account stays active", nil, []string{"POST /api/manus/fail?n=1"}, []any{"manus-2", "manus-1"}, "manus-1", 0},
		{"without failover it fails", []string{"!pool=no-failover"}, []string{exhaust}, []any{503, 503}, "manus-1", 0},
		{"without failover an injected failure passes", []string{"!pool=no-failover"}, []string{"POST /api/manus/fail?n=2"}, []any{503, 503, "manus-1"}, "manus-1", 0},
		{"a slow switch takes its time, once", []string{"!pool=slow-switch"}, []string{exhaust}, []any{"manus-2", "manus-2"}, "manus-2", 2 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inTime(t, test.words, func(t *testing.T, b *bubble) {
				for _, request := range test.before {
					require.Equal(t, 200, b.ask(request, "").status)
				}
				began := time.Now()
				require.Equal(t, test.want, b.accounts(len(test.want)))
				require.Equal(t, test.longest, time.Since(began))
				require.Equal(t, test.active, b.v.pool.statusAt(time.Now()).Active)
			})
		})
	}
}

func TestQuotasAreRenewedWithTheirWindow(t *testing.T) {
	inTime(t, []string{"pool.accounts=2", "pool.quota=1", "pool.window=10s"}, func(t *testing.T, b *bubble) {
		require.Equal(t, []any{"manus-1"}, b.accounts(1))
		time.Sleep(3 * time.Second)
		require.Equal(t, []any{"manus-2", 503}, b.accounts(2))
		time.Sleep(7 * time.Second)
		require.Equal(t, []any{"manus-1", 503}, b.accounts(2))
		require.Equal(t, PoolTruth{Requests: 5, Calls: 3, Failovers: 2, Switches: 2, Failed: 2}, b.v.Truth().Pool)
	})
}

func TestBreaker(t *testing.T) {
	for name, test := range map[string]struct {
		words []string
		opens int
	}{
		"opens at the fifth failure in a row": {nil, 5},
		"opens late":                          {[]string{"!pool=late-breaker"}, 7},
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, append(test.words, "pool.half_open=30s"), func(t *testing.T, b *bubble) {
				first := func() accountStatus { return b.v.pool.statusAt(time.Now()).Accounts[0] }
				b.ask("POST /api/manus/fail?account=1&n=8", "")
				for i := 1; i < test.opens; i++ {
					require.Equal(t, "manus-2", b.account())
					require.Equal(t, accountStatus{Name: "manus-1", Breaker: "closed", Failures: i, Used: i, Quota: 1000}, first())
				}
				require.Equal(t, "manus-2", b.account())
				require.Equal(t, "open", first().Breaker)
				require.Equal(t, "manus-2", b.v.pool.statusAt(time.Now()).Active)
				require.Equal(t, "manus-2", b.account()) // which does not call the first
				require.Equal(t, test.opens, first().Failures)

				time.Sleep(30 * time.Second)
				require.Equal(t, "half-open", first().Breaker)
				require.Equal(t, "manus-2", b.account()) // the trial failed
				require.Equal(t, "open", first().Breaker)
				b.ask("POST /api/manus/reset", "")
				require.Equal(t, accountStatus{Name: "manus-1", Breaker: "closed", Quota: 1000}, first())
			})
		})
	}
}

func TestABreakerClosesAfterATrialThatSucceeds(t *testing.T) {
	inTime(t, []string{"pool.half_open=30s"}, func(t *testing.T, b *bubble) {
		b.ask("POST /api/manus/fail?n=5", "")
		b.accounts(5)
		time.Sleep(30 * time.Second)
		require.Equal(t, []any{"manus-1", "manus-2", "manus-2"}, b.accounts(3)) // a trial, then the active one
		require.Equal(t, "closed", b.v.pool.statusAt(time.Now()).Accounts[0].Breaker)
		require.Equal(t, PoolTruth{Requests: 8, Calls: 13, Injected: 5, Failovers: 5, Switches: 1, Opened: 1}, b.v.Truth().Pool)
	})
}

func TestASuccessEndsTheRow(t *testing.T) {
	inTime(t, nil, func(t *testing.T, b *bubble) {
		for range 3 {
			b.ask("POST /api/manus/fail?account=1&n=4", "")
			require.Equal(t, []any{"manus-2", "manus-2", "manus-2", "manus-2", "manus-1"}, b.accounts(5))
		}
		require.Zero(t, b.v.Truth().Pool.Opened)
	})
}

func TestPoolControlsAreChecked(t *testing.T) {
	inTime(t, nil, func(t *testing.T, b *bubble) {
		for _, query := range []string{"fail", "fail?n=0", "fail?n=x", "fail?n=1000001", "fail?account=6&n=1", "exhaust?account=0", "exhaust?account=x"} {
			require.Equal(t, 400, b.ask("POST /api/manus/"+query, "").status, query)
		}
	})
}
