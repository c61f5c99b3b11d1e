package stream_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/smithy-go"
	"github.com/fxamacker/cbor/v2"

	"github.com/streamgauge/streamgauge/stream"
	"github.com/streamgauge/streamgauge/stream/disk"
)

// TestSignature: a broker that has keys takes what is signed with them, and nothing else.
func TestSignature(t *testing.T) {
	b := openBroker(t, stream.Options{AccessKey: "AKID", SecretKey: "secret"})
	server := httptest.NewServer(b)
	defer server.Close()
	for _, c := range []struct{ access, secret, want string }{
		{"AKID", "secret", ""},
		{"AKID", "Secret", "InvalidSignatureException"},
		{"other", "secret", "UnrecognizedClientException"},
	} {
		client := newSDK(server.URL, server.Client())
		_, err := client.ListStreams(t.Context(), nil, func(o *kinesis.Options) {
			o.Credentials = credentials.NewStaticCredentialsProvider(c.access, c.secret, "token")
		})
		var api smithy.APIError
		if c.want == "" && err != nil || c.want != "" && (!errors.As(err, &api) || api.ErrorCode() != c.want) {
			t.Errorf("%s/%s: %v, want %s", c.access, c.secret, err, c.want)
		}
	}
	r := post(t, b, "ListStreams", "{}")
	if got := bodyOf(t, r); r.StatusCode != http.StatusBadRequest || got != `{"__type":"MissingAuthenticationTokenException","message":"Missing Authentication Token"}` {
		t.Errorf("%d %s", r.StatusCode, got)
	}
}

func TestKeysTogether(t *testing.T) {
	_, err := stream.Open(stream.Options{Dir: "/data", FS: disk.NewFake(), AccessKey: "AKID"})
	if err == nil || !strings.Contains(err.Error(), "AccessKey") {
		t.Error(err)
	}
}

// TestChunkedBody: a body in the chunks of AWS is read though no signature is asked for, and the action may be named in
// the query, where signers of addresses put it.
func TestChunkedBody(t *testing.T) {
	b := fixedBroker(t)
	r := httptest.NewRequest(http.MethodPost, "/?X-Amz-Target=Kinesis_20131202.DescribeStream", strings.NewReader("7\r\n{\"Limit\r\n5\r\n\":0} \r\n0\r\n\r\n"))
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("Content-Encoding", "aws-chunked")
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	if !strings.Contains(w.Body.String(), "Value '0' at 'limit' failed") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestErrorsInCBOR: an error comes in the encoding of its request.
func TestErrorsInCBOR(t *testing.T) {
	b := fixedBroker(t)
	for _, c := range []struct {
		action, body string
		want         map[string]string
	}{
		{"DescribeStream", "\xa1\x6aStreamName\x61x", map[string]string{"__type": "ResourceNotFoundException", "message": "Stream x under account 000000000000 not found."}},
		{"DescribeStream", "\xa1\x6aStreamName\x05", map[string]string{"__type": "SerializationException", "Message": "NUMBER_VALUE can not be converted to a String"}},
		{"DescribeStream", "", map[string]string{"__type": "SerializationException"}},
		{"CreateChannel", "\xa0", map[string]string{"__type": "UnknownOperationException"}},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(c.body))
		r.Header.Set("Content-Type", cborType)
		r.Header.Set("X-Amz-Target", "Kinesis_20131202."+c.action)
		w := httptest.NewRecorder()
		b.ServeHTTP(w, r)
		var got map[string]string
		if err := cbor.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 400 || w.Header().Get("Content-Type") != cborType {
			t.Errorf("%s %x: %d %x: %v", c.action, c.body, w.Code, w.Body, err)
		}
		if len(got) != len(c.want) || got["__type"] != c.want["__type"] || got["message"] != c.want["message"] || got["Message"] != c.want["Message"] {
			t.Errorf("%s %x: %v, want %v", c.action, c.body, got, c.want)
		}
	}
}
