package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"syscall"
	"time"

	"gonogo/loadgen/grpcload"
	"gonogo/scenarios"
)

// preflightTime is the longest that looking at the target may take.
const preflightTime = 10 * time.Second

// prepare makes the client and looks whether the run can be made at all, before
// any request is sent.
func prepare(ctx context.Context, c *scenarios.Compiled, std stdio) (*client, error) {
	client, err := newClient(c, std)
	if err != nil {
		return nil, err
	}
	if err := fitDescriptors(c, descriptorLimit(), std); err != nil {
		return nil, err
	}
	looking, cancel := context.WithTimeout(ctx, min(preflightTime, c.Plan.Timeout))
	defer cancel()
	if err := client.Preflight(looking); err != nil {
		if _, ok := errors.AsType[*grpcload.StepError](err); ok {
			return nil, usageError(masked(c, err), "nothing was sent; the server's own description of its methods says otherwise")
		}
		return nil, unreachable(ctx, c, err)
	}
	if err := startTokens(ctx, c); err != nil {
		return nil, err
	}
	return client, fit(c, client.Addresses(), std)
}

func newClient(c *scenarios.Compiled, std stdio) (*client, error) {
	noticeProxies(c, std)
	way, err := network(c)
	if err != nil {
		return nil, usageError(err)
	}
	client, err := clientOver(way, c, c.Plan.AllSteps(), c.Sockets)
	if err != nil {
		return nil, usageError(masked(c, err))
	}
	return client, nil
}

func unreachable(ctx context.Context, c *scenarios.Compiled, err error) error {
	if code := signalCode(ctx); code != 0 {
		return &exitError{code: code}
	}
	if errors.Is(err, syscall.EADDRNOTAVAIL) && len(c.Connections.Sources) > 0 {
		return usageError(masked(c, err), "nothing was sent; a source address has to be one of this machine (ip address lists them)")
	}
	return &exitError{
		code: exitUnreachable,
		err:  masked(c, err),
		hint: []string{unreachableHint(c, err)},
	}
}

func unreachableHint(c *scenarios.Compiled, err error) string {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "nothing was sent; --cacert FILE trusts the authority of a certificate, --insecure trusts any"
	}
	if _, ok := errors.AsType[*grpcload.DescriptorError](err); ok {
		return "nothing was sent; grpc.descriptors in the scenario names a file that describes the server's methods"
	}
	if c.Connections.Proxy != nil {
		return "nothing was sent; is the proxy up, and does it let this target through?"
	}
	return "nothing was sent; is the target up, and the address right?"
}

// masked takes secrets out of an error's text.
func masked(c *scenarios.Compiled, err error) error { return errors.New(c.Mask(err.Error())) }

// spareDescriptors are those that gonogo needs beside the connections.
const spareDescriptors = 64

// fitDescriptors refuses a plan that needs more descriptors than there are. A cap
// in the open model that nobody asked for is lowered instead.
func fitDescriptors(c *scenarios.Compiled, limit uint64, std stdio) error {
	need := connections(c)
	room := int(min(limit, 1<<30)) - spareDescriptors
	if need <= room {
		return nil
	}
	own := c.Protocol.Version != scenarios.HTTP2 // a connection for each request in flight
	if open := c.Plan.Open; own && open != nil && c.Origins["load.max_in_flight"] == "default" && room > 0 {
		fmt.Fprintf(std.err, "gonogo: warning: at most %d requests in flight instead of %d: %d descriptors are all there is (ulimit -n)\n", room, need, limit)
		open.MaxInFlight = room
		return nil
	}
	return usageError(
		fmt.Errorf("%d connections need %d file descriptors, and only %d are allowed", need, need+spareDescriptors, limit),
		fmt.Sprintf("raise the limit in this shell (ulimit -n %d), or ask for less", need+spareDescriptors))
}

func tlsConfig(t scenarios.TLS) (*tls.Config, error) {
	config := &tls.Config{
		InsecureSkipVerify: t.Insecure, ServerName: t.ServerName,
		MinVersion: t.Min, MaxVersion: t.Max, CipherSuites: t.Ciphers,
	}
	if t.CACert != nil {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(t.CACert) {
			return nil, errors.New("cacert: no certificate in PEM form found in the file")
		}
	}
	if t.Cert != nil {
		pair, err := tls.X509KeyPair(t.Cert, t.Key)
		if err != nil {
			return nil, fmt.Errorf("client certificate: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}
