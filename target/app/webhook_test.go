package app

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestReceiver(t *testing.T) {
	inTime(t, []string{"webhook.failing=50%", "webhook.attempts=1", "webhook.process=2s"}, func(t *testing.T, b *bubble) {
		post := func(id string) int { return b.ask("POST /webhooks", `{"id":"`+id+`","more":[1]}`).status }
		require.Equal(t, []int{200, 503, 200}, []int{post("a"), post("b"), post("b")}) // every second id fails first
		require.Equal(t, []int{200, 503}, []int{post("c"), b.ask("POST /webhooks/d", "").status})
		require.Equal(t, 404, b.ask("GET /webhooks/e", "").status)
		look := func(id string) deliveryStatus {
			s, _ := b.v.webhooks.lookUp(id, time.Now())
			return s
		}
		require.Equal(t, deliveryStatus{ID: "b", Attempts: 2, Deliveries: 1, State: "received"}, look("b"))
		require.Equal(t, deliveryStatus{ID: "d", Attempts: 1, State: "failing"}, look("d"))
		time.Sleep(2 * time.Second)
		post("a") // a second time
		require.Equal(t, deliveryStatus{ID: "a", Attempts: 2, Deliveries: 2, State: "processed", Response: "processed a"}, look("a"))
		r := b.ask("GET /webhooks/stats", "")
		require.Equal(t, []any{1.0, 2.0, 1.0}, []any{r.field(t, "duplicated"), r.field(t, "delivered_once"), r.field(t, "undelivered")})
		require.Equal(t, WebhookTruth{IDs: 4, Attempts: 6, FailedFirst: 2, Once: 2, Duplicated: 1, Undelivered: 1}, b.v.Truth().Webhooks)
		b.v.Reset()
		require.Equal(t, WebhookTruth{}, b.v.Truth().Webhooks)
	})
}

func TestAReceiverRefusesWhatHasNoID(t *testing.T) {
	inTime(t, nil, func(t *testing.T, b *bubble) {
		long := fmt.Sprintf(`{"id":"%0300d"}`, 1)
		for body, want := range map[string]int{
			"": 400, "{}": 400, "[1]": 400, `{"id":null}`: 400, `{"id":""}`: 400, `{"id":{}}`: 400, long: 400,
			`{"id":"x"}`: 200, `{"id":12}`: 200, fmt.Sprintf(`{"id":1,"x":"%070000d"}`, 1): 413,
		} {
			require.Equal(t, want, b.ask("POST /webhooks", body).status, body)
		}
		_, known := b.v.webhooks.lookUp("12", time.Now())
		require.True(t, known)
	})
}

func TestATimeoutIsSilence(t *testing.T) {
	inTime(t, []string{"webhook.failing=100%", "webhook.mode=timeout", "webhook.hang=10s", "webhook.attempts=1"}, func(t *testing.T, b *bubble) {
		r := b.ask("POST /webhooks", `{"id":"a"}`)
		require.Error(t, r.err)
		require.Equal(t, 10*time.Second, r.took)
		require.EqualValues(t, 1, b.v.Truth().Lost)
		require.Equal(t, 200, b.ask("POST /webhooks", `{"id":"a"}`).status)
	})
}

func TestSignatures(t *testing.T) {
	inTime(t, []string{"webhook.secret=key"}, func(t *testing.T, b *bubble) {
		const body = `{"id":"a"}`
		good := hex.EncodeToString(sum("key", []byte(body)))
		tests := map[string]int{"sha256=" + good: 200, good: 200, "": 401, "sha256=": 401, "sha256=00" + good[2:]: 401, "sha256=" + good[2:]: 401, "zz": 401}
		for signature, want := range tests {
			require.Equal(t, want, b.ask("POST /webhooks", body, "X-Signature: "+signature).status, signature)
		}
		require.EqualValues(t, 5, b.v.Truth().Webhooks.BadSignatures)
		b.ask("POST /zap", `{"id":"z"}`)
		synctest.Wait()
		require.Equal(t, 1.0, b.ask("GET /zap/z", "").field(t, "attempts")) // signed, so taken at once
		require.NotContains(t, b.ask("GET /truth", "").body, "key\"")
		require.NotContains(t, b.v.settings.String(), "key")
	})
}

