package session

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// everyByte has each byte, alone and among others.
func everyByte() []string {
	all := []string{"", "plain-text_1.0~", "a b&c=d/é?€#%00", "😀", "\u2028\u2029", strings.Repeat("\x00é\"", 1000)}
	for b := range 256 {
		all = append(all, string([]byte{byte(b)}), string([]byte{'a', byte(b), 'z', byte(b)}))
	}
	return all
}

// escaped is a value as a text writes it, behind others and before them.
func escaped(e Escape, value string) string {
	dst := make([]byte, 0, 8) // which has to grow
	dst = append(dst, "ü&\"|"...)
	from := len(dst)
	return strings.TrimPrefix(string(append(e.apply(append(dst, value...), from), "|\"&"...)), `ü&"|`)
}

func TestTheURLEscapeIsThatOfQueriesAndPaths(t *testing.T) {
	for _, value := range everyByte() {
		want := strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
		require.Equal(t, want+`|"&`, escaped(URL, value))
	}
}

func TestTheJSONEscapeFitsIntoAString(t *testing.T) {
	for _, value := range everyByte() {
		checkJSON(t, value)
	}
	require.Equal(t, `\"\\\n\r\t\u0000\u001F\u007Fü/<`+`|"&`, escaped(JSON, "\"\\\n\r\t\x00\x1f\x7fü/<"))
}

// checkJSON reads what is escaped back. What is no UTF-8 stays as it is, and it is a
// string all the same.
func checkJSON(t *testing.T, value string) {
	t.Helper()
	made, _ := strings.CutSuffix(escaped(JSON, value), `|"&`)
	var got string
	require.NoError(t, json.Unmarshal([]byte(`"`+made+`"`), &got), "%q", value)
	require.Equal(t, strings.ToValidUTF8(value, ""), strings.ToValidUTF8(strings.ReplaceAll(got, "\ufffd", ""), ""), "%q", value)
}

func TestTheBase64EscapeIsTheStandardOne(t *testing.T) {
	for _, value := range everyByte() {
		require.Equal(t, base64.StdEncoding.EncodeToString([]byte(value))+`|"&`, escaped(Base64, value))
	}
}

func TestRawIsAsItIs(t *testing.T) {
	for _, value := range everyByte() {
		require.Equal(t, value+`|"&`, escaped(Raw, value))
	}
}
