package sign

import (
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
)

var (
	_ loadgen.Signer = (*HMAC)(nil)
	_ loadgen.Signer = (*AWS)(nil)
)

// rendered is a request to https://host at an instant.
func rendered(t testing.TB, method, host, target, body string, at time.Time) *loadgen.Rendered {
	u, err := url.Parse("https://" + host)
	require.NoError(t, err)
	return &loadgen.Rendered{Method: method, URL: u, Target: []byte(target), Body: []byte(body), At: at}
}

func TestHMAC(t *testing.T) {
	tests := []struct {
		name    string
		options HMACOptions
		body    string
		want    string
	}{
		{"RFC 4231, test case 2", HMACOptions{Secret: "Jefe", Header: "X-Sum"}, "what do ya want for nothing?", "X-Sum: 5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843\r\n"},
		{
			"RFC 4231, SHA-512",
			HMACOptions{Secret: "Jefe", Header: "X-Sum", Algorithm: "sha512"},
			"what do ya want for nothing?",
			"X-Sum: 164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737\r\n",
		},
		{"RFC 2202, SHA-1", HMACOptions{Secret: "Jefe", Header: "X-Sum", Algorithm: "sha1"}, "what do ya want for nothing?", "X-Sum: effcdf6ae5eb2fa2d27416d5f184df9c259a7c79\r\n"},
		{"a prefix, and base64", HMACOptions{Secret: "Jefe", Header: "X-Sum", Algorithm: "sha1", Base64: true, Value: "sha1={signature}"}, "what do ya want for nothing?", "X-Sum: sha1=7/zfauXrL6LSdBbV8YTfnCWafHk=\r\n"},
		{
			"what GitHub documents",
			HMACOptions{Secret: "It's a Secret to Everybody", Header: "X-Hub-Signature-256", Value: "sha256={signature}"},
			"Hello, World!",
			"X-Hub-Signature-256: sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17\r\n",
		},
		{
			"the time in a header and before the body",
			HMACOptions{Secret: "k", Header: "X-Sum", TimeHeader: "X-Time"},
			"b",
			"X-Time: 1700000000\r\nX-Sum: " + sum(t, "k", "1700000000.b") + "\r\n",
		},
		{
			"the time beside the signature",
			HMACOptions{Secret: "k", Header: "X-Sum", Signed: "v0:{time}:{method} {target}:{body}{body}", Value: "t={time},v1={signature}"},
			"b",
			"X-Sum: t=1700000000,v1=" + sum(t, "k", "v0:1700000000:POST /a?b:bb") + "\r\n",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h, err := NewHMAC(test.options)
			require.NoError(t, err)
			r := rendered(t, "POST", "shop.test", "/a?b", test.body, time.Unix(1_700_000_000, 0))
			for range 2 {
				require.Equal(t, "before"+test.want, string(h.Sign([]byte("before"), r)))
			}
		})
	}
}

// sum is the signature of a text alone.
func sum(t *testing.T, secret, text string) string {
	h, err := NewHMAC(HMACOptions{Secret: secret, Header: "X"})
	require.NoError(t, err)
	return strings.TrimSpace(strings.TrimPrefix(string(h.Sign(nil, rendered(t, "", "", "", text, time.Time{}))), "X: "))
}

func TestOptionsThatAreRefused(t *testing.T) {
	for want, o := range map[string]HMACOptions{
		`hmac: algorithm "md5": want sha256, sha1 or sha512`:                            {Secret: "secret", Header: "X", Algorithm: "md5"},
		"hmac: has no secret: want one":                                                 {Header: "X"},
		`hmac: headers "X: y" and "": want names such as X-Signature`:                   {Secret: "secret", Header: "X: y"},
		`hmac: headers "X" and "\n": want names such as X-Signature`:                    {Secret: "secret", Header: "X", TimeHeader: "\n"},
		`hmac: "{t}": {t} is not known: want {time}, {method}, {target}, {body}`:        {Secret: "secret", Header: "X", Signed: "{t}"},
		`hmac: "{signature" has a { that is never closed: want {time}, {signature}`:     {Secret: "secret", Header: "X", Value: "{signature"},
		`hmac: value "sha256=" has no {signature}: want one such as sha256={signature}`: {Secret: "secret", Header: "X", Value: "sha256="},
		`hmac: "a\r\n{signature}" has a line break in it: want one line`:                {Secret: "secret", Header: "X", Value: "a\r\n{signature}"},
	} {
		_, err := NewHMAC(o)
		require.EqualError(t, err, want)
	}
	for want, o := range map[string]AWSOptions{
		"aws: want an access key, a secret key, a region and a service":                                                         {AccessKey: "a", SecretKey: "secret", Region: "r"},
		"aws: an access key, region, service, token or host holds a blank, a comma or a character that is not ASCII: want none": {AccessKey: "a", SecretKey: "secret", Region: "r\r\n", Service: "s"},
	} {
		_, err := NewAWS(o)
		require.EqualError(t, err, want)
	}
}

