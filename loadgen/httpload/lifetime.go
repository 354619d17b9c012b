package httpload

import (
	"math"
	"time"

	"gonogo/loadgen"
	"gonogo/loadgen/dial"
)

// forever is later than any instant of a run.
const forever = time.Duration(math.MaxInt64)

// Lifetime decides how many requests the nth connection of a user to an origin may
// carry, and how long it is used; 0 is no limit.
//
// Connections that were opened together must not end together: so a user's first
// one has any part of the limits, as if it had lived before, and later ones have
// three quarters of them or more.
func Lifetime(way *loadgen.Connections, seed uint64, user, origin, nth int) (requests int, age time.Duration) {
	if way.MaxRequests == 0 && way.MaxAge == 0 {
		return 0, 0
	}
	part := chance(seed, uint64(user), uint64(origin+1), uint64(nth))
	if nth > 1 {
		part = (3 + part) / 4
	}
	return int(math.Ceil(part * float64(way.MaxRequests))), time.Duration(math.Ceil(part * float64(way.MaxAge)))
}

// limit gives the connection that is being opened its Lifetime.
func (u *user) limit(l *link, o *origin) {
	l.left, l.until = -1, forever
	requests, age := Lifetime(&u.client.options.Network.Connections, u.client.options.Seed, u.index, o.index, l.opened)
	if requests > 0 {
		l.left = requests
	}
	if age > 0 {
		l.until = u.clock.Now() + age
	}
}

// chance is a number above 0, up to 1, that the keys decide.
func chance(keys ...uint64) float64 {
	var h uint64
	for _, k := range keys { // the finalizer of SplitMix64
		h += k + 0x9e3779b97f4a7c15
		h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
		h = (h ^ h>>27) * 0x94d049bb133111eb
		h ^= h >> 31
	}
	return (float64(h>>11) + 1) / (1 << 53)
}

// moveTo notes that the next requests of the link are the address's.
func (l *link) moveTo(a *dial.Address) {
	if l.address != nil && l.requests > 0 {
		l.address.Add(l.requests, l.errors)
	}
	l.address, l.requests, l.errors = a, 0, 0
}
