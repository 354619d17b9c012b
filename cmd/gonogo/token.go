package main

import (
	"context"
	"net/http"

	"gonogo/scenarios"
)

// startTokens gets the tokens that the requests carry. Without them, nothing is sent.
func startTokens(ctx context.Context, c *scenarios.Compiled) error {
	if !c.Tokens.Any() {
		return nil
	}
	client, err := tokenClient(c.TLS)
	if err != nil {
		return usageError(err)
	}
	err = c.Tokens.Start(ctx, client)
	if code := signalCode(ctx); err != nil && code != 0 {
		return &exitError{code: code}
	}
	if err != nil {
		return &exitError{
			code: exitUnreachable, err: masked(c, err),
			hint: []string{"nothing was sent; are token_url, and the client's ID and secret right?"},
		}
	}
	return nil
}

// tokenClient asks for tokens, which is not measured. It trusts whom the requests trust,
// and shows the same certificate, but goes its own way.
func tokenClient(t scenarios.TLS) (*http.Client, error) {
	config, err := tlsConfig(t)
	if err != nil {
		return nil, err
	}
	config.ServerName = "" // it is the target's
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig, transport.DisableKeepAlives = config, true
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // a secret goes nowhere else
	}, nil
}