// suite are the credentials of AWS's published test suite.
func suite() AWSOptions {
	return AWSOptions{AccessKey: "AKIDEXAMPLE", SecretKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", Region: "us-east-1", Service: "service"}
}

func TestAWSSignsAsItsTestSuiteSays(t *testing.T) {
	a, err := NewAWS(suite())
	require.NoError(t, err)
	for _, test := range []struct{ name, method, target, want string }{
		{"get-vanilla", "GET", "/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		{"post-vanilla", "POST", "/", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
		{"get-vanilla-query-order-key-case", "GET", "/?Param2=value2&Param1=value1", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
		{"get-vanilla-empty-query-key", "GET", "/?Param1=value1", "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
		{"get-vanilla-utf8-query", "GET", "/?ሴ=bar", "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
		{"the same, escaped", "GET", "/?%e1%88%B4=bar", "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
		{"get-unreserved", "GET", "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
		{"get-utf8", "GET", "/ሴ", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
		{"get-space", "GET", "/example space/", "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"},
		{"get-relative", "GET", "/example/..", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		{"get-relative-relative", "GET", "/example1/example2/../..", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		{"get-slash-dot-slash", "GET", "/./", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		{"get-slash", "GET", "//", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		{"get-slashes", "GET", "//example//", "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"},
		{"no path at all", "GET", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		{"above the root", "GET", "/../../x/..", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
	} {
		r := rendered(t, test.method, "example.amazonaws.com:443", test.target, "", time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC))
		want := "X-Amz-Date: 20150830T123600Z\r\nAuthorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, " +
			"SignedHeaders=host;x-amz-date, Signature=" + test.want + "\r\n"
		require.Equal(t, want, string(a.Sign(nil, r)), test.name)
		of := suite()
		of.Host = "example.amazonaws.com"
		b, err := NewAWS(of)
		require.NoError(t, err)
		r.URL.Host = "192.0.2.1:8443"
		require.Equal(t, want, string(b.Sign(nil, r)), "the field Host says another one: "+test.name)
	}
}

// The examples of S3's manual.
func TestAWSSignsForS3AsItsManualSays(t *testing.T) {
	a, err := NewAWS(AWSOptions{AccessKey: "AKIAIOSFODNN7EXAMPLE", SecretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", Region: "us-east-1", Service: "s3"})
	require.NoError(t, err)
	const nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	for target, want := range map[string]string{
		"/?lifecycle":           "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
		"/?max-keys=2&prefix=J": "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
	} {
		got := string(a.Sign(nil, rendered(t, "GET", "examplebucket.s3.amazonaws.com", target, "", time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC))))
		require.Equal(t, "X-Amz-Date: 20130524T000000Z\r\nX-Amz-Content-Sha256: "+nothing+"\r\nAuthorization: AWS4-HMAC-SHA256 "+
			"Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature="+want+"\r\n", got)
	}
}

// What a token, a body and another day change is signed, by many at once as by one.
func TestAWSManyAtOnce(t *testing.T) {
	o := suite()
	o.SessionToken = "token"
	a, err := NewAWS(o)
	require.NoError(t, err)
	day := time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)
	var requests []*loadgen.Rendered
	var want []string
	for i := range 8 {
		r := rendered(t, "POST", "example.amazonaws.com", "/", strings.Repeat("x", i), day.AddDate(0, 0, i/2))
		fresh, err := NewAWS(o)
		require.NoError(t, err)
		requests, want = append(requests, r), append(want, string(fresh.Sign(nil, r)))
		require.Contains(t, want[i], "\r\nX-Amz-Security-Token: token\r\n")
		require.Contains(t, want[i], "SignedHeaders=host;x-amz-date;x-amz-security-token,")
		require.NotContains(t, want[:i], want[i])
	}
	var all sync.WaitGroup
	got := make([]string, 800)
	for i := range got {
		all.Go(func() { got[i] = string(a.Sign(nil, requests[i%8])) })
	}
	all.Wait()
	for i := range got {
		require.Equal(t, want[i%8], got[i])
	}
}

func TestSigningAllocatesNothing(t *testing.T) {
	if raced {
		t.Skip("the race detector empties pools")
	}
	h, err := NewHMAC(HMACOptions{Secret: "k", Header: "X-Sum", TimeHeader: "X-Time", Value: "t={time},v1={signature}"})
	require.NoError(t, err)
	a, err := NewAWS(suite())
	require.NoError(t, err)
	dst := make([]byte, 0, 1000)
	r := rendered(t, "POST", "example.amazonaws.com", "/a/b?c=d&a=e", "some body", time.Unix(1_700_000_000, 0))
	for _, s := range []loadgen.Signer{h, a} {
		require.Zero(t, testing.AllocsPerRun(1000, func() { dst = s.Sign(dst[:0], r) }), "%T", s)
	}
}

func FuzzAWS(f *testing.F) {
	for _, target := range []string{"/a/../b?c=%zz&=&%", "", "?", "/..", "//?a=1&a=0"} {
		f.Add([]byte(target), []byte("body"), false)
	}
	f.Fuzz(func(t *testing.T, target, body []byte, s3 bool) {
		o := suite()
		if s3 {
			o.Service = "s3"
		}
		a, err := NewAWS(o)
		require.NoError(t, err)
		r := rendered(t, "GET", "example.amazonaws.com", "", "", time.Unix(1_700_000_000, 0))
		r.Target, r.Body = target, body
		got := string(a.Sign(nil, r))
		require.Equal(t, got, string(a.Sign(nil, r)))
		require.NotContains(t, got, o.SecretKey)
		require.LessOrEqual(t, strings.Count(got, "\r\n"), 3)
	})
}

func BenchmarkSign(b *testing.B) {
	a, err := NewAWS(suite())
	require.NoError(b, err)
	h, err := NewHMAC(HMACOptions{Secret: "k", Header: "X-Sum"})
	require.NoError(b, err)
	r := rendered(b, "POST", "example.amazonaws.com", "/a/b?c=d&a=e", strings.Repeat("some body", 50), time.Unix(1_700_000_000, 0))
	for name, s := range map[string]loadgen.Signer{"AWS": a, "HMAC": h} {
		b.Run(name, func(b *testing.B) {
			dst := make([]byte, 0, 1000)
			b.ReportAllocs()
			for b.Loop() {
				dst = s.Sign(dst[:0], r)
			}
		})
	}
}
