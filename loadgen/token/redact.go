package token

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/oauth2"
)

// longestShown is how much of what the server says an error shows.
const longestShown = 200

// redact makes an error that may be shown of one that may hold secrets: the library
// shows bodies and URLs, and a server may send back what it was sent.
func (s *Source) redact(err error) error {
	text := err.Error()
	if answer, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		text = "the answer is no token"
		if answer.Response != nil {
			text = "the answer is " + answer.Response.Status
		}
		if answer.ErrorCode != "" {
			text = fmt.Sprintf("%s: %s", text, strings.TrimSpace(answer.ErrorCode+" "+answer.ErrorDescription))
		}
	} else if request, ok := errors.AsType[*url.Error](err); ok {
		text = request.Err.Error()
	}
	secrets := []string{s.o.ClientSecret, s.o.RefreshToken, s.refresh, s.Current()}
	for _, values := range s.o.Parameters {
		secrets = append(secrets, values...)
	}
	// A secret may be part of another.
	slices.SortFunc(secrets, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	for _, secret := range secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, url.QueryEscape(secret), "***")
			text = strings.ReplaceAll(text, secret, "***")
		}
	}
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
	if len(text) > longestShown {
		text = strings.ToValidUTF8(text[:longestShown], "") + "..."
	}
	return fmt.Errorf("token of %s: %s", s.place(), text)
}

// place is the URL without what may be secret in it.
func (s *Source) place() string {
	u, err := url.Parse(s.o.URL)
	if err != nil {
		return "the URL"
	}
	return u.Scheme + "://" + u.Host + u.EscapedPath()
}
