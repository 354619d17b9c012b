package token

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// server answers the requests of a test, each with the next of its answers.
type server struct {
	answers []string // status and body, or an error that begins with !
	asked   []string // Authorization and form
	done    int      // how many were answered, or given up
}

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	defer func() { s.done++ }()
	user, password, _ := r.BasicAuth()
	s.asked = append(s.asked, strings.TrimPrefix(user+":"+password+" ", ": ")+form.Encode())
	if len(s.answers) == 0 {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	answer := s.answers[0]
	s.answers = s.answers[1:]
	if failure, ok := strings.CutPrefix(answer, "!"); ok {
		return nil, errors.New(failure)
	}
	var status int
	_, text, _ := strings.Cut(answer, " ")
	if _, err := fmt.Sscan(answer, &status); err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: status, Status: fmt.Sprint(status, " ", http.StatusText(status)), Request: r,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(text)),
	}, nil
}

// options are those of a client whose secret is se+cret.
func (s *server) options() Options {
	return Options{URL: "https://login.test/token?key=k", ClientID: "me", ClientSecret: "se+cret", Client: &http.Client{Transport: s}}
}

// life is an answer with a token that lives so many seconds.
func life(token string, seconds int) string {
	return fmt.Sprintf(`200 {"access_token":%q,"token_type":"bearer","expires_in":%d}`, token, seconds)
}

func started(t *testing.T, o Options) *Source {
	s, err := New(o)
	require.NoError(t, err)
	require.Empty(t, s.Current())
	require.NoError(t, s.Start(t.Context()))
	return s
}

func TestTokensAreRenewedBeforeTheyExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at := &server{answers: []string{life("one", 100), life("two", 10), life("three", 0)}}
		s := started(t, at.options())
		defer s.Close()
		for _, step := range []struct {
			after time.Duration
			want  string
		}{{0, "one"}, {79 * time.Second, "one"}, {2 * time.Second, "two"}, {6 * time.Second, "two"}, {2 * time.Second, "three"}, {1000 * time.Hour, "three"}} {
			time.Sleep(step.after)
			synctest.Wait()
			require.Equal(t, step.want, s.Current())
		}
		require.Len(t, at.asked, 3, "without a life, a token has no end")
	})
}

func TestFailuresAreToldAndTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at := &server{answers: []string{life("one", 100), "500 ", "!cut off", `400 {"error":"invalid_client","error_description":"se%2Bcret, se+cret"}`, life("two", 100)}}
		var told []string
		start := time.Now()
		o := at.options()
		o.OnError = func(err error) { told = append(told, fmt.Sprint(time.Since(start), " ", err)) }
		s := started(t, o)
		time.Sleep(86 * time.Second)
		synctest.Wait()
		require.Equal(t, "one", s.Current())
		time.Sleep(2 * time.Second)
		synctest.Wait()
		require.Equal(t, "two", s.Current())
		s.Close()
		require.Equal(t, []string{
			"1m20s token of https://login.test/token: the answer is 500 Internal Server Error",
			"1m21s token of https://login.test/token: cut off",
			"1m23s token of https://login.test/token: the answer is 400 Bad Request: invalid_client ***, ***",
		}, told)
	})
}

func TestWhatIsAsked(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Options)
		want   []string
	}{
		{"client credentials in the header", func(o *Options) { o.Scopes = []string{"a", "b"} }, []string{"me:se%2Bcret grant_type=client_credentials&scope=a+b"}},
		{"in the body, with an audience", func(o *Options) { o.InBody, o.Parameters = true, url.Values{"audience": {"x"}} }, []string{"audience=x&client_id=me&client_secret=se%2Bcret&grant_type=client_credentials"}},
		{"a refresh token, and the next that comes with the answer", func(o *Options) { o.RefreshToken = "r0" }, []string{
			"me:se%2Bcret grant_type=refresh_token&refresh_token=r0", "me:se%2Bcret grant_type=refresh_token&refresh_token=r1", "me:se%2Bcret grant_type=refresh_token&refresh_token=r1",
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				at := &server{answers: []string{
					`200 {"access_token":"one","token_type":"bearer","expires_in":10,"refresh_token":"r1"}`, life("two", 10), life("three", 0),
				}}
				o := at.options()
				test.change(&o)
				s := started(t, o)
				defer s.Close()
				time.Sleep(time.Minute)
				synctest.Wait()
				require.Equal(t, test.want, at.asked[:len(test.want)])
				require.Len(t, at.asked, 3)
			})
		})
	}
}

func TestNoErrorHoldsASecret(t *testing.T) {
	for answer, want := range map[string]string{
		"200 se+cret":                      "***",
		`200 {"access_token":""}`:          "token of https://login.test/token: oauth2: server response missing access_token",
		`200 {"access_token":"a\r\nX: y"}`: "token of https://login.test/token: the token holds a character that no header may: want visible ASCII",
		"302 se+cret":                      "token of https://login.test/token: the answer is 302 Found",
		"!dial se+cret":                    "token of https://login.test/token: dial ***",
		`400 {"error":"` + strings.Repeat("x\\n", 300) + `"}`: "...",
	} {
		at := &server{answers: []string{answer}}
		s, err := New(at.options())
		require.NoError(t, err)
		err = s.Start(t.Context())
		require.Error(t, err)
		text := err.Error()
		if want == "***" {
			want = text // whatever it is
		}
		require.True(t, strings.HasSuffix(text, want), text)
		for _, secret := range []string{"se+cret", "key=k"} {
			require.NotContains(t, text, secret)
		}
		require.NotContains(t, text, "\n")
		require.Less(t, len(text), 2*longestShown)
		require.Empty(t, s.Current())
		s.Close()
	}
}

func TestStartGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := New((&server{}).options())
		require.NoError(t, err)
		begun := time.Now()
		require.EqualError(t, s.Start(t.Context()), "token of https://login.test/token: context deadline exceeded")
		require.Equal(t, patience, time.Since(begun))
	})
}

// A renewal that is under way ends with the context, and says nothing.
func TestTheEndOfTheContextEndsTheRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		at := &server{answers: []string{life("one", 10)}}
		o := at.options()
		o.OnError = func(err error) { panic(err) }
		s, err := New(o)
		require.NoError(t, err)
		require.NoError(t, s.Start(ctx))
		time.Sleep(9 * time.Second)
		cancel()
		s.Close()
		require.Equal(t, 2, at.done, "Close waits for the renewal")
		require.Equal(t, "one", s.Current())
	})
}

func TestOptionsThatAreRefused(t *testing.T) {
	for want, o := range map[string]Options{
		"token: the URL is none: want one such as https://login.example.test/token": {URL: "ftp://x", ClientID: "me"},
		"token: has no client ID: want one":                                         {URL: "https://x"},
		"token: the URL holds a user: want a client ID and secret beside it":        {URL: "https://me:pw@x", ClientID: "me"},
	} {
		_, err := New(o)
		require.EqualError(t, err, want)
	}
}

func TestCurrentAllocatesNothing(t *testing.T) {
	at := &server{answers: []string{life("one", 0)}}
	s := started(t, at.options())
	defer s.Close()
	require.Zero(t, testing.AllocsPerRun(100, func() { _ = s.Current() }))
	require.NotContains(t, fmt.Sprint(s), "se+cret")
}
