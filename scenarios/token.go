package scenarios

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"gonogo/internal/yamlfile"
	"gonogo/loadgen"
	"gonogo/loadgen/token"
)

// Tokens are the OAuth 2.0 tokens that the requests of a scenario carry: one for all
// that get it in the same way, also where the scenario is compiled again. They are the
// only part of a Compiled that changes.
type Tokens struct {
	pool *tokenPool
	used []*oauth2Token // by this scenario
}

// Start gets the tokens that are not there yet, and renews all of them until the context
// or Close ends that. The client asks for them; it must follow no redirect.
func (t Tokens) Start(ctx context.Context, client *http.Client) error {
	for _, one := range t.used {
		if err := one.start(ctx, client); err != nil {
			return err
		}
	}
	return nil
}

// Any tells whether there are any.
func (t Tokens) Any() bool { return len(t.used) > 0 }

// OnError says whom to tell, from another goroutine, when a token could not be renewed.
func (t Tokens) OnError(tell func(error)) {
	t.pool.mu.Lock()
	defer t.pool.mu.Unlock()
	t.pool.onError = tell
}

// Retain ends the renewal of the tokens that only earlier compilations use.
func (t Tokens) Retain() {
	t.pool.drop(func(one *oauth2Token) bool { return !slices.Contains(t.used, one) })
}

// Close ends all renewal. The last tokens stay.
func (t Tokens) Close() { t.pool.drop(func(*oauth2Token) bool { return true }) }

// Secrets are the tokens that there were.
func (t Tokens) Secrets() Secrets {
	if t.pool == nil {
		return Secrets{}
	}
	t.pool.mu.Lock()
	defer t.pool.mu.Unlock()
	return Secrets{slices.Clone(t.pool.secrets.values)}
}

// tokenPool has the tokens of a scenario, and of what it is compiled to again.
type tokenPool struct {
	mu      sync.Mutex
	all     map[string]*oauth2Token // by how they are got
	secrets Secrets                 // the tokens that there were
	onError func(error)
}

func newTokenPool() *tokenPool { return &tokenPool{all: map[string]*oauth2Token{}} }

// token returns the one of the options, made where there is none yet.
func (p *tokenPool) token(o token.Options) (*oauth2Token, error) {
	if _, err := token.New(o); err != nil {
		return nil, err
	}
	key := fmt.Sprintf("%q", []string{o.URL, o.ClientID, o.ClientSecret, strings.Join(o.Scopes, " "), o.RefreshToken, o.Parameters.Encode(), fmt.Sprint(o.InBody)})
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.all[key]
	if t == nil {
		o.OnToken, o.OnError = p.got, p.failed
		t = &oauth2Token{options: o}
		p.all[key] = t
	}
	return t, nil
}

// got hears of a token before anybody uses it.
func (p *tokenPool) got(token string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.secrets.add(token)
}

func (p *tokenPool) failed(err error) {
	p.mu.Lock()
	tell := p.onError
	p.mu.Unlock()
	if tell != nil {
		tell(err)
	}
}

// drop ends the renewal of some.
func (p *tokenPool) drop(which func(*oauth2Token) bool) {
	if p == nil {
		return
	}
	p.mu.Lock()
	var ending []*oauth2Token
	for key, t := range p.all {
		if which(t) {
			ending = append(ending, t)
			delete(p.all, key)
		}
	}
	p.mu.Unlock()
	for _, t := range ending { // which may be telling of a failure
		if t.source != nil {
			t.source.Close()
		}
	}
}

// oauth2Token signs requests with what the token is at the time.
type oauth2Token struct {
	options token.Options
	source  *token.Source // nil before start, which is before any request that it signs
}

func (t *oauth2Token) start(ctx context.Context, client *http.Client) error {
	if t.source != nil {
		return nil
	}
	t.options.Client = client
	source, err := token.New(t.options)
	if err != nil {
		return err
	}
	if err := source.Start(ctx); err != nil {
		return err
	}
	t.source = source
	return nil
}

// Sign implements loadgen.Signer.
func (t *oauth2Token) Sign(dst []byte, _ *loadgen.Rendered) []byte {
	dst = append(append(dst, "Authorization: Bearer "...), t.source.Current()...)
	return append(dst, "\r\n"...)
}

// oauth2 resolves where tokens come from.
func (j *journey) oauth2(at yamlfile.Path, a *OAuth2) credential {
	var o token.Options
	ok := true
	resolve := func(key, text string, to *string) {
		value, known := j.expand(at.Key(key), text)
		*to, ok = value, ok && known
	}
	resolve("client_secret", a.ClientSecret, &o.ClientSecret)
	resolve("refresh_token", a.RefreshToken, &o.RefreshToken)
	j.secrets.add(o.ClientSecret)
	j.secrets.add(o.RefreshToken)
	var known bool
	if o.URL, known = j.required(at.Key("token_url"), a.TokenURL, "token_url: https://login.example.test/token"); known {
		known = j.parseURL(at.Key("token_url"), o.URL) != nil
	}
	ok = ok && known
	o.ClientID, known = j.required(at.Key("client_id"), a.ClientID, "client_id: '${env:NAME}'")
	ok = ok && known
	for i, scope := range a.Scopes {
		value, known := j.expand(at.Key("scopes").Index(i), scope)
		o.Scopes, ok = append(o.Scopes, value), ok && known
	}
	for _, p := range a.Parameters {
		path := at.Key("parameters").Key(p.Name)
		value, known := j.expand(path, p.Value)
		if isCredentialName(p.Name) {
			j.secrets.add(value)
		}
		if o.Parameters == nil {
			o.Parameters = url.Values{}
		}
		o.Parameters.Add(p.Name, value)
		ok = ok && known
	}
	switch {
	case a.RefreshToken != "" && len(a.Parameters) > 0:
		j.wrong(at.Key("parameters"), "has no meaning beside refresh_token", "it left out")
	case a.RefreshToken == "" && a.ClientSecret == "":
		j.wrong(at.Key("client_secret"), "it is missing", "client_secret: '${env:NAME}', or a refresh_token")
	}
	o.InBody = a.InBody
	if !ok {
		return credential{at: at}
	}
	made, err := j.options.tokens.token(o)
	if err != nil {
		j.wrong(at, j.secrets.Mask(strings.TrimPrefix(err.Error(), "token: ")), "")
		return credential{at: at}
	}
	if !slices.Contains(j.tokens, made) {
		j.tokens = append(j.tokens, made)
	}
	return credential{at: at, fields: []string{"Authorization"}, signer: func(string) loadgen.Signer { return made }}
}
