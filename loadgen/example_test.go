package loadgen_test

import (
	"context"
	"fmt"
	"net"
	"time"

	"gonogo/loadgen"
	"gonogo/measure"
)

// lines is a protocol of its own: it sends a line over TCP and waits for one.
type lines struct{ address string }

func (p lines) NewSender(u loadgen.User) loadgen.Sender {
	conn, err := net.Dial("tcp", p.address)
	return &lineSender{conn: conn, err: err, clock: u.Clock}
}

type lineSender struct {
	conn  net.Conn
	err   error
	clock loadgen.Clock
}

func (s *lineSender) Send(call *loadgen.Call) {
	o := &call.Outcome
	if o.Sent = s.clock.Now(); s.err == nil {
		_, s.err = s.conn.Write([]byte("ping\n"))
	}
	if s.err == nil {
		_, s.err = s.conn.Read(make([]byte, 64))
	}
	if o.Done = s.clock.Now(); s.err != nil {
		o.Class, o.Err = measure.Reset, s.err
	}
	o.FirstByte, o.Read = o.Done, o.Done
}

func (s *lineSender) Interrupt() { _ = s.conn.SetDeadline(time.Unix(1, 0)) }
func (s *lineSender) Close()     { _ = s.conn.Close() }

// A Sender of one's own: everything else, from due times to histograms, is the
// engine's.
func Example_sender() {
	address := echo()
	result := (&loadgen.Engine{
		Plan: &loadgen.Plan{
			Closed:  &loadgen.Closed{Users: 3, Iterations: 100},
			Steps:   []loadgen.Step{{Name: "ping", Weight: 1}},
			Measure: time.Minute, Timeout: time.Second, Grace: time.Second,
		},
		Protocol: lines{address},
	}).Run(context.Background())
	total := result.Summary.Total()
	fmt.Println(total.OK(), "ok,", total.Failed(), "failed, p99 known:", total.Response().Quantile(0.99) > 0)
	// Output: 300 ok, 0 failed, p99 known: true
}

// echo answers lines.
func echo() string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				buf := make([]byte, 64)
				for {
					n, err := conn.Read(buf)
					if err != nil {
						return
					}
					_, _ = conn.Write(buf[:n])
				}
			}()
		}
	}()
	return ln.Addr().String()
}