// What becomes of 10 orders, of which the receiver fails half of the ids twice.
func TestSender(t *testing.T) {
	failing := []string{"webhook.failing=50%", "webhook.attempts=2", "zap.backoff=100ms"}
	tests := []struct {
		name     string
		words    []string
		zap      ZapTruth
		webhooks WebhookTruth
		took     float64 // the last one, in milliseconds
	}{
		{"tries again until all are delivered once", nil, ZapTruth{Orders: 10, Attempts: 20, Delivered: 10}, WebhookTruth{IDs: 10, Attempts: 20, FailedFirst: 10, Once: 10}, 300},
		{"after timeouts, too", []string{"webhook.mode=timeout", "zap.timeout=1s"}, ZapTruth{Orders: 10, Attempts: 20, Delivered: 10}, WebhookTruth{IDs: 10, Attempts: 20, FailedFirst: 10, Once: 10}, 2300},
		{"gives up in the end", []string{"zap.attempts=2"}, ZapTruth{Orders: 10, Attempts: 15, Delivered: 5, Lost: 5}, WebhookTruth{IDs: 10, Attempts: 15, FailedFirst: 10, Once: 5, Undelivered: 5}, 100},
		{"without retries loses what fails", []string{"!zap=no-retry"}, ZapTruth{Orders: 10, Attempts: 10, Delivered: 5, Lost: 5}, WebhookTruth{IDs: 10, Attempts: 10, FailedFirst: 5, Once: 5, Undelivered: 5}, 0},
		{"may deliver twice", []string{"!zap=duplicate"}, ZapTruth{Orders: 10, Attempts: 30, Delivered: 10}, WebhookTruth{IDs: 10, Attempts: 30, FailedFirst: 10, Duplicated: 10}, 300},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inTime(t, append(failing, test.words...), func(t *testing.T, b *bubble) {
				for i := range 10 {
					require.Equal(t, 202, b.ask("POST /zap", fmt.Sprintf(`{"id":"z%d","data":{"n":1}}`, i)).status)
					synctest.Wait() // so that each second id is a failing one
				}
				require.Equal(t, 202, b.ask("POST /zap", `{"id":"z9"}`).status)
				time.Sleep(time.Minute)
				test.zap.Repeated = 1
				require.Equal(t, test.zap, b.v.Truth().Zap)
				require.Equal(t, test.webhooks, b.v.Truth().Webhooks)
				require.Equal(t, test.took, b.ask("GET /zap/z9", "").field(t, "took_ms"))
			})
		})
	}
}

func TestASenderStaysOnItsMachine(t *testing.T) {
	inTime(t, nil, func(t *testing.T, b *bubble) {
		for url, want := range map[string]int{
			"http://127.0.0.1:9/webhooks/x": 202, "http://localhost/webhooks/y": 202, "https://[::1]/webhooks/z": 202,
			"http://192.0.2.1/": 403, "http://example.test/": 403, "http://127.0.0.1.example.test/": 403, "http://localhost@example.test/": 403,
			"file:///x": 400, "127.0.0.1": 400, "http://%zz": 400,
		} {
			require.Equal(t, want, b.ask("POST /zap", fmt.Sprintf(`{"id":%q,"url":%q}`, url, url)).status, url)
		}
		require.Equal(t, 400, b.ask("POST /zap", `{}`).status)
		require.Equal(t, 404, b.ask("GET /zap/none", "").status)
		synctest.Wait()
	})
}

func TestASenderRefusesMoreThanItCanKeepGoing(t *testing.T) {
	inTime(t, []string{"webhook.failing=100%", "webhook.mode=timeout"}, func(t *testing.T, b *bubble) {
		for i := range maxSending {
			require.Equal(t, 202, b.ask("POST /zap", fmt.Sprintf(`{"id":"%d"}`, i)).status)
		}
		require.Equal(t, http.StatusServiceUnavailable, b.ask("POST /zap", `{"id":"more"}`).status)
		time.Sleep(time.Minute)
		require.Equal(t, ZapTruth{Orders: 1000, Refused: 1, Attempts: 3000, Delivered: 1000}, b.v.Truth().Zap)
	})
}

func FuzzID(f *testing.F) {
	for _, text := range []string{`{"id":"a"}`, `{"id":1e300}`, `{"ID":1}`, `{"id":[[[[`, "\xff", `null`, `{"id":-0}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		id, err := idIn(text)
		if err != nil {
			require.Empty(t, id)
			require.IsType(t, refusal{}, err)
		}
	})
}
