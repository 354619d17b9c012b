package main

import (
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/quic-go/quic-go/http3"
	"github.com/rogpeppe/go-internal/testscript"
)

// quiet is a socket of whose buffers quic-go does not speak.
type quiet struct{ net.PacketConn }

func (quiet) SetReadBuffer(int) error  { return nil }
func (quiet) SetWriteBuffer(int) error { return nil }

// lentIdentity is a certificate for 127.0.0.1; the file ca.pem vouches for it.
func lentIdentity(ts *testscript.TestScript) []tls.Certificate {
	lender := httptest.NewTLSServer(nil)
	defer lender.Close()
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: lender.Certificate().Raw})
	ts.Check(os.WriteFile(ts.MkAbs("ca.pem"), authority, 0o600))
	return lender.TLS.Certificates
}

// quicCmd starts a server of HTTP/3 with a shop: /in gives a cookie, /cart wants it,
// /broken has none.
func quicCmd(ts *testscript.TestScript, _ bool, _ []string) {
	mux := http.NewServeMux()
	mux.HandleFunc("/in", func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "s1", Path: "/", Secure: true})
		fmt.Fprint(w, `{"id": 7}`)
	})
	mux.HandleFunc("/cart/7", func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie("session"); err != nil || c.Value != "s1" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprintf(w, `{"proto": %q}`, r.Proto)
	})
	mux.HandleFunc("/broken", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	udp, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	ts.Check(err)
	s := &http3.Server{Handler: mux, TLSConfig: http3.ConfigureTLSConfig(&tls.Config{Certificates: lentIdentity(ts)})}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.Serve(quiet{udp}) // until it is closed
	}()
	ts.Defer(func() {
		_ = s.Close()
		_ = udp.Close()
		<-ended
	})
	ts.Setenv("QUIC", "https://"+udp.LocalAddr().String())
}
