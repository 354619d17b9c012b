package httpload_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"time"

	"gonogo/loadgen"
	"gonogo/loadgen/httpload"
	"gonogo/loadgen/session"
)

// token takes an answer's body for a variable.
type token struct{ v session.Var }

func (t token) Needs() loadgen.Needs { return loadgen.Needs{Body: 100} }
func (t token) Inspect(a *loadgen.Answer, s *session.Session) error {
	s.Set(t.v, a.Body)
	return nil
}

// A whole flow in Go: log in, take the token along, and order as often as code says.
func Example() {
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/login" {
			fmt.Fprint(w, "t0ken")
		} else if r.URL.Query().Get("token") != "t0ken" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	defer shop.Close()
	at, _ := url.Parse(shop.URL)
	var scope session.Scope
	tok, left := scope.Declare("token"), scope.Declare("left")
	path, _ := scope.Compile("/order?token=${token}", session.URL)
	more, _ := scope.Condition("${left} != ''")
	plan := loadgen.Plan{
		Closed:  &loadgen.Closed{Users: 5, Iterations: 2},
		Measure: time.Minute, Timeout: time.Second, Scope: &scope,
		Steps: []loadgen.Step{
			{Name: "log in", Request: loadgen.Request{URL: at.JoinPath("/login")}, Inspector: token{tok}},
			{Name: "order", Request: loadgen.Request{Method: "POST", URL: at, Target: path}},
		},
		Flows: []loadgen.Flow{{Name: "shop", Weight: 1, Actions: []loadgen.Action{
			loadgen.Do{Step: 0},
			loadgen.Code{Run: func(s *session.Session) { s.Set(left, []byte("xxx")) }},
			loadgen.While{Condition: more, Actions: []loadgen.Action{
				loadgen.Do{Step: 1},
				loadgen.Code{Run: func(s *session.Session) { v, _ := s.Get(left); s.Set(left, v[1:]) }},
			}},
		}}},
	}
	client, _ := httpload.New(plan.Steps, httpload.Options{})
	result := (&loadgen.Engine{Plan: &plan, Protocol: client}).Run(context.Background())
	for _, s := range result.Summary.Steps() {
		fmt.Println(s.Name, s.OK(), "ok of", s.Planned())
	}
	// Output:
	// log in 10 ok of 10
	// order 30 ok of 30
}
