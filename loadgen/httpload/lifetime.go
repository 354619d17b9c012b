package httpload

import (
	"math"
	"time"

	"gonogo/loadgen/dial"
)

// forever is later than any instant of a run.
const forever = time.Duration(math.MaxInt64)

// limit decides how long the connection that is being opened is used.
//
// Connections that were opened together must not end together: so a user's first
// one has any part of the limits, as if it had lived before, and later ones have
// three quarters of them or more.
func (u *user) limit(l *link, o *origin) {
	way := &u.client.options.Network.Connections
	l.left, l.until = -1, forever
	if way.MaxRequests == 0 && way.MaxAge == 0 {
		return
	}
	part := chance(u.client.options.Seed, uint64(u.index), uint64(o.index+1), uint64(l.opened))
	if l.opened > 1 {
		part = (3 + part) / 4
	}
	if way.MaxRequests > 0 {
		l.left = int(math.Ceil(part * float64(way.MaxRequests)))
	}
	if way.MaxAge > 0 {
		l.until = u.clock.Now() + time.Duration(math.Ceil(part*float64(way.MaxAge)))
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
