package main

import (
	"bytes"
	"fmt"
	"net"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/loadgen/httpload"
	"gonogo/measure"
	"gonogo/scenarios"
)

// journey is one of five steps, with cookies, extraction and checks.
const journey = `
target: %s
load: {users: 1}
steps:
  - {name: home, path: /home, extract: {csrf: $.csrf}, check: [{header: Content-Type, contains: json}]}
  - {name: log in, path: '/login?user=${user}&csrf=${csrf}', extract: {token: $.token, id: $.user.id}, check: [{json: user.name, is: ann}]}
  - {name: cart, path: '/cart/${id}', headers: {Authorization: 'Bearer ${token}'}, extract: {cart: $.cart.id}, check: [{json: state, is: open}]}
  - {name: order, path: '/order/${cart}?n=${iteration}', headers: {Authorization: 'Bearer ${token}'}, extract: {order: $.order.id}, check: [{json: order.state, is: placed}]}
  - {name: state, path: '/state/${order}', headers: {Authorization: 'Bearer ${token}'}, check: [{json: state, is: done}]}
`

// shop answers the journey, without allocating.
func shop(t testing.TB) string {
	t.Helper()
	answer := func(cookie, body string) []byte {
		return fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n%s", cookie, len(body), body)
	}
	answers := map[byte][]byte{
		'h': answer("Set-Cookie: visit=1; Path=/\r\n", `{"csrf":"c-123456","items":[1,2,3]}`),
		'l': answer("Set-Cookie: session=s-778899; Path=/; HttpOnly\r\n", `{"token":"t-abcdef0123456789","user":{"id":42,"name":"ann"}}`),
		'c': answer("", `{"cart":{"id":"c-77","total":12.5},"state":"open"}`),
		'o': answer("", `{"order":{"id":"o-9001","state":"placed"}}`),
		's': answer("", `{"state":"done","order":"o-9001"}`),
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				buf := make([]byte, 4096)
				for {
					n, err := c.Read(buf)
					if err != nil || !bytes.HasPrefix(buf, []byte("GET /")) || n < 6 {
						return
					}
					if _, err := c.Write(answers[buf[5]]); err != nil {
						return
					}
				}
			}()
		}
	}()
	return "http://" + ln.Addr().String()
}

// traveller compiles the journey and returns what performs one step of it after
// the other.
func traveller(t testing.TB) (step func() measure.Outcome) {
	t.Helper()
	f, err := scenarios.Parse("journey.yaml", fmt.Appendf(nil, journey, shop(t)))
	require.NoError(t, err)
	c, err := f.Compile(scenarios.Options{})
	require.NoError(t, err)
	client, err := httpload.New(c.Plan.Steps, httpload.Options{Cookies: c.Cookies})
	require.NoError(t, err)
	clock := loadgen.NewClock()
	user := (&loadgen.Engine{Plan: &c.Plan}).NewSession(0)
	s := client.NewSender(loadgen.User{Clock: clock, Session: user})
	t.Cleanup(s.Close)
	call, n := loadgen.NewCall(measure.Outcome{}, 0), 0
	return func() measure.Outcome {
		if n%5 == 0 {
			user.Reset()
			user.Iteration++
		}
		now := clock.Now()
		call.Outcome, call.Began = measure.Outcome{Step: n % 5, Due: now}, now
		s.Send(call)
		n++
		return call.Outcome
	}
}

func BenchmarkJourney(b *testing.B) {
	step := traveller(b)
	b.ReportAllocs()
	for b.Loop() {
		step()
	}
}

// A templated request allocates nothing, nor does taking values out of its answer.
func TestAStepOfAJourneyAllocatesNothing(t *testing.T) {
	if raceDetector {
		return // it empties pools
	}
	step := traveller(t)
	for range 20 {
		o := step()
		require.Equal(t, measure.OK, o.Class, "%v", o.Err)
	}
	const runs = 1000
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range runs {
		step()
	}
	runtime.ReadMemStats(&after)
	require.Less(t, float64(after.Mallocs-before.Mallocs)/runs, 0.1)
}
