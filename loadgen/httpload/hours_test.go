package httpload

import (
	"context"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/measure"
)

// Over the hours of a sustained run, connections are replaced and names are looked up
// again: when a target moves, all load is with it as soon as the connections that
// there are have grown old.
func TestOverHoursTheLoadFollowsItsTarget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &lab{hosts: map[string]func(net.Conn){"192.0.2.1:80": parts(0, hello), "192.0.2.2:80": parts(0, hello)}}
		dns := &steady{}
		dns.set("192.0.2.1")
		o := l.options()
		o.Network.Resolver = dns
		o.Network.Connections = loadgen.Connections{DNSEvery: 30 * time.Second, MaxAge: 10 * time.Minute}
		c, err := New(stepsTo(t, "http://h.test/"), o)
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		var resolving sync.WaitGroup
		resolving.Go(func() { c.Network().KeepResolving(ctx) })

		clock := loadgen.NewClock()
		var users []loadgen.Sender
		for i := range 5 {
			users = append(users, c.NewSender(loadgen.User{Number: i, Clock: clock}))
		}
		var before int // connections until the target had moved and all were old
		const moves = 3 * time.Hour
		for clock.Now() < 6*time.Hour {
			if now := clock.Now(); now >= moves && now < moves+10*time.Second {
				dns.set("192.0.2.2")
			}
			if clock.Now() < moves+10*time.Minute+time.Minute {
				before = len(l.dials)
			}
			for _, s := range users {
				require.Equal(t, measure.OK, send(s, clock, time.Minute).Class)
			}
			time.Sleep(10 * time.Second)
		}
		for _, s := range users {
			s.Close()
		}
		cancel()
		resolving.Wait()
		l.serving.Wait()
		for _, at := range l.dials[before:] {
			require.Equal(t, "192.0.2.2:80", at)
		}
		// Each lives from 7.5 to 10 minutes, six hours long, for five users.
		require.GreaterOrEqual(t, len(l.dials), 5*36)
		require.LessOrEqual(t, len(l.dials), 5*50)
		counts := c.Network().Counts()
		require.InDelta(t, 6*3600/30, counts.Lookups, 3)
		require.EqualValues(t, 1, counts.Changes)
		require.Len(t, counts.Addresses, 2)
	})
}
