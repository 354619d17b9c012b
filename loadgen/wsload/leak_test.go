package wsload

import (
	"context"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/measure"
)

// Whatever a server does, its connections and our goroutines end with the users.
func TestNothingLeaks(t *testing.T) {
	check := requireNoLeak(t)
	func() {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		served := make(chan struct{})
		go func() {
			defer close(served)
			faults := []func(net.Conn){
				framing(true, frame(fin|textual, "hello")),
				framing(true, frame(fin|textual, "hello"), "\xff"),
				framing(true, frame(fin|textual, "hello"), frame(fin|closing, "\x03\xe9")),
				func(c net.Conn) { _, _ = shake(c, agreed); _ = c.(*net.TCPConn).SetLinger(0) },
				func(c net.Conn) { _, _ = shake(c, "HTTP/1.1 200 OK\r\n\r\n") },
				func(c net.Conn) { _, _ = shake(c, strings.Replace(agreed, "%s", "x", 1)) },
				func(net.Conn) {},
			}
			for n := 0; ; n++ {
				c, err := ln.Accept()
				if err != nil {
					return
				}
				faults[n%len(faults)](c)
				_ = c.Close()
			}
		}()
		u := &url.URL{Scheme: "ws", Host: ln.Addr().String(), Path: "/"}
		client, err := New([]*Step{
			{Request: loadgen.Request{URL: u}},
			{Kind: RoundTrip, Text: textOf(t, "hello"), Within: 20 * time.Millisecond},
			{Kind: Expect, Within: 20 * time.Millisecond},
		}, Options{})
		require.NoError(t, err)
		plan := &loadgen.Plan{
			Closed: &loadgen.Closed{Users: 20}, Measure: 300 * time.Millisecond, Timeout: time.Second, Grace: time.Second,
			Steps: []loadgen.Step{{Name: "a"}, {Name: "b"}, {Name: "c"}}, Flows: []loadgen.Flow{loadgen.InOrder("f", 3)},
		}
		result := (&loadgen.Engine{Plan: plan, Protocol: client}).Run(context.Background())
		total := result.Summary.Total()
		require.Positive(t, total.Class[measure.Reset])
		require.Positive(t, total.Class[measure.Status])
		require.Positive(t, total.Class[measure.Malformed])
		_ = ln.Close()
		<-served
	}()
	check()
}
