// Package token owns the OAuth 2.0 tokens that requests carry: fetched before a run,
// and anew in the background before they expire, so that no request of the run waits
// for one. Tokens come by client credentials or by a refresh token (RFC 6749, 4.4 and
// 6). No error holds a secret (redact.go).
package token

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// Options say where tokens come from.
type Options struct {
	URL                    string // of the token endpoint
	ClientID, ClientSecret string
	Scopes                 []string
	RefreshToken           string     // empty: by client credentials
	Parameters             url.Values // more of them for client credentials, such as an audience
	InBody                 bool       // the client's secret goes into the body; else into the header

	Client  *http.Client // nil: one of its own, which follows no redirect with a secret
	OnToken func(string) // told of each token before Current returns it
	OnError func(error)  // told, from another goroutine, when a token could not be renewed
}

// How long things take at most, and at least.
const (
	patience  = 30 * time.Second // for an answer
	firstWait = time.Second      // before a token is asked for again
	lastWait  = 30 * time.Second // likewise, after many failures
)

// A Source has a token at all times, once it was started.
type Source struct {
	o       Options
	client  *http.Client
	current atomic.Pointer[string]
	refresh string // the newest; the goroutine of Start has it, and afterwards renew's
	cancel  context.CancelFunc
	renewer sync.WaitGroup
}

// New checks the options.
func New(o Options) (*Source, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, errors.New("token: the URL is none: want one such as https://login.example.test/token")
	}
	if u.User != nil {
		return nil, errors.New("token: the URL holds a user: want a client ID and secret beside it")
	}
	if o.ClientID == "" {
		return nil, errors.New("token: has no client ID: want one")
	}
	s := &Source{o: o, client: o.Client, refresh: o.RefreshToken}
	if s.client == nil {
		s.client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	return s, nil
}

// Start fetches the first token, and renews it until the context or the Source is
// over. It is called once.
func (s *Source) Start(ctx context.Context) error {
	life, err := s.fetch(ctx)
	if err != nil {
		return err
	}
	ctx, s.cancel = context.WithCancel(ctx)
	s.renewer.Go(func() { s.renew(ctx, life) })
	return nil
}

// Current is the token, without allocating; empty before Start.
func (s *Source) Current() string {
	if t := s.current.Load(); t != nil {
		return *t
	}
	return ""
}

// Close ends the renewal and waits for it. The last token stays.
func (s *Source) Close() {
	if s.cancel != nil {
		s.cancel()
	}
	s.renewer.Wait()
}

// renew fetches a token when four fifths of the life of the last one are over; after a
// failure sooner, and then less and less often. A life of 0 has no end.
func (s *Source) renew(ctx context.Context, life time.Duration) {
	backoff := firstWait
	for wait := life * 4 / 5; life != 0; {
		timer := time.NewTimer(max(wait, firstWait))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		next, err := s.fetch(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			wait = backoff
			backoff = min(2*backoff, lastWait)
			if s.o.OnError != nil {
				s.o.OnError(err)
			}
		default:
			life, wait, backoff = next, next*4/5, firstWait
		}
	}
}

// fetch gets a token and returns how long it lives; 0: for ever.
func (s *Source) fetch(ctx context.Context) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, oauth2.HTTPClient, s.client), patience)
	defer cancel()
	asked := time.Now()
	t, err := s.ask(ctx)
	if err != nil {
		return 0, s.redact(err)
	}
	for _, b := range []byte(t.AccessToken) {
		if b <= ' ' || b >= 0x7f {
			return 0, s.redact(errors.New("the token holds a character that no header may: want visible ASCII"))
		}
	}
	if t.RefreshToken != "" {
		s.refresh = t.RefreshToken
	}
	if s.o.OnToken != nil {
		s.o.OnToken(t.AccessToken)
	}
	s.current.Store(&t.AccessToken)
	if t.Expiry.IsZero() {
		return 0, nil
	}
	return max(t.Expiry.Sub(asked), 1), nil
}

func (s *Source) ask(ctx context.Context) (*oauth2.Token, error) {
	style := oauth2.AuthStyleInHeader
	if s.o.InBody {
		style = oauth2.AuthStyleInParams
	}
	if s.o.RefreshToken == "" {
		c := clientcredentials.Config{
			ClientID: s.o.ClientID, ClientSecret: s.o.ClientSecret, TokenURL: s.o.URL,
			Scopes: s.o.Scopes, EndpointParams: s.o.Parameters, AuthStyle: style,
		}
		return c.Token(ctx)
	}
	c := oauth2.Config{
		ClientID: s.o.ClientID, ClientSecret: s.o.ClientSecret, Scopes: s.o.Scopes,
		Endpoint: oauth2.Endpoint{TokenURL: s.o.URL, AuthStyle: style},
	}
	return c.TokenSource(ctx, &oauth2.Token{RefreshToken: s.refresh}).Token()
}

// String keeps secrets out of what is printed.
func (s *Source) String() string { return fmt.Sprintf("token of %s", s.place()) }
