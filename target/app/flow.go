package app

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// A flow is what a new user goes through: sign up, log in, link Discord, ask,
// and come back for the response. After the log-in every step needs both the
// cookie and the token of the same session.
type flow struct {
	polls int    // how often a request is pending before it is done
	never bool   // fault: it stays so
	wrong bool   // fault: the response is another's
	fails string // fault: the step that answers 500

	mu       sync.Mutex
	users    *store[*user]    // by email
	sessions *store[*session] // by cookie
	requests *store[*asked]   // by id
	lastUser int64
	lastAsk  int64
	truth    FlowTruth
}

type user struct {
	id       string
	password [sha256.Size]byte
	discord  string
}

type session struct {
	user  *user
	token string
}

type asked struct {
	user   *user
	prompt string
	polls  int
}

func newFlow(s Settings) *flow {
	f := &flow{
		polls: s.flow.polls, never: s.has(flowNever), wrong: s.has(flowWrong),
		users: newStore[*user](maxKept), sessions: newStore[*session](maxKept), requests: newStore[*asked](maxKept),
	}
	if s.has(flowFail) {
		f.fails = s.flow.step
	}
	return f
}

// step answers 500 where the fault wants it.
func (f *flow) step(name string) error {
	if f.fails != name {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.truth.Failed++
	return refusal{http.StatusInternalServerError, name + ": failed"}
}

type credentials struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

// read takes what signup and login are sent, and refuses what cannot be meant.
func (c *credentials) read(r *http.Request) error {
	if err := readJSON(r, c); err != nil {
		return err
	}
	if err := short("email", c.Email); err != nil {
		return err
	}
	return short("password", c.Password)
}

func (f *flow) signup(w http.ResponseWriter, r *http.Request) error {
	if err := f.step("signup"); err != nil {
		return err
	}
	var c credentials
	if err := c.read(r); err != nil {
		return err
	}
	id, err := f.enrol(c)
	if err != nil {
		return err
	}
	return sendJSON(w, http.StatusCreated, map[string]string{"id": id})
}

func (f *flow) enrol(c credentials) (id string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, known := f.users.get(c.Email); known {
		return "", refusal{http.StatusConflict, "email: has an account already"}
	}
	f.lastUser++
	f.truth.Signups++
	u := &user{id: "u" + strconv.FormatInt(f.lastUser, 10), password: sha256.Sum256([]byte(c.Password))}
	f.users.put(c.Email, u)
	return u.id, nil
}

func (f *flow) login(w http.ResponseWriter, r *http.Request) error {
	if err := f.step("login"); err != nil {
		return err
	}
	var c credentials
	if err := c.read(r); err != nil {
		return err
	}
	cookie, s, err := f.admit(c)
	if err != nil {
		return err
	}
	http.SetCookie(w, &http.Cookie{Name: "session", Value: cookie, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	return sendJSON(w, http.StatusOK, map[string]string{"id": s.user.id, "token": s.token})
}

func (f *flow) admit(c credentials) (cookie string, s *session, err error) {
	digest := sha256.Sum256([]byte(c.Password))
	f.mu.Lock()
	defer f.mu.Unlock()
	u, known := f.users.get(c.Email)
	if !known || subtle.ConstantTimeCompare(u.password[:], digest[:]) == 0 {
		f.truth.Unauthorized++
		return "", nil, refusal{http.StatusUnauthorized, "email or password: wrong"}
	}
	cookie, s = rand.Text(), &session{user: u, token: rand.Text()}
	f.sessions.put(cookie, s)
	f.truth.Logins++
	return cookie, s, nil
}

// who finds the user of a request, whose lock is held by the caller.
func (f *flow) who(r *http.Request) (*user, error) {
	cookie, err := r.Cookie("session")
	if err == nil {
		s, known := f.sessions.get(cookie.Value)
		token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if known && bearer && subtle.ConstantTimeCompare([]byte(token), []byte(s.token)) == 1 {
			return s.user, nil
		}
	}
	f.truth.Unauthorized++
	return nil, refusal{http.StatusUnauthorized, "want the cookie and the token of a log-in"}
}

func (f *flow) link(w http.ResponseWriter, r *http.Request) error {
	if err := f.step("link"); err != nil {
		return err
	}
	var body struct {
		Discord string `json:"discord_id"`
	}
	if err := readJSON(r, &body); err != nil {
		return err
	}
	if err := short("discord_id", body.Discord); err != nil {
		return err
	}
	if err := f.connect(r, body.Discord); err != nil {
		return err
	}
	return sendJSON(w, http.StatusOK, map[string]any{"linked": true, "discord_id": body.Discord})
}

func (f *flow) connect(r *http.Request, discord string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	u, err := f.who(r)
	if err != nil {
		return err
	}
	u.discord = discord
	f.truth.Links++
	return nil
}

func (f *flow) request(w http.ResponseWriter, r *http.Request) error {
	if err := f.step("request"); err != nil {
		return err
	}
	var body struct {
		Prompt string `json:"prompt"`
	}
	if err := readJSON(r, &body); err != nil {
		return err
	}
	if err := short("prompt", body.Prompt); err != nil {
		return err
	}
	id, err := f.take(r, body.Prompt)
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/claude/requests/"+id)
	return sendJSON(w, http.StatusAccepted, map[string]string{"id": id, "state": "pending"})
}

func (f *flow) take(r *http.Request, prompt string) (id string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	u, err := f.who(r)
	if err != nil {
		return "", err
	}
	if u.discord == "" {
		return "", refusal{http.StatusForbidden, "link Discord first"}
	}
	f.lastAsk++
	f.truth.Requests++
	id = "r" + strconv.FormatInt(f.lastAsk, 10)
	f.requests.put(id, &asked{user: u, prompt: prompt})
	return id, nil
}

// A progress is what the one who asked is told.
type progress struct {
	ID       string `json:"id"`
	State    string `json:"state"` // pending or done
	Response string `json:"response,omitempty"`
}

func (f *flow) poll(w http.ResponseWriter, r *http.Request) error {
	if err := f.step("poll"); err != nil {
		return err
	}
	p, err := f.advance(r, r.PathValue("id"))
	if err != nil {
		return err
	}
	return sendJSON(w, http.StatusOK, p)
}

func (f *flow) advance(r *http.Request, id string) (progress, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	u, err := f.who(r)
	if err != nil {
		return progress{}, err
	}
	a, known := f.requests.get(id)
	if !known || a.user != u {
		return progress{}, refusal{http.StatusNotFound, "request: not one of yours"}
	}
	p := progress{ID: id, State: "pending"}
	if a.polls++; f.never || a.polls <= f.polls {
		return p, nil
	}
	if a.polls == f.polls+1 {
		f.truth.Done++
	}
	p.State, p.Response = "done", "response to: "+a.prompt
	if f.wrong {
		p.Response = "response to: something else"
	}
	return p, nil
}
